// SPDX-License-Identifier: BSD-2-Clause
//! Makes and unmakes services: the only file that creates their kernel objects (SPEC D-1 to D-5).
//!
//! Rules:
//! * A service's objects come out of its two untypeds, in the order and slots of [`SlotMap`]; starting it is few
//!   batched retypes, not one per object.
//! * Everything is made before the first instruction runs (SPEC D-2), by one function for first starts and restarts.
//! * What lasts as long as the service (CSpace, VSpace, read-only pages) is made once; a new incarnation is a thread
//!   and its writable pages, and other words in its startup page (EXAMPLE: objects and lifetimes).
//! * [`Executor::destroy`] gives back whatever exists, however far a start got (SPEC D-3).

use partenza_plan::archived::{Image, Object, Service};
use partenza_plan::layout::SlotMap;
use partenza_plan::{PAGE, ServiceId, cptr};
use partenza_protocol::Incarnation;
use partenza_protocol::error::DeliveryError;
use partenza_protocol::event::Event;
use partenza_protocol::startup::{self, Secrets};
use sel4::{
    CNodeCapData, CapRights, FrameObjectType, ObjectBlueprint, UserContext, VmAttributes, cap, cap_type,
};

use crate::objects::cspace::{Slot, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::interrupts::hook;
use crate::objects::untyped_pool::retype;
use crate::service::arguments::Spawned;
use crate::service::capabilities::kernel_rights;
use crate::service::capability_kinds::grants;
use crate::service::executor::Executor;
use crate::service::page_contents::PageContents;

/// Registers that a thread's entry is told by, from `rip` to `rdi` in the kernel's order; the others of a thread that was
/// just made are zero.
const ENTRY_REGISTERS: u64 = 9;

/// How much of a service exists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Made {
    /// Objects that last as long as the service were begun; all of them are done.
    service_begun: bool,
    service: bool,
    /// Copies of other memory's frames, which revoking the untyped does not take away.
    shared: u32,
    regions: u32,
    startup: u32,
    /// An incarnation was begun.
    incarnation: bool,
}

impl Made {
    /// There is an incarnation.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.incarnation
    }

    /// Its CSpace and VSpace are complete.
    #[must_use]
    pub fn has_spaces(&self) -> bool {
        self.service
    }
}

/// What a start is given besides the plan.
#[derive(Clone, Copy)]
pub struct NewIncarnation<'b> {
    pub incarnation: Incarnation,
    pub secrets: Secrets,
    /// What it was spawned with.
    pub spawned: Option<&'b Spawned>,
}

