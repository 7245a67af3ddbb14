// SPDX-License-Identifier: BSD-2-Clause
//! From the kernel's hand-over to the loop, in the order of SPEC B-3: validate, archive, minimal heap, plan, parameters,
//! objects, services. Every error on the way is a named one on the console, then a clean end (SPEC B-2).

use alloc::boxed::Box;
use alloc::vec;

use partenza_lifecycle as life;
use partenza_plan::archive::Archive;
use partenza_plan::archived::{Object, Plan, Service};
use partenza_plan::delivery::Store;
use partenza_plan::{AtEnd, PAGE_BITS, PcTimer, Platform, ServiceId};
use partenza_protocol::Badge;
use partenza_protocol::error::BootError;
use partenza_protocol::event::{BootState, Event};
use sel4::{BootInfoPtr, ObjectBlueprint, cap};

use crate::boot::handoff::{self, Failure};
use crate::boot::{early_console, last_gasp, lifecycle_plan, objects};
use crate::calls::state::Calls;
use crate::events::console::Console;
use crate::events::journal::Journal;
use crate::machine::boot_attempts::{self, Attempts};
use crate::machine::clock::{Clock, Hpet, Timer, tsc};
use crate::machine::entropy::{Entropy, Quality};
use crate::machine::fw_cfg::{self, FwCfg};
use crate::machine::power::{self, Power};
use crate::machine::uart::Uart;
use crate::objects::arena;
use crate::objects::cspace::{CSpace, Slot, own};
use crate::objects::device_untypeds::{Devices, FILLER_SLOTS};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::interrupts::{self, IrqLine};
use crate::objects::mappings::{ImageFrames, StartupPages, Window};
use crate::objects::untyped_pool::Pool;
use crate::service::executor::{AsidPools, Executor};
use crate::service::inspect::AUDIT_UNTYPED_BITS;
use crate::supervisor::accounts::Accounts;
use crate::supervisor::state::{EVENTS_SOURCE, Given, Supervisor, TIMER_SOURCE};
use crate::system::entry::Entry;
use crate::system::parameters::Parameters;
use crate::system::services::Services;

/// What the arena holds besides the plan: the event ring above all.
const ARENA_BASE: usize = 96 * 1024;
/// Bytes of the tables and queues that grow with the plan, and of what each of them holds at most: entry, slots, specification
/// and record of a service; what is known of a capability; an edge and its reverse.
const PER_SERVICE: usize = 2048;
const PER_CAPABILITY: usize = 64;
const PER_EDGE: usize = 64;
const PER_RESTART: usize = size_of::<u64>();
const RING_BASE: usize = 48 * 1024;
const RING_PER_SERVICE: usize = 320;
/// Bytes of Init's own objects: page tables, the untyped of audits, threads and endpoints.
const OWN_OBJECTS: u64 = 32 * 1024;
/// Services that the initial pool of address space identifiers has room for, with some to spare.
const FIRST_ASID_POOL: usize = 500;

static FW_CFG_PAGE: fw_cfg::Page = fw_cfg::Page::new();

pub fn start(bootinfo: &BootInfoPtr) -> ! {
    let origin = tsc();
    sel4_root_task::panicking::set_hook(last_gasp::on_panic);
    match boot(bootinfo, origin) {
        Ok(supervisor) => supervisor.run(),
        Err(failure) => {
            early_console::report_failure(&failure);
            end_early(bootinfo)
        }
    }
}

/// Nothing runs yet, so there is nothing to stop; the parameter `on-failure` says what follows.
fn end_early(bootinfo: &BootInfoPtr) -> ! {
    let cspace = CSpace::new(bootinfo.empty().range());
    let mut at_end = AtEnd::Halt;
    let image = image_frames(bootinfo);
    if let Some(mut files) = open_fw_cfg(cspace, &image) {
        files.files(PARAMETER_PREFIX, |name, value| {
            if name == "on-failure" && value == b"poweroff" {
                at_end = AtEnd::PowerOff;
            } else if name == "on-failure" && value == b"reboot" {
                at_end = AtEnd::Reboot;
            }
        });
    }
    for slot in [own::POWER_PORTS, own::RESET_PORTS, own::KEYBOARD_PORTS] {
        // The boot may have come as far as to fill them; what is not there cannot be deleted, which is as well.
        let _ = cspace.path(slot).delete();
    }
    match power(cspace, Some(DEFAULT_POWER_OFF), at_end) {
        Ok(power) => power.finish(at_end),
        Err(_) => power::halt(),
    }
}

