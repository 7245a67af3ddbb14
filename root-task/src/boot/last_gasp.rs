// SPDX-License-Identifier: BSD-2-Clause
//! The last gasp (SPEC B-6): a second thread that waits for Init's own fault, tells what, where and the last events on
//! the UART, and ends the machine as configured.
//!
//! It has a stack of its own, no IPC buffer (every call it makes fits in registers), and touches Init's state only when
//! Init can no longer. Its priority is the highest there is, which nothing but Init has.

use core::cell::UnsafeCell;
use core::fmt::Write;
use core::sync::atomic::{AtomicU8, Ordering};

use partenza_protocol::error::InitError;
use partenza_protocol::event::Event;
use partenza_protocol::frame::{Body, MAX_FRAME, MAX_RECORD, frame};
use partenza_protocol::text::Text;
use sel4::{CNodeCapData, CPtr, ObjectBlueprint, UserContext, cap};

use crate::boot::early_console;
use crate::events::journal::words;
use crate::machine::power::halt;
use crate::machine::uart::Uart;
use crate::objects::cspace::{CSpace, own};
use crate::objects::error::{During, ObjectError, Step};
use crate::objects::untyped_pool::Pool;
use crate::supervisor::state::Supervisor;
use crate::system::parameters::LastGasp;

const STACK_BYTES: usize = 8 * 1024;
const PRIORITY: u64 = 255;
const MAX_PANIC_TEXT: usize = 512;

/// What the thread is given, before it starts.
pub struct Inheritance {
    /// The human console, if the system has one.
    pub console: Option<Uart>,
    /// The event line, if the system has one.
    pub line: Option<Uart>,
    pub endpoint: cap::Endpoint,
    pub supervisor: *const Supervisor,
}

/// A cell that is written by Init before the thread that reads it can run.
struct Handed<T>(UnsafeCell<T>);

// SAFETY: written before the reader is started, or before the fault that wakes it; never after.
unsafe impl<T> Sync for Handed<T> {}

#[repr(C, align(16))]
struct Stack([u8; STACK_BYTES]);

static STACK: Handed<Stack> = Handed(UnsafeCell::new(Stack([0; STACK_BYTES])));
static INHERITANCE: Handed<Option<Inheritance>> = Handed(UnsafeCell::new(None));
static PANIC_TEXT: Handed<Text<MAX_PANIC_TEXT>> = Handed(UnsafeCell::new(Text::new()));
/// Who tells of Init's end.
static STAGE: AtomicU8 = AtomicU8::new(Stage::Alone as u8);

#[repr(u8)]
enum Stage {
    /// Init itself: there is no thread yet.
    Alone,
    /// The thread, once Init faults.
    StandsBy,
    /// The thread, just now.
    Tells,
}

/// Makes and starts the thread, and makes it Init's fault handler.
///
/// # Errors
/// Not enough memory, or what the kernel refused.
pub fn stand_by(cspace: CSpace, pool: &mut Pool, inheritance: Inheritance) -> Result<(), ObjectError> {
    use sel4::init_thread::slot;

    pool.take(ObjectBlueprint::Tcb, own::GASP_TCB, 1)?;
    // SAFETY: the thread that reads it does not run yet.
    unsafe { *INHERITANCE.0.get() = Some(inheritance) };
    let tcb: cap::Tcb = cspace.cap(own::GASP_TCB);
    tcb.tcb_configure_with_priority(
        CPtr::from_bits(0),
        slot::TCB.cap(),
        PRIORITY,
        PRIORITY,
        slot::CNODE.cap(),
        CNodeCapData::skip(0),
        slot::VSPACE.cap(),
        0,
        slot::NULL.cap().cast(),
    )
    .during(Step::Configure)?;
    let mut context = UserContext::default();
    *context.inner_mut().pc_mut() = last_gasp as *const () as u64;
    // At a function's entry the stack is 16-byte aligned but for the return address.
    *context.inner_mut().sp_mut() = STACK.0.get() as u64 + STACK_BYTES as u64 - 8;
    tcb.tcb_write_all_registers(true, &context).during(Step::WriteRegisters)?;
    slot::TCB
        .cap()
        .tcb_set_space(
            cspace.cptr(own::GASP_ENDPOINT),
            slot::CNODE.cap(),
            CNodeCapData::skip(0),
            slot::VSPACE.cap(),
        )
        .during(Step::Configure)?;
    STAGE.store(Stage::StandsBy as u8, Ordering::Relaxed);
    Ok(())
}