impl Executor {
    /// Makes everything that an incarnation of the service needs, except letting it run.
    /// `granted` hears of each capability (SPEC F-6).
    ///
    /// # Errors
    /// What the kernel refused; `made` then says how far it got, for [`Self::destroy`].
    pub fn create(
        &mut self,
        id: ServiceId,
        birth: NewIncarnation<'_>,
        made: &mut Made,
        mut granted: impl FnMut(Event<'static>),
    ) -> Result<(), ObjectError> {
        let (service, image, slots) = self.parts(id);
        if !self.store.has(service.image.into(), image) {
            return Err(ObjectError::because(DeliveryError::NotDelivered));
        }
        if !made.service {
            self.make_spaces(service, slots, made)?;
            self.share_image(image, slots, made)?;
            self.map_regions(service, slots, made)?;
            self.map_startup_page(id, service, slots, made)?;
            self.grant(service, slots)?;
            made.service = true;
            for event in grants(id, service, self.plan) {
                granted(event);
            }
        }
        if birth.incarnation.0 > 1 {
            self.refresh(id)?;
        }
        made.incarnation = true;
        self.write_startup_page(id, service, birth);
        self.make_incarnation(id, service, image, slots)
    }

    /// Clears what a predecessor left in objects that outlive it (SPEC L-6): pending signals, masked interrupts, and
    /// interrupts that it unhooked or sent elsewhere, which the holder of a handler may.
    fn refresh(&self, id: ServiceId) -> Result<(), ObjectError> {
        self.notification(id).poll();
        self.with_irqs(id, |handler, channel| {
            hook(self.cspace, handler, self.notification_slot(id), own::SCRATCH, 1 << channel)?;
            self.cspace.path(own::SCRATCH).delete().during(Step::Interrupt)
        })
    }

    /// Does something with the handler and the channel of each interrupt that the service holds.
    #[inline]
    fn with_irqs(
        &self,
        id: ServiceId,
        mut deed: impl FnMut(Slot, u8) -> Result<(), ObjectError>,
    ) -> Result<(), ObjectError> {
        for (index, irq) in (0..).zip(self.plan.irqs.iter()) {
            if irq.holder == id {
                deed(Slot(self.plan.objects.irq_slot.into()).plus(index), irq.channel)?;
            }
        }
        Ok(())
    }

    fn make_spaces(&self, service: &Service, slots: &SlotMap, made: &mut Made) -> Result<(), ObjectError> {
        made.service_begun = true;
        let untyped = self.cspace.cap(Slot(service.untyped_slots.0.into()));
        let cnode = ObjectBlueprint::CNode { size_bits: service.cnode_radix as usize };
        let levels = [ObjectBlueprint::PDPT, ObjectBlueprint::PAGE_DIRECTORY, ObjectBlueprint::PAGE_TABLE];
        let tables = levels.into_iter().zip(service.tables.iter()).zip(slots.tables);
        let objects = [(cnode, slots.cnode, 1), (ObjectBlueprint::VSPACE, slots.vspace, 1)]
            .into_iter()
            .chain(tables.map(|((level, at), first)| (level, first, at.len() as u32)));
        for (blueprint, first, count) in objects {
            if count > 0 {
                retype(self.cspace, untyped, blueprint, Slot(first), count)?;
            }
        }
        let vspace = self.vspace(slots);
        self.assign_asid(vspace)?;
        let attributes = VmAttributes::DEFAULT;
        let [pdpts, directories, tables] = &service.tables;
        for (slot, at) in (slots.tables[0]..).zip(pdpts.iter()) {
            let table = self.cspace.cap::<cap_type::PDPT>(Slot(slot));
            table.pdpt_map(vspace, at.to_native() as usize, attributes).during(Step::MapTable)?;
        }
        for (slot, at) in (slots.tables[1]..).zip(directories.iter()) {
            let table = self.cspace.cap::<cap_type::PageDirectory>(Slot(slot));
            table.page_directory_map(vspace, at.to_native() as usize, attributes).during(Step::MapTable)?;
        }
        for (slot, at) in (slots.tables[2]..).zip(tables.iter()) {
            let table = self.cspace.cap::<cap_type::PageTable>(Slot(slot));
            table.page_table_map(vspace, at.to_native() as usize, attributes).during(Step::MapTable)?;
        }
        Ok(())
    }

    fn assign_asid(&self, vspace: cap::VSpace) -> Result<(), ObjectError> {
        match (self.asid_pools.first.asid_pool_assign(vspace), self.asid_pools.second) {
            (Err(sel4::Error::DeleteFirst), Some(second)) => second.asid_pool_assign(vspace),
            (outcome, _) => outcome,
        }
        .during(Step::AssignAsid)
    }

    /// Maps the image's read-only pages from the archive's own frames, or the store's: no copy, no memory.
    fn share_image(&self, image: &Image, slots: &SlotMap, made: &mut Made) -> Result<(), ObjectError> {
        let held = self.store.holder(image).as_ptr().addr();
        let mut slot = Slot(slots.shared);
        for segment in image.segments.iter().filter(|segment| !segment.writable) {
            for address in segment.range().step_by(PAGE as usize) {
                let source = held + segment.place_of(address);
                let frame = self
                    .image
                    .at(source)
                    .ok_or(ObjectError::kernel(Step::CopyFrame, sel4::Error::FailedLookup))?;
                let source = sel4::init_thread::slot::CNODE.cap().absolute_cptr(frame);
                self.cspace.path(slot).copy(&source, CapRights::read_only()).during(Step::CopyFrame)?;
                made.shared += 1;
                self.map(slot, slots, address, CapRights::read_only())?;
                slot = slot.plus(1);
            }
        }
        Ok(())
    }

    fn map_regions(&self, service: &Service, slots: &SlotMap, made: &mut Made) -> Result<(), ObjectError> {
        let mut slot = Slot(slots.regions);
        for map in service.maps.iter() {
            let region = &self.plan.regions[usize::from(map.region.to_native())];
            let rights = if map.writable { CapRights::read_write() } else { CapRights::read_only() };
            let attributes = if map.cached { VmAttributes::DEFAULT } else { VmAttributes::CACHE_DISABLED };
            for page in 0..region.pages.to_native() {
                let source = self.cspace.path(Slot(region.slot.into()).plus(page));
                self.cspace.path(slot).copy(&source, rights).during(Step::CopyFrame)?;
                made.regions += 1;
                let address = map.address.to_native() as usize + ((page as usize) << region.page_bits);
                let vspace = self.vspace(slots);
                if region.page_bits as usize == FrameObjectType::GRANULE.bits() {
                    let frame = self.cspace.cap::<cap_type::Granule>(slot);
                    frame.frame_map(vspace, address, rights, attributes)
                } else {
                    let frame = self.cspace.cap::<cap_type::LargePage>(slot);
                    frame.frame_map(vspace, address, rights, attributes)
                }
                .during(Step::MapFrame)?;
                slot = slot.plus(1);
            }
        }
        Ok(())
    }

    fn map_startup_page(
        &mut self,
        id: ServiceId,
        service: &Service,
        slots: &SlotMap,
        made: &mut Made,
    ) -> Result<(), ObjectError> {
        let Some(address) = service.startup_page.as_ref() else { return Ok(()) };
        let slot = Slot(slots.startup);
        let (_, frame) = self.startup_pages.page(id.0 as usize);
        self.cspace
            .path(slot)
            .copy(&self.cspace.path(frame), CapRights::read_only())
            .during(Step::CopyFrame)?;
        made.startup = 1;
        self.map(slot, slots, address.into(), CapRights::read_only())
    }

    /// What the incarnation finds there, all of it: a predecessor may have been spawned with other arguments.
    fn write_startup_page(&mut self, id: ServiceId, service: &Service, birth: NewIncarnation<'_>) {
        if service.startup_page.is_none() {
            return;
        }
        let (page, _) = self.startup_pages.page(id.0 as usize);
        startup::begin(page, &service.startup, birth.secrets, birth.incarnation);
        if let Some(spawned) = birth.spawned {
            // Without room it keeps its own: what it was spawned with is at most 256 bytes.
            let _ = startup::replace_arguments(page, &spawned.arguments, spawned.count);
        }
    }

    /// Mints exactly what the plan lists (SPEC F-1, F-3).
    fn grant(&self, service: &Service, slots: &SlotMap) -> Result<(), ObjectError> {
        let cnode = self.cnode(slots);
        for grant in service.caps.iter().filter(|grant| service.late_call(grant.cptr.into()).is_none()) {
            let to = cnode.absolute_cptr_from_bits_with_depth(
                grant.cptr.to_native().into(),
                service.cnode_radix as usize,
            );
            let from = match &grant.object {
                Object::Supervisor | Object::FaultHandler => own::ENDPOINT,
                Object::Endpoint(index) => self.endpoint_slot(index.to_native()),
                Object::Parent(id) => self.endpoint_of(ServiceId::from(*id)),
                // Granted when the child starts.
                Object::Child(_) => continue,
                Object::Notification(of) => self.notification_slot(ServiceId::from(*of)),
                Object::Irq(index) => {
                    let handler = Slot(self.plan.objects.irq_slot.into()).plus(index.to_native().into());
                    to.copy(&self.cspace.path(handler), CapRights::all()).during(Step::Mint)?;
                    continue;
                }
                Object::IoPorts(first, last) => {
                    sel4::init_thread::slot::IO_PORT_CONTROL
                        .cap()
                        .ioport_control_issue(first.to_native().into(), last.to_native().into(), &to)
                        .during(Step::Mint)?;
                    continue;
                }
            };
            to.mint(&self.cspace.path(from), kernel_rights(&grant.rights), grant.badge.into())
                .during(Step::Mint)?;
        }
        Ok(())
    }

    fn make_incarnation(
        &self,
        id: ServiceId,
        service: &Service,
        image: &Image,
        slots: &SlotMap,
    ) -> Result<(), ObjectError> {
        let untyped = self.cspace.cap(Slot(service.untyped_slots.1.into()));
        let frames = service.frame_map(image);
        retype(self.cspace, untyped, ObjectBlueprint::GRANULE, Slot(slots.frames), frames.count)?;
        retype(self.cspace, untyped, ObjectBlueprint::Tcb, Slot(slots.tcb), 1)?;
        let frame = |index: u32| Slot(slots.frames + index);
        let writable = CapRights::read_write();

        let mut index = frames.data;
        for segment in image.segments.iter().filter(|segment| segment.writable) {
            for page in 0..segment.pages.to_native() {
                let contents = PageContents::new(self.store.holder(image), segment, page, &service.patches);
                if !contents.is_zero() {
                    self.window.fill(frame(index), |bytes| contents.write(bytes))?;
                }
                self.map(frame(index), slots, segment.address + u64::from(page) * PAGE, writable)?;
                index += 1;
            }
        }
        self.map(frame(frames.ipc_buffer), slots, service.ipc_buffer.into(), writable)?;
        let bottom = service.stack_bottom();
        for page in 0..service.stack_pages.to_native().into() {
            self.map(frame(frames.stack + page), slots, bottom + u64::from(page) * PAGE, writable)?;
        }

        let tcb = self.tcb(slots);
        tcb.tcb_configure_with_priority(
            sel4::CPtr::from_bits(cptr::FAULT.into()),
            sel4::init_thread::slot::TCB.cap(),
            u64::from(service.priority),
            u64::from(service.priority),
            self.cnode(slots),
            CNodeCapData::skip_high_bits(service.cnode_radix as usize),
            self.vspace(slots),
            service.ipc_buffer.into(),
            self.cspace.cap(frame(frames.ipc_buffer)),
        )
        .during(Step::Configure)?;
        tcb.tcb_bind_notification(self.notification(id)).during(Step::Bind)
    }

    /// Lets the incarnation run from its entry.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn resume(&self, id: ServiceId) -> Result<(), ObjectError> {
        let (service, image, slots) = self.parts(id);
        let mut context = UserContext::default();
        let registers = context.inner_mut();
        *registers.pc_mut() = image.entry.into();
        *registers.sp_mut() = service.stack_top.into();
        let startup_page = service.startup_page.as_ref().map_or(0, |page| page.to_native());
        for (index, value) in [startup_page, service.ipc_buffer.into()].into_iter().enumerate() {
            if let Some(register) = registers.c_param_mut(index) {
                *register = value;
            }
        }
        self.tcb(slots).tcb_write_registers(true, ENTRY_REGISTERS, &context).during(Step::WriteRegisters)
    }

