// SPDX-License-Identifier: BSD-2-Clause
//! A second thread: messages with it, and its faults.

use core::cell::UnsafeCell;

use sel4::init_thread::slot;
use sel4::{
    CNodeCapData, CPtr, CapRights, ExceptionCause, Fault, IpcBuffer, LookupFailure, MessageInfo,
    ObjectBlueprint, UserContext, VmAttributes, VmFaultCause, cap, cap_type,
};

use crate::machine::RETURN_ADDRESS_BYTES;
use crate::memory::SCRATCH;
use crate::{Kit, at, check};

const STACK_BYTES: usize = 16 * 1024;
/// Page of the thread's IPC buffer.
const BUFFER: usize = SCRATCH + 0x10_000;
/// CPtrs in the thread's own CSpace.
const TO_ROOT: u64 = 1;
pub const FAULTS: u64 = 2;
const BADGE: u64 = 0x77;
const FAULT_BADGE: u64 = 0xfa17;

#[repr(align(16))]
struct ThreadStack(UnsafeCell<[u8; STACK_BYTES]>);

// SAFETY: used by one thread at a time, through its address.
unsafe impl Sync for ThreadStack {}

static STACK: ThreadStack = ThreadStack(UnsafeCell::new([0; STACK_BYTES]));

/// Makes a thread with its own CSpace, in our address space, and starts it.
fn start(
    kit: &mut Kit,
    endpoint: cap::Endpoint,
    main: extern "C" fn(*mut IpcBuffer) -> !,
) -> sel4::Result<cap::Tcb> {
    let cnode: cap::CNode = kit.make(ObjectBlueprint::CNode { size_bits: 4 })?;
    for (to, badge) in [(TO_ROOT, BADGE), (FAULTS, FAULT_BADGE)] {
        let slot = cnode.absolute_cptr_from_bits_with_depth(to, 4);
        slot.mint(&at(endpoint.cptr()), CapRights::call(), badge)?;
    }
    let frame: cap::Granule = kit.make(ObjectBlueprint::GRANULE)?;
    let vspace = slot::VSPACE.cap();
    frame.frame_map(vspace, BUFFER, CapRights::read_write(), VmAttributes::DEFAULT)?;
    let tcb: cap::Tcb = kit.make(ObjectBlueprint::Tcb)?;
    tcb.tcb_configure_with_priority(
        CPtr::from_bits(FAULTS),
        slot::TCB.cap(),
        100,
        100,
        cnode,
        CNodeCapData::skip_high_bits(4),
        vspace,
        BUFFER as u64,
        frame,
    )?;
    run(tcb, main)
}

/// Starts a thread that is all set but for its registers.
fn run(tcb: cap::Tcb, main: extern "C" fn(*mut IpcBuffer) -> !) -> sel4::Result<cap::Tcb> {
    let mut context = UserContext::default();
    *context.pc_mut() = main as *const () as u64;
    *context.sp_mut() = (STACK.0.get().addr() + STACK_BYTES - RETURN_ADDRESS_BYTES) as u64;
    if let Some(argument) = context.c_param_mut(0) {
        *argument = BUFFER as u64;
    }
    tcb.tcb_write_all_registers(true, &context)?;
    Ok(tcb)
}

extern "C" fn caller(buffer: *mut IpcBuffer) -> ! {
    // SAFETY: the buffer's page is mapped, and this thread's own.
    let buffer = unsafe { &mut *buffer };
    for (i, word) in buffer.msg_regs_mut().iter_mut().enumerate().take(8) {
        *word = i as u64 * 3;
    }
    let root = cap::Endpoint::from_bits(TO_ROOT);
    let answer = root.with(&mut *buffer).call(MessageInfo::new(70, 0, 0, 8));
    assert_eq!((answer.label(), answer.length()), (71, 6));
    assert_eq!(&buffer.msg_regs()[..6], &[5, 6, 7, 8, 9, 10]);
    let answer = root.call_with_mrs(MessageInfo::new(72, 0, 0, 2), [11, 12]);
    assert_eq!((answer.info.label(), answer.msg[0]), (73, 13));
    loop {
        root.with(&mut *buffer).call(MessageInfo::new(74, 0, 0, 0));
    }
}

/// Long and short messages, with registers and without, answered at once and later.
pub fn messages(kit: &mut Kit) -> sel4::Result<()> {
    let endpoint: cap::Endpoint = kit.make(ObjectBlueprint::Endpoint)?;
    let tcb = start(kit, endpoint, caller)?;
    let (info, badge) = endpoint.recv(());
    check!(kit, "a message's badge", badge == BADGE && info.label() == 70);
    let words: [u64; 8] = sel4::with_ipc_buffer(|buffer| core::array::from_fn(|i| buffer.msg_regs()[i]));
    check!(kit, "a long message", words == [0, 3, 6, 9, 12, 15, 18, 21]);
    sel4::with_ipc_buffer_mut(|buffer| {
        buffer.msg_regs_mut()[..6].copy_from_slice(&[5, 6, 7, 8, 9, 10]);
    });
    let (info, _) = endpoint.reply_recv(MessageInfo::new(71, 0, 0, 6), ());
    check!(kit, "a long answer", info.label() == 72);
    check!(kit, "a short message", sel4::with_ipc_buffer(|b| b.msg_regs()[..2] == [11, 12]));
    let message = endpoint.reply_recv_with_mrs(MessageInfo::new(73, 0, 0, 1), [13], ());
    check!(kit, "a short answer", message.info.label() == 74 && message.badge == BADGE);

    let reply = kit.slot();
    at(reply).save_caller()?;
    check!(kit, "nobody yet", endpoint.nb_recv(()).1 == 0);
    reply.cast::<cap_type::Endpoint>().send(MessageInfo::new(0, 0, 0, 0));
    check!(kit, "a late answer", endpoint.recv(()).0.label() == 74);

    let mut registers = tcb.tcb_read_all_registers(false)?;
    check!(kit, "registers in a call", registers.syscall() == (-1, TO_ROOT));
    registers.answer_syscall(MessageInfo::new(0, 0, 0, 0).into_word(), 0);
    tcb.tcb_write_all_registers(true, &registers)?;
    check!(kit, "an answer into registers", endpoint.recv(()).0.label() == 74);
    tcb.tcb_suspend()?;
    tcb.tcb_set_sched_params(slot::TCB.cap(), 90, 80)?;
    at(tcb.cptr()).delete()
}

