// SPDX-License-Identifier: BSD-2-Clause
//! A parent of other protection domains (SPEC J-3). The first argument is a letter for each fault of a child, the last
//! for all that follow; `,` parts one incarnation from the next, the last for all that follow.
//!
//! | letter | does |
//! |---|---|
//! | `p` | passes the fault on |
//! | `t` | passes it on twice |
//! | `g` | lets the child go on behind an instruction of two bytes |
//! | `s` | lets it stand |
//! | `x` | touches address 0 |
//! | `r` | lets it stand and answers it itself, with the registers of its thread |
//!
//! It says `child ID fault LABEL: LETTER`. The other arguments are steps, once it is ready:
//!
//! | step | does |
//! |---|---|
//! | `wait:MILLISECONDS` | a busy pause |
//! | `claim:ID` | passes on a fault of a child of this id, and says what that was answered |
//! | `suspend:ID`, `resume:ID` | what it says, to the thread of the child |
//! | `resumes:ID=COUNT` | so often |
//! | `grab:ID` | everything with the thread that would widen what it has, and says what was done |
//! | `crash` | touches address 0 |
//!
//! `STEP@N` is for its N-th incarnation alone.
#![no_std]
#![no_main]

use partenza_service::{Code, Context, Fate, Level, Service, ServiceError, crash, give_up, serve};
use partenza_test_services::wait;
use sel4::sys::{Kind, Registers, label, number, syscall};
use sel4_microkit::{Child, Handler, MessageInfo, get_mr, protection_domain, set_mr, slots};

struct Parent {
    faults: usize,
}

/// Bytes of `ud2` and of a system call.
const INSTRUCTION: u64 = 2;
/// Slots of its CSpace.
const CAPS: u64 = 256;
/// Every priority that there is.
const TOP: u64 = 255;

/// The letter for the fault of this number.
fn letter(context: &Context, fault: usize) -> u8 {
    let argument = context.startup().args().next().unwrap_or("");
    let nth = context.incarnation().0.saturating_sub(1) as usize;
    let letters = argument.split(',').nth(nth).or_else(|| argument.split(',').next_back()).unwrap_or("");
    let letters = letters.as_bytes();
    letters.get(fault).or(letters.last()).copied().unwrap_or(b's')
}

/// Invokes, with these capabilities, and gives the answer's label.
fn invoke(slot: u64, label: u32, caps: [u64; 3], words: [u64; 4], length: usize) -> u64 {
    sel4::with_ipc_buffer_mut(|buffer| {
        buffer.caps_or_badges_mut().copy_from_slice(&caps);
        buffer.msg_regs_mut()[4] = 0;
    });
    let info = sel4::MessageInfo::new(u64::from(label), 0, caps.len(), length).into_word();
    let input = Registers { cap_or_badge: slot, info, mrs: words };
    // SAFETY: an invocation of a child's thread, or of nothing: none changes this program's own memory.
    let answer = unsafe { syscall(Kind::Call, number::Call, input) };
    sel4::MessageInfo::from_word(answer.info).label()
}

/// SPEC F-3, F-10: another CSpace, VSpace, IPC buffer or notification for the child, and more than its own priority.
fn grab(context: &Context, child: Child) {
    let thread = slots::BASE_CHILD_TCB + child.index() as u64;
    let mut done = 0u32;
    for cap in (0..CAPS).filter(|slot| *slot != slots::FAULT_ENDPOINT) {
        for caps in [[cap; 3], [thread, cap, cap], [cap, thread, thread]] {
            let configured = invoke(thread, label::TCBConfigure, caps, [0, TOP << 8 | TOP, 0, 0], 5);
            let placed = invoke(thread, label::TCBSetSpace, caps, [0; 4], 3);
            let bound = invoke(thread, label::TCBBindNotification, caps, [0; 4], 0);
            done += [configured, placed, bound].into_iter().filter(|answer| *answer == 0).count() as u32;
        }
    }
    let words = [TOP, 0, 0, 0];
    for label in [label::TCBSetPriority, label::TCBSetMCPriority] {
        done += u32::from(invoke(thread, label, [0; 3], words, 1) == 0);
    }
    context.log(Level::Info, format_args!("grab: {done} were done"));
}

fn child(text: &str) -> Result<Child, Code> {
    let id: usize = text.parse().map_err(|_| ServiceError::BadArgument.code())?;
    Ok(Child::new(id))
}

fn perform(context: &Context, step: &str) -> Result<(), Code> {
    let (word, object) = step.split_once(':').unwrap_or((step, ""));
    match word {
        "wait" => wait(object.parse().map_err(|_| ServiceError::BadArgument.code())?),
        "claim" => match context.pass_on(child(object)?, 0) {
            Ok(()) => context.log(Level::Info, format_args!("{step} answered ok")),
            Err(code) => context.log(Level::Info, format_args!("{step} answered {code}")),
        },
        "suspend" => child(object)?.tcb().tcb_suspend().map_err(|_| ServiceError::NotSupported.code())?,
        "resume" => child(object)?.tcb().tcb_resume().map_err(|_| ServiceError::NotSupported.code())?,
        "resumes" => {
            let (id, count) = object.split_once('=').ok_or(ServiceError::BadArgument.code())?;
            let count: u32 = count.parse().map_err(|_| ServiceError::BadArgument.code())?;
            for _ in 0..count {
                child(id)?.tcb().tcb_resume().map_err(|_| ServiceError::NotSupported.code())?;
                wait(1);
            }
        }
        "grab" => grab(context, child(object)?),
        "crash" => crash(0),
        _ => return Err(ServiceError::BadArgument.code()),
    }
    Ok(())
}

impl Service for Parent {
    fn started(&mut self, context: &Context) {
        for arg in context.startup().args().skip(1) {
            let (step, incarnation) = arg.split_once('@').unwrap_or((arg, ""));
            let now = incarnation.is_empty() || incarnation.parse() == Ok(context.incarnation().0);
            if now && let Err(code) = perform(context, step) {
                give_up(context, code);
            }
        }
    }

    fn fault(&mut self, context: &Context, child: Child, fault: MessageInfo) -> Fate {
        let letter = letter(context, self.faults);
        self.faults += 1;
        let (ip, label) = (get_mr(0), fault.label());
        context
            .log(Level::Info, format_args!("child {} fault {label}: {}", child.index(), char::from(letter)));
        match letter {
            b'p' => Fate::PassOn,
            b't' => {
                // The second of them is refused, and it says what the first was answered.
                let _ = perform(context, if child.index() == 1 { "claim:1" } else { "claim:2" });
                Fate::PassOn
            }
            b'g' => {
                set_mr(0, ip + INSTRUCTION);
                Fate::GoesOn(MessageInfo::new(0, 1))
            }
            b'r' => {
                if let Ok(mut registers) = child.tcb().tcb_read_all_registers(false) {
                    *registers.inner_mut().pc_mut() += INSTRUCTION;
                    // A refusal would show: the child would stand.
                    let _ = child.tcb().tcb_write_all_registers(true, &registers);
                }
                Fate::Stays
            }
            b'x' => crash(0),
            _ => Fate::Stays,
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Parent { faults: 0 })
}
