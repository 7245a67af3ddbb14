// SPDX-License-Identifier: BSD-2-Clause
//! QEMU's `virt` on AArch64: the PL011, the control page of the kernel's platform, the physical timer, and faults that are told
//! by ESR_EL1 or by the instruction.

use core::arch::asm;

use dtoolkit::fdt::Fdt;
use dtoolkit::{Node, Property};
use sel4::init_thread::slot;
use sel4::{
    BootInfoPtr, CPtr, CapRights, Error, ExceptionCause, Fault, IpcBuffer, MessageInfo, ObjectBlueprint,
    PlatformControl, Trigger, VmAttributes, VmFaultCause, cap, cap_type,
};

use sel4_root_task::image;

use crate::threads::{Culprits, FAULTS, start_without_buffer};
use crate::{Kit, at, check};

const PL011: usize = 0x0900_0000;
/// Flag register, and "transmit FIFO full".
const FLAGS: usize = 0x18;
const TRANSMIT_FULL: u32 = 1 << 5;
/// Pages of the address space that are in the image's last page table and not in the image.
const UART_PAGE: usize = 0x3f_e000;
const CONTROL_PAGE: usize = 0x3f_f000;

/// What a function finds below its stack pointer's alignment: nothing.
pub const RETURN_ADDRESS_BYTES: usize = 0;

#[derive(Clone, Copy)]
pub struct Machine {
    control: PlatformControl,
}

impl Machine {
    /// Takes slots from `next_slot` on, which it moves.
    pub fn open(bootinfo: &BootInfoPtr, next_slot: &mut usize) -> sel4::Result<Self> {
        let mut page = |paddr: usize, vaddr: usize| -> sel4::Result<cap::Granule> {
            let mut devices = bootinfo.device_untyped_range();
            let Some(index) = devices.find(|i| bootinfo.untyped_list()[*i].paddr() == paddr) else {
                panic!("no untyped of the device at {paddr:#x}")
            };
            let to = CPtr::from_bits(*next_slot as u64);
            *next_slot += 1;
            let root = slot::CNODE.cap().absolute_cptr_for_self();
            let untyped = bootinfo.untyped().index(index).cap();
            untyped.untyped_retype(&ObjectBlueprint::GRANULE, &root, to.bits() as usize, 1)?;
            let frame: cap::Granule = to.cast();
            let attributes = VmAttributes::CACHE_DISABLED | VmAttributes::EXECUTE_NEVER;
            frame.frame_map(slot::VSPACE.cap(), vaddr, CapRights::read_write(), attributes)?;
            Ok(frame)
        };
        page(PL011, UART_PAGE)?;
        Ok(Self { control: PlatformControl::new(page(PlatformControl::PADDR, CONTROL_PAGE)?) })
    }

    pub fn put(&self, byte: u8) -> sel4::Result<()> {
        let register = |offset: usize| core::ptr::with_exposed_provenance_mut::<u32>(UART_PAGE + offset);
        // SAFETY: the UART's registers, mapped in `open`, which nobody else uses.
        unsafe {
            while register(FLAGS).read_volatile() & TRANSMIT_FULL != 0 {}
            register(0).write_volatile(byte.into());
        }
        Ok(())
    }

    pub fn power_off(&self) -> ! {
        let _ = self.control.power_off();
        sel4::init_thread::suspend_self()
    }

    /// The machine has no exit status but 0, so the console tells failure from success.
    pub fn fail(&self) -> ! {
        self.power_off()
    }
}

/// The generic timer's physical count.
fn count() -> u64 {
    let count;
    // SAFETY: the loader lets user level read it (CNTKCTL_EL1.EL0PCTEN).
    unsafe { asm!("isb", "mrs {}, cntpct_el0", out(reg) count, options(nomem, nostack)) };
    count
}

fn ticks_per_second() -> u64 {
    let rate;
    // SAFETY: as for the count.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) rate, options(nomem, nostack)) };
    rate
}

/// The generic timer is there for user level to read, and runs; the device tree is behind the image. Prints what a test of the
/// loader wants to see.
pub fn clock(kit: &mut Kit, bootinfo: &BootInfoPtr) {
    let before = count();
    check!(kit, "a clock", ticks_per_second() > 1_000_000 && count() >= before);
    kit.console.print(format_args!("started at count {before}\n"));

    let tree = image::device_tree(bootinfo, image::data().end).and_then(|tree| Fdt::new(tree).ok());
    let Some(tree) = tree else { panic!("no device tree") };
    let chosen = tree.find_node("/chosen");
    let seed = chosen.and_then(|chosen| chosen.property("rng-seed"));
    check!(kit, "a device tree with 32 random bytes", seed.is_some_and(|seed| seed.value().len() == 32));
    let arguments = chosen.and_then(|chosen| chosen.property("bootargs"));
    if let Some(arguments) = arguments.and_then(|arguments| arguments.value_as::<&str>().ok()) {
        kit.console.print(format_args!("boot arguments: {arguments}\n"));
    }
    check!(kit, "no tree beyond it", image::device_tree(bootinfo, usize::MAX / 2).is_none());
}