const PARAMETER_PREFIX: &str = "opt/partenza/";
/// ACPI power-off of QEMU's q35, for a boot that fails before the plan tells.
const DEFAULT_POWER_OFF: (u16, u16) = (0x604, 0x2000);

fn boot(bootinfo: &BootInfoPtr, origin: u64) -> Result<&'static mut Supervisor, Failure> {
    let cspace = CSpace::new(bootinfo.empty().range());
    let early = issue_ports(cspace, own::CONSOLE_PORTS, early_console::CONSOLE, early_console::CONSOLE + 7)?;
    early_console::set_console(early, early_console::CONSOLE);
    let ram = handoff::check_memory(bootinfo)?;
    let clock = Clock::new(origin, bootinfo.tsc_mhz().unwrap_or(0));

    let image = image_frames(bootinfo);
    let (archive, archive_range) = handoff::find_archive(&image)?;

    let store = Store::new(archive_bytes(&archive)?, handoff::find_store(&image, archive_range.end));
    let plan = handoff::read_plan(&archive, &store)?;
    let kept_pages = plan.services.len() as u32;
    let arena_pages = (ARENA_BASE + working_bytes(plan)).div_ceil(4096) as u32;
    let pages = arena_pages.saturating_add(kept_pages);
    let tail = pages.saturating_add(FILLER_SLOTS);
    let free = cspace.count() as u32;
    if free < tail.saturating_add(own::COUNT) {
        return Err(Failure::new(BootError::NotEnoughSlots, u64::from(free)));
    }
    let ram_untypeds = untypeds(bootinfo).filter(|(_, desc)| !desc.is_device());
    let demand = objects::memory(plan) + (u64::from(pages) << PAGE_BITS) + OWN_OBJECTS;
    let mut pool = Pool::new(cspace, ram_untypeds.map(|(c, d)| (c, d.size_bits() as u8)), demand);
    let memory_slots = Slot(free - pages);
    let filler_slots = Slot(free - tail);
    let window = Window::open(cspace, &mut pool, pages)?;
    let (heap, kept) = window.map_memory(&mut pool, memory_slots, arena_pages, kept_pages)?;
    // SAFETY: just mapped, writable, for the arena alone, and never unmapped.
    unsafe { arena::open(heap.start, heap.end) };

    if plan.objects.slots > filler_slots.0 {
        return Err(Failure::new(BootError::NotEnoughSlots, u64::from(plan.objects.slots.to_native())));
    }
    image.protect(sel4_root_task::image::text())?;
    image.protect(archive_range)?;
    image.guard(sel4_root_task::stack::guard_page())?;

    let mut machine = Hardware {
        bootinfo,
        cspace,
        window,
        image,
        devices: Devices::new(cspace, filler_slots, untypeds(bootinfo).filter(|(_, desc)| desc.is_device())),
        pool,
        clock,
        origin,
        ram,
        recovers: false,
    };
    let made = machine.assemble(plan, archive, kept, store);
    if let (Err(failure), Platform::Pc99 { events: Some(uart), .. }) = (&made, plan.platform.unpack()) {
        // Issued already if the boot came as far.
        let _ = issue_ports(cspace, own::EVENTS_PORTS, uart.port, uart.port + 7);
        early_console::tell(plan, cspace.cap(own::EVENTS_PORTS), uart.port, failure);
    }
    made
}

/// Bytes of memory that it takes to work with this plan.
fn working_bytes(plan: &Plan) -> usize {
    let of_service = |service: &Service| {
        PER_SERVICE + service.caps.len() * PER_CAPABILITY + (service.requires.len() + 1) * PER_EDGE
    };
    plan.services.iter().map(of_service).sum::<usize>() + plan.remembered.to_native() as usize * PER_RESTART
}

/// What [`boot`] has gathered of the machine.
struct Hardware<'b> {
    bootinfo: &'b BootInfoPtr,
    cspace: CSpace,
    window: Window,
    image: ImageFrames,
    devices: Devices,
    pool: Pool,
    clock: Clock,
    origin: u64,
    ram: u64,
    /// This is a recovery boot (SPEC Q-1).
    recovers: bool,
}