    /// Takes back the incarnation, or with `whole` everything, however much of it exists. One revoke for the
    /// incarnation; for the whole, also the copies of other memory's frames, one by one.
    ///
    /// # Errors
    /// What the kernel refused, which would be a bug here.
    pub fn destroy(&self, id: ServiceId, whole: bool, made: &mut Made) -> Result<(), ObjectError> {
        let (service, _, slots) = self.parts(id);
        if made.incarnation {
            self.cspace.path(Slot(service.untyped_slots.1.into())).revoke().during(Step::Revoke)?;
            made.incarnation = false;
            // Nobody hears its interrupts, wherever it may have had them sent, until the next incarnation has them back.
            self.with_irqs(id, |handler, _| {
                let handler = self.cspace.cap::<cap_type::IrqHandler>(handler);
                handler.irq_handler_clear().during(Step::Interrupt)
            })?;
        }
        if !whole || !made.service_begun {
            return Ok(());
        }
        for (first, count) in [
            (slots.shared, &mut made.shared),
            (slots.regions, &mut made.regions),
            (slots.startup, &mut made.startup),
        ] {
            while *count > 0 {
                let slot = Slot(first + *count - 1);
                self.cspace.cap::<cap_type::Granule>(slot).frame_unmap().during(Step::Unmap)?;
                self.cspace.path(slot).delete().during(Step::Revoke)?;
                *count -= 1;
            }
        }
        self.cspace.path(Slot(service.untyped_slots.0.into())).revoke().during(Step::Revoke)?;
        *made = Made::default();
        Ok(())
    }

    #[inline]
    fn map(&self, slot: Slot, slots: &SlotMap, address: u64, rights: CapRights) -> Result<(), ObjectError> {
        self.cspace
            .cap::<cap_type::Granule>(slot)
            .frame_map(self.vspace(slots), address as usize, rights, VmAttributes::DEFAULT)
            .during(Step::MapFrame)
    }
}