/// The physical timer's interrupt, armed through the control page.
pub fn interrupts(kit: &mut Kit) -> sel4::Result<()> {
    let control = kit.machine.control;
    check!(kit, "firmware for power", control.psci_version()?.is_some_and(|(major, _)| major >= 1));
    check!(kit, "a trigger mode", control.set_trigger(33, Trigger::Edge)?);
    check!(kit, "the same, back", control.set_trigger(33, Trigger::Level)?);
    check!(kit, "no trigger mode of a PPI", !control.set_trigger(PlatformControl::TIMER_IRQ, Trigger::Edge)?);

    let issue = |irq: u64, to: CPtr| slot::IRQ_CONTROL.cap().irq_control_get(irq, &at(to));
    let handler = kit.slot();
    check!(kit, "the kernel's own tick", issue(27, handler) == Err(Error::RevokeFirst));
    check!(kit, "no such interrupt", issue(256, handler) == Err(Error::RangeError));
    issue(PlatformControl::TIMER_IRQ, handler)?;
    let handler = handler.cast::<cap_type::IrqHandler>();
    let notification: cap::Notification = kit.make(ObjectBlueprint::Notification)?;
    let badged = kit.slot();
    at(badged).mint(&at(notification.cptr()), CapRights::all(), 0x100)?;
    handler.irq_handler_set_notification(badged.cast())?;
    handler.irq_handler_ack()?;
    for what in ["a tick", "another"] {
        let due = count() + ticks_per_second() / 100;
        control.arm_timer(due)?;
        check!(kit, what, notification.wait().1 == 0x100 && count() >= due);
        // The line is active until the timer is set for later or disarmed: acknowledged before, it would come again.
        control.disarm_timer()?;
        handler.irq_handler_ack()?;
    }
    check!(kit, "no third", notification.poll().1 == 0);
    handler.irq_handler_clear()
}

/// Declares threads that execute one instruction, which faults.
macro_rules! culprits {
    ($($name:ident: $instruction:literal;)*) => {
        $(
            extern "C" fn $name(_: *mut IpcBuffer) -> ! {
                // SAFETY: the instruction is not permitted: the thread faults, which is the purpose.
                unsafe { asm!($instruction) };
                sel4_root_task::abort()
            }
        )*
    };
}

culprits! {
    programs_the_physical_timer: "msr cntp_ctl_el0, xzr";
    programs_the_virtual_timer: "msr cntv_ctl_el0, xzr";
    reads_system_control: "mrs xzr, sctlr_el1";
    masks_interrupts: "msr daifset, #15";
    flushes_the_tlb: "tlbi vmalle1";
    cleans_by_set_and_way: "dc cisw, xzr";
    invalidates_by_address: "dc ivac, x0";
    calls_the_hypervisor: "hvc #0";
    calls_the_monitor: "smc #0";
    returns_from_an_exception: "eret";
    breaks: "brk #1";
    halts_for_a_debugger: "hlt #0xf000";
    is_undefined: "udf #7";
}

extern "C" fn loads_unaligned(_: *mut IpcBuffer) -> ! {
    let word = 0u64;
    // SAFETY: an exclusive load must be aligned: the thread faults, which is the purpose.
    unsafe { asm!("ldxr {0}, [{1}]", out(reg) _, in(reg) (&raw const word).addr() + 1) };
    sel4_root_task::abort()
}

extern "C" fn executes_data(_: *mut IpcBuffer) -> ! {
    // SAFETY: the page is mapped execute-never: the thread faults, which is the purpose.
    unsafe { asm!("br {}", in(reg) UART_PAGE, options(noreturn)) }
}