impl Hardware<'_> {
    fn assemble(
        &mut self,
        plan: &'static Plan,
        archive: Archive<'static>,
        kept: StartupPages,
        store: Store<'static>,
    ) -> Result<&'static mut Supervisor, Failure> {
        let cspace = self.cspace;
        let Platform::Pc99 { timer, console, events, power_off } = plan.platform.unpack();
        let mut complaints: heapless::Vec<Event<'static>, 8> = heapless::Vec::new();
        let parameters = self.parameters(plan, &mut complaints);
        let power = power(cspace, power_off, parameters.boot.on_failure)?;
        let mut attempts = None;
        if plan.recovery.max_attempts > 0 {
            let ports =
                issue_ports(cspace, own::CMOS_PORTS, boot_attempts::FIRST_PORT, boot_attempts::LAST_PORT)?;
            let store = Attempts::begin(ports);
            self.recovers = parameters.recovery.unwrap_or(store.failed() >= plan.recovery.max_attempts);
            attempts = Some(store);
        }

        objects::make_untypeds(plan, &mut self.pool)?;
        let own_device = match timer {
            PcTimer::Hpet { address, .. } => Some(address),
            PcTimer::Pit => None,
        };
        objects::make_regions(plan, &mut self.pool, &mut self.devices, own_device)?;
        self.pool.take(ObjectBlueprint::Notification, own::NOTIFICATION, 1)?;
        self.pool.take(ObjectBlueprint::Endpoint, own::ENDPOINT, 1)?;
        self.pool.take(ObjectBlueprint::Endpoint, own::GASP_ENDPOINT, 1)?;
        objects::make_channels(plan, cspace, &mut self.pool)?;
        objects::make_irqs(plan, cspace)?;
        let audit = ObjectBlueprint::Untyped { size_bits: AUDIT_UNTYPED_BITS };
        self.pool.take(audit, own::AUDIT_UNTYPED, 1)?;
        let asid_pools = self.asid_pools(plan.services.len())?;

        sel4::init_thread::slot::TCB
            .cap()
            .tcb_bind_notification(cspace.cap(own::NOTIFICATION))
            .during(Step::Bind)?;
        let mut vectors = interrupts::free_vectors(plan);
        let timer = self.timer(plan, vectors.next(), &mut complaints)?;
        let console = match console {
            Some(uart) if uart.port != early_console::CONSOLE => {
                // Errors are told at the new place from here on, and at the old one if there is no new one.
                let ports = issue_ports(cspace, own::MOVED_CONSOLE_PORTS, uart.port, uart.port + 7)?;
                early_console::set_console(ports, uart.port);
                cspace.path(own::CONSOLE_PORTS).delete().during(Step::Revoke)?;
                Some(Uart::new(ports, uart.port))
            }
            Some(uart) => Some(Uart::new(cspace.cap(own::CONSOLE_PORTS), uart.port)),
            None => None,
        };
        let line = match events {
            Some(uart) => {
                let ports = issue_ports(cspace, own::EVENTS_PORTS, uart.port, uart.port + 7)?;
                let line = Uart::new(ports, uart.port);
                let signal = own::EVENTS_SIGNAL;
                let badge = Badge::notification(EVENTS_SOURCE).0;
                let vector =
                    vectors.next().ok_or(ObjectError::kernel(Step::Interrupt, sel4::Error::RangeError))?;
                let pin = IrqLine::edge(uart.pin);
                interrupts::connect(cspace, pin, vector, own::EVENTS_IRQ, own::NOTIFICATION, signal, badge)?;
                Some(line)
            }
            None => None,
        };
        let shown = console.map(|uart| Console::new(uart, parameters.boot.quiet));
        let services = plan.services.len();
        let ring = RING_BASE + RING_PER_SERVICE * services;
        let journal = Box::new(Journal::new(plan, ring, shown, parameters.boot.log, line));
        let executor = Executor::new(plan, cspace, self.window, self.image, kept, store, asid_pools);
        let machine = lifecycle_plan::machine(plan, &parameters, self.recovers)?;
        let calls = Calls::of(plan, &machine);
        let entries = vec![Entry::default(); services].into_boxed_slice();
        let services = Services { plan, clock: self.clock, machine, entries, executor, journal };
        let accounts = parameters.bench.then(|| Accounts::new(services.entries.len(), self.origin));
        let entropy = Entropy::new();
        let given = Given { archive, parameters, cspace, timer, entropy, power, accounts, attempts };
        let supervisor = Box::leak(Box::new(Supervisor::new(services, calls, given)));
        let inheritance = last_gasp::Inheritance {
            console,
            line,
            endpoint: cspace.cap(own::GASP_ENDPOINT),
            supervisor: &raw const *supervisor,
        };
        last_gasp::stand_by(cspace, &mut self.pool, inheritance)?;
        self.announce(supervisor, complaints);
        if let Some(accounts) = supervisor.accounts() {
            accounts.end_phase("handoff");
        }
        Ok(supervisor)
    }

    fn parameters(
        &self,
        plan: &'static Plan,
        complaints: &mut heapless::Vec<Event<'static>, 8>,
    ) -> Parameters {
        let mut parameters = Parameters::of(plan);
        if let Some(mut files) = open_fw_cfg(self.cspace, &self.image) {
            files.files(PARAMETER_PREFIX, |name, value| {
                let value = core::str::from_utf8(value).map(str::trim).unwrap_or("\u{fffd}");
                if parameters.set(plan, name, value).is_err() {
                    let event = Event::InitError { code: BootError::BadParameter.code(), detail: 0 };
                    // More complaints than these would not help.
                    let _ = complaints.push(event);
                }
            });
        }
        parameters
    }

    fn asid_pools(&mut self, services: usize) -> Result<AsidPools, ObjectError> {
        let first = sel4::init_thread::slot::ASID_POOL.cap();
        if services <= FIRST_ASID_POOL {
            return Ok(AsidPools { first, second: None });
        }
        self.pool.take(ObjectBlueprint::asid_pool(), own::ASID_UNTYPED, 1)?;
        sel4::init_thread::slot::ASID_CONTROL
            .cap()
            .asid_control_make_pool(self.cspace.cap(own::ASID_UNTYPED), &self.cspace.path(own::ASID_POOL))
            .during(Step::AssignAsid)?;
        Ok(AsidPools { first, second: Some(self.cspace.cap(own::ASID_POOL)) })
    }

    /// The plan's timer. Where its HPET is not there, the PIT, unless a service has that; and the clock, where only an HPET
    /// can tell its rate.
    fn timer(
        &mut self,
        plan: &Plan,
        vector: Option<u8>,
        complaints: &mut heapless::Vec<Event<'static>, 8>,
    ) -> Result<Timer, Failure> {
        let no_timer = Failure::new(BootError::NoTimer, 0);
        let Platform::Pc99 { timer, .. } = plan.platform.unpack();
        let rate_is_told = self.bootinfo.tsc_mhz().is_some_and(|mhz| mhz > 0);
        let mut pin = Timer::pin(timer);
        let mut hpet = None;
        if let PcTimer::Hpet { .. } = timer {
            let registers = self.window.map_timer(own::TIMER_FRAME)?;
            // SAFETY: the page at the plan's HPET address, mapped uncached, Init's alone.
            hpet = unsafe { Hpet::new(registers, pin) };
            if hpet.is_none() {
                if has_pit(plan) {
                    return Err(no_timer);
                }
                pin = Timer::pin(PcTimer::Pit);
                // More complaints than there is room for would not help.
                let _ = complaints.push(Event::InitError { code: BootError::NoHpet.code(), detail: 0 });
            }
        }
        let made = match hpet {
            Some(hpet) => {
                if !rate_is_told {
                    self.clock = Clock::new(self.origin, hpet.tsc_mhz());
                }
                Timer::Hpet(hpet)
            }
            None if rate_is_told => Timer::Pit(issue_ports(self.cspace, own::PIT_PORTS, PIT.0, PIT.1)?),
            None => return Err(Failure::new(BootError::NoClock, 0)),
        };
        let vector = vector.ok_or(no_timer)?;
        let line = IrqLine::edge(pin);
        let badge = Badge::notification(TIMER_SOURCE).0;
        let (handler, signal) = (own::TIMER_IRQ, own::TIMER_SIGNAL);
        interrupts::connect(self.cspace, line, vector, handler, own::NOTIFICATION, signal, badge)?;
        Ok(made)
    }

    /// The first events: what there is, and what it is called.
    fn announce(&self, supervisor: &mut Supervisor, complaints: heapless::Vec<Event<'static>, 8>) {
        let plan = supervisor.services().plan;
        let weak = supervisor.given().entropy.quality();
        let failed =
            supervisor.given().attempts.as_ref().map(|attempts| (attempts.failed(), attempts.last()));
        let journal = &mut supervisor.services_mut().journal;
        if let Some(console) = journal.console() {
            console.line(|out| {
                write!(out, "\n{} on seL4 {} ({})", plan.tool, plan.kernel.version, plan.kernel.arch)
            });
        }
        let now = self.clock.now();
        let handoff = Event::Handoff {
            ram: self.ram,
            untypeds: self.bootinfo.untyped_list().len() as u16,
            slots: self.cspace.count() as u32,
            tsc_mhz: self.bootinfo.tsc_mhz().unwrap_or(0),
        };
        journal.record(life::Instant::from_micros(0), Event::State(BootState::KernelHandoff));
        journal.record(now, handoff);
        let services = plan.services.len() as u16;
        journal.record(now, Event::Plan { system: &plan.system, services });
        for (index, service) in (0..).zip(plan.services.iter()) {
            let event = Event::Registered {
                service: ServiceId(index),
                name: &service.name,
                version: &service.version,
                layer: service.layer,
                critical: service.critical,
            };
            journal.record(now, event);
        }
        for complaint in complaints {
            journal.record(now, complaint);
        }
        if weak != Quality::Good {
            journal.record(now, Event::WeakEntropy);
        }
        if weak == Quality::Guessable {
            journal.record(now, Event::InitError { code: BootError::NoRandomness.code(), detail: 0 });
        }
        if let Some((count, (code, culprit))) = failed.filter(|(count, _)| *count > 0) {
            journal.record(now, Event::FailedBoots { count, code, culprit, recovers: self.recovers });
        }
        journal.record(now, Event::State(BootState::Initializing));
    }
}