extern "C" fn culprit(_: *mut IpcBuffer) -> ! {
    let nowhere = core::ptr::with_exposed_provenance_mut::<u64>(0xdead_b000);
    // SAFETY: none: this is the fault.
    unsafe { nowhere.write_volatile(1) };
    sel4_root_task::abort()
}

extern "C" fn stray(_: *mut IpcBuffer) -> ! {
    cap::Endpoint::from_bits(9).recv_with_mrs(());
    sel4_root_task::abort()
}

extern "C" fn odd(_: *mut IpcBuffer) -> ! {
    // SAFETY: there is no such call: the thread faults, which is the purpose.
    unsafe { sel4::sys::syscall(sel4::sys::Kind::Debug, -99, sel4::sys::Registers::default()) };
    sel4_root_task::abort()
}

/// Threads that fault, one after the other, and the endpoint that hears of it.
pub struct Culprits {
    endpoint: cap::Endpoint,
}

impl Culprits {
    pub fn new(kit: &mut Kit) -> sel4::Result<Self> {
        Ok(Self { endpoint: kit.make(ObjectBlueprint::Endpoint)? })
    }

    /// Starts a thread; gives it and its fault.
    pub fn run(
        &self,
        kit: &mut Kit,
        main: extern "C" fn(*mut IpcBuffer) -> !,
    ) -> sel4::Result<(cap::Tcb, Option<Fault>)> {
        let tcb = start_without_buffer(kit, self.endpoint, main)?;
        Ok((tcb, self.next()))
    }

    /// The next fault.
    fn next(&self) -> Option<Fault> {
        let message = self.endpoint.recv_with_mrs(());
        assert_eq!(message.badge, FAULT_BADGE);
        sel4::with_ipc_buffer(|buffer| Fault::from_recv(buffer, &message))
    }
}

/// Each kind of fault arrives decoded.
pub fn faults(kit: &mut Kit) -> sel4::Result<()> {
    let culprits = Culprits::new(kit)?;
    let (tcb, fault) = culprits.run(kit, culprit)?;
    let Some(Fault::VmFault(fault)) = fault else { panic!("{fault:?}") };
    check!(kit, "a write to nowhere", fault.addr() == 0xdead_b000 && fault.is_write());
    let mut context = tcb.tcb_read_all_registers(false)?;
    check!(kit, "where it was", *context.pc() == fault.ip() && fault.cause() == VmFaultCause::NotMapped);
    *context.pc_mut() = abort_address();
    tcb.tcb_write_all_registers(true, &context)?;
    let Some(Fault::UserException(fault)) = culprits.next() else { panic!("no exception") };
    let cause = ExceptionCause::of(fault.number(), None);
    check!(kit, "an invalid instruction", cause == ExceptionCause::InvalidInstruction);
    at(tcb.cptr()).delete()?;

    let (tcb, fault) = culprits.run(kit, stray)?;
    let Some(Fault::CapFault(fault)) = fault else { panic!("{fault:?}") };
    let missing = matches!(fault.lookup_failure(), LookupFailure::MissingCapability { .. });
    check!(kit, "a stray receive", fault.addr() == 9 && fault.in_recv_phase() && missing);
    at(tcb.cptr()).delete()?;

    let (tcb, fault) = culprits.run(kit, odd)?;
    let Some(Fault::UnknownSyscall(fault)) = fault else { panic!("{fault:?}") };
    check!(kit, "an odd system call", fault.syscall().cast_signed() == -99);
    at(tcb.cptr()).delete()
}

fn abort_address() -> u64 {
    extern "C" fn stop() -> ! {
        sel4_root_task::abort()
    }
    stop as *const () as u64
}

/// Makes a thread that has no IPC buffer, starts it and gives it: what it can reach is the endpoint of its faults, at
/// [`FAULTS`].
pub fn start_without_buffer(
    kit: &mut Kit,
    endpoint: cap::Endpoint,
    main: extern "C" fn(*mut IpcBuffer) -> !,
) -> sel4::Result<cap::Tcb> {
    let cnode: cap::CNode = kit.make(ObjectBlueprint::CNode { size_bits: 4 })?;
    let slot = cnode.absolute_cptr_from_bits_with_depth(FAULTS, 4);
    slot.mint(&at(endpoint.cptr()), CapRights::call(), FAULT_BADGE)?;
    let tcb: cap::Tcb = kit.make(ObjectBlueprint::Tcb)?;
    let guard = CNodeCapData::skip_high_bits(4);
    let (fault_ep, vspace) = (CPtr::from_bits(FAULTS), slot::VSPACE.cap());
    tcb.tcb_configure(fault_ep, cnode, guard, vspace, 0, slot::NULL.cap().cast())?;
    tcb.tcb_set_priority(slot::TCB.cap(), 100)?;
    run(tcb, main)
}