/// What user level may not do is a fault whose cause can be told. (An unaligned load from a device is one on hardware; QEMU 7.2
/// does it.)
pub fn faults(kit: &mut Kit) -> sel4::Result<()> {
    let culprits = Culprits::new(kit)?;
    type Main = extern "C" fn(*mut IpcBuffer) -> !;
    let exceptions: [(Main, ExceptionCause, &str); 13] = [
        (programs_the_physical_timer, ExceptionCause::Privileged, "programming the physical timer"),
        (programs_the_virtual_timer, ExceptionCause::Privileged, "programming the virtual timer"),
        (reads_system_control, ExceptionCause::Privileged, "reading a register of the kernel's"),
        (masks_interrupts, ExceptionCause::Privileged, "masking interrupts"),
        (flushes_the_tlb, ExceptionCause::Privileged, "a TLB operation"),
        (cleans_by_set_and_way, ExceptionCause::Privileged, "a cache operation by set and way"),
        (invalidates_by_address, ExceptionCause::Privileged, "an invalidation without cleaning"),
        (calls_the_hypervisor, ExceptionCause::Privileged, "calling a hypervisor"),
        (calls_the_monitor, ExceptionCause::Privileged, "calling the secure monitor"),
        (returns_from_an_exception, ExceptionCause::Privileged, "returning from an exception"),
        (breaks, ExceptionCause::Breakpoint, "a breakpoint"),
        (halts_for_a_debugger, ExceptionCause::Breakpoint, "a debugger's halt"),
        (is_undefined, ExceptionCause::InvalidInstruction, "an undefined instruction"),
    ];
    for (main, cause, what) in exceptions {
        let (tcb, fault) = culprits.run(kit, main)?;
        let Some(Fault::UserException(fault)) = fault else { panic!("{what}: {fault:?}") };
        let at_ip = core::ptr::with_exposed_provenance::<u32>(fault.fault_ip() as usize);
        // SAFETY: the thread runs this image, and its code is readable.
        let instruction = unsafe { at_ip.read() };
        check!(kit, what, ExceptionCause::of(fault.number(), Some(instruction)) == cause);
        at(tcb.cptr()).delete()?;
    }
    let accesses: [(Main, VmFaultCause, &str); 2] = [
        (loads_unaligned, VmFaultCause::Alignment, "an unaligned exclusive load"),
        (executes_data, VmFaultCause::Permission, "a jump to an execute-never page"),
    ];
    for (main, cause, what) in accesses {
        let (tcb, fault) = culprits.run(kit, main)?;
        let Some(Fault::VmFault(fault)) = fault else { panic!("{what}: {fault:?}") };
        check!(kit, what, fault.cause() == cause && !fault.is_write());
        at(tcb.cptr()).delete()?;
    }
    vectors(kit)
}

/// Labels of the two messages that a thread of [`vectors`] sends.
const FILLED: u64 = 80;
const COMPARED: u64 = 81;

/// Counts its vector registers that hold `other`, fills all of them with `mine` and says the count; answered, it counts those
/// that have changed and says that. One block of assembly, because compiled code may use the registers between two.
fn fill_and_compare(mine: u64, other: u64) -> ! {
    let message = |label| MessageInfo::new(label, 0, 0, 1).into_word();
    // SAFETY: changes registers, and memory not at all; the calls are messages of one word.
    unsafe {
        asm!(
            "mov x10, #0",
            ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
            "umov x9, v\\r\\().d[0]",
            "cmp x9, x22",
            "cinc x10, x10, eq",
            "dup v\\r\\().2d, x21",
            ".endr",
            "mov x0, x25",
            "mov x1, x23",
            "mov x2, x10",
            "svc #0",
            "mov x10, #0",
            ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
            "umov x9, v\\r\\().d[0]",
            "cmp x9, x21",
            "cinc x10, x10, ne",
            "umov x9, v\\r\\().d[1]",
            "cmp x9, x21",
            "cinc x10, x10, ne",
            ".endr",
            "mov x0, x25",
            "mov x1, x24",
            "mov x2, x10",
            "svc #0",
            "udf #0",
            in("x7") sel4::sys::number::Call,
            in("x21") mine,
            in("x22") other,
            in("x23") message(FILLED),
            in("x24") message(COMPARED),
            in("x25") FAULTS,
            options(noreturn),
        )
    }
}

const PATTERNS: [u64; 2] = [0xa5a5_1111_a5a5_2222, 0x5a5a_3333_5a5a_4444];

extern "C" fn fills_with_the_first(_: *mut IpcBuffer) -> ! {
    fill_and_compare(PATTERNS[0], PATTERNS[1])
}

extern "C" fn fills_with_the_second(_: *mut IpcBuffer) -> ! {
    fill_and_compare(PATTERNS[1], PATTERNS[0])
}

/// Vector registers, which the kernel switches lazily, are each thread's own: nothing of one is seen by another, and nothing
/// is lost. The two share a stack, which neither touches once it is in its block.
fn vectors(kit: &mut Kit) -> sel4::Result<()> {
    let endpoint: cap::Endpoint = kit.make(ObjectBlueprint::Endpoint)?;
    let mut blocked = [CPtr::from_bits(0); 2];
    for (main, reply) in [fills_with_the_first, fills_with_the_second].into_iter().zip(&mut blocked) {
        start_without_buffer(kit, endpoint, main)?;
        let message = endpoint.recv_with_mrs(());
        check!(
            kit,
            "no vector register of another thread",
            (message.info.label(), message.msg[0]) == (FILLED, 0)
        );
        *reply = kit.slot();
        at(*reply).save_caller()?;
    }
    for reply in blocked {
        reply.cast::<cap_type::Endpoint>().send_with_mrs(MessageInfo::new(0, 0, 0, 0), []);
        let message = endpoint.recv_with_mrs(());
        check!(kit, "vector registers kept", (message.info.label(), message.msg[0]) == (COMPARED, 0));
    }
    Ok(())
}