/// Ports of the PIT, first and last.
const PIT: (u16, u16) = (0x40, 0x43);

/// Whether the PIT, or its pin, is a service's.
fn has_pit(plan: &Plan) -> bool {
    let pin = Timer::pin(PcTimer::Pit);
    let caps = plan.services.iter().flat_map(|service| service.caps.iter());
    plan.irqs.iter().any(|irq| irq.ioapic == 0 && irq.pin == pin)
        || caps.into_iter().any(|grant| match &grant.object {
            Object::IoPorts(first, last) => *first <= PIT.1 && *last >= PIT.0,
            _ => false,
        })
}

fn untypeds(bootinfo: &BootInfoPtr) -> impl Iterator<Item = (cap::Untyped, &sel4::UntypedDesc)> {
    let slots = bootinfo.untyped();
    bootinfo
        .untyped_list()
        .iter()
        .enumerate()
        .take(slots.len())
        .map(move |(index, desc)| (slots.index(index).cap(), desc))
}

fn image_frames(bootinfo: &BootInfoPtr) -> ImageFrames {
    ImageFrames::new(bootinfo.user_image_frames().range(), sel4_root_task::image::text().start)
}

fn issue_ports(cspace: CSpace, slot: Slot, first: u16, last: u16) -> Result<cap::IOPort, ObjectError> {
    sel4::init_thread::slot::IO_PORT_CONTROL
        .cap()
        .ioport_control_issue(u64::from(first), u64::from(last), &cspace.path(slot))
        .during(Step::Mint)?;
    Ok(cspace.cap(slot))
}