/// The panic hook: keeps the message for the thread, which the fault that follows wakes. Without a thread, prints. In the
/// thread itself, which nobody listens to, ends the machine without another word.
pub fn on_panic(info: &core::panic::PanicInfo<'_>) {
    let stage = STAGE.load(Ordering::Relaxed);
    if stage == Stage::Tells as u8 {
        // SAFETY: this is the thread, and `tell` does not return to where it uses this.
        if let Some(heir) = unsafe { (*INHERITANCE.0.get()).as_ref() } {
            end(heir);
        }
        halt();
    }
    // SAFETY: Init's one thread panics once; the other reads only after the fault.
    let text = unsafe { &mut *PANIC_TEXT.0.get() };
    // Its end is cut where it does not fit.
    let _ = write!(text, "{info}");
    if stage == Stage::Alone as u8 {
        early_console::report(InitError::Panicked.code(), 0, format_args!("\n  {}", text.as_str()));
        halt();
    }
}

extern "C" fn last_gasp() -> ! {
    // SAFETY: written before this thread was started.
    let heir = unsafe { (*INHERITANCE.0.get()).as_mut() };
    let Some(heir) = heir else { sel4::init_thread::suspend_self() };
    loop {
        let message = heir.endpoint.recv_with_mrs(());
        STAGE.store(Stage::Tells as u8, Ordering::Relaxed);
        tell(heir, &message);
        end(heir);
    }
}

/// The services have nobody any more who hears their faults: they stop, and what is configured follows.
fn end(heir: &Inheritance) {
    // SAFETY: Init stands still, and the Supervisor lives for ever.
    let supervisor = unsafe { &*heir.supervisor };
    supervisor.suspend_everybody();
    supervisor.given().power.act(supervisor.given().power.on_failure);
}

fn tell(heir: &mut Inheritance, message: &sel4::RecvWithMRs) {
    // SAFETY: Init has faulted and stands still.
    let (panic_text, supervisor) = unsafe { ((*PANIC_TEXT.0.get()).as_str(), &*heir.supervisor) };
    let code = if panic_text.is_empty() { InitError::Faulted.code() } else { InitError::Panicked.code() };
    if supervisor.given().parameters.last_gasp == Some(LastGasp::Twice) {
        panic!("asked for by the boot parameter last-gasp");
    }
    if let Some(line) = &mut heir.line {
        let [ip, ..] = message.msg;
        tell_host(line, supervisor, &Event::InitError { code, detail: ip });
    }
    let Some(uart) = &mut heir.console else { return };
    // Writing to a UART cannot fail.
    let _ = writeln!(uart, "\n{code} {}", code.text());
    if panic_text.is_empty() {
        // Of a user exception the second word is the stack pointer, and the fourth the exception's number.
        let [ip, address, _, number] = message.msg;
        let label = message.info.label();
        let exception = label == sel4::abi::fault_label::USER_EXCEPTION;
        let (what, value) = if exception { ("exception", number) } else { ("address", address) };
        let _ = writeln!(uart, "  fault {label} at {ip:#x}, {what} {value:#x}");
    } else {
        let _ = writeln!(uart, "  {panic_text}");
    }
    let _ = writeln!(uart, "  {}\n  last events:", code.hint());
    for (time, event) in supervisor.services().journal.recent().iter() {
        let micros = time.as_micros();
        let _ = writeln!(
            uart,
            "  [{:5}.{:03} ms] {}",
            micros / 1000,
            micros % 1000,
            words(supervisor.services().plan, event)
        );
    }
}

/// What Init was sending when it ended is a damaged frame, which ends here.
fn tell_host(line: &mut Uart, supervisor: &Supervisor, event: &Event<'_>) {
    let mut record = [0; MAX_RECORD];
    let mut out = [0; MAX_FRAME];
    // It fits.
    let sequence = supervisor.services().journal.ring().next_sequence();
    let time = supervisor.services().clock.now().as_micros();
    let bytes = event.encode(sequence, time, &mut record).unwrap_or(&[]);
    let len = frame(Body::Event(bytes), &mut out).unwrap_or(0);
    line.put(0);
    for byte in &out[..len] {
        line.put(*byte);
    }
}