fn open_fw_cfg(cspace: CSpace, image: &ImageFrames) -> Option<FwCfg> {
    let physical = image.at(FW_CFG_PAGE.address())?.frame_get_address().ok()?;
    let ports: cap::IOPort = cspace.cap(own::FW_CFG_PORTS);
    // Issued once; a second look, after a failed boot, finds it there.
    let _ = issue_ports(cspace, own::FW_CFG_PORTS, fw_cfg::FIRST_PORT, fw_cfg::LAST_PORT);
    FwCfg::open(ports, &FW_CFG_PAGE, physical as u64)
}

fn power(cspace: CSpace, off: Option<(u16, u16)>, on_failure: AtEnd) -> Result<Power, ObjectError> {
    let issue = |slot, port: u16, width: u16| issue_ports(cspace, slot, port, port + width - 1);
    Ok(Power {
        off: match off {
            Some((port, value)) => Some((issue(own::POWER_PORTS, port, 2)?, port, value)),
            None => None,
        },
        reset: issue(own::RESET_PORTS, power::RESET, 1)?,
        keyboard: issue(own::KEYBOARD_PORTS, power::KEYBOARD, 1)?,
        on_failure,
    })
}

fn archive_bytes(archive: &Archive<'static>) -> Result<&'static [u8], Failure> {
    archive.range(0, archive.len() as u32).ok_or(Failure::new(BootError::ArchiveTruncated, 0))
}
