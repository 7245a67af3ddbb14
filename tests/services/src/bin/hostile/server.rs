// SPDX-License-Identifier: BSD-2-Clause
//! What a server can do to its clients, and a driver to itself.

use core::arch::asm;

use partenza_protocol::Op;
use partenza_protocol::control::{Component, Directive, HealthReport, Stopped};
use partenza_service::{Answered, Call, Code, Context, Level, ServiceError, crash, give_up};
use partenza_test_services::{COUNT, spin};
use sel4::sys::number;
use sel4_microkit::slots;

/// The channel whose interrupt is the PIT's, and its ports.
const PIT: u64 = 20;
const CHANNEL: u16 = 0x40;
const COMMAND: u16 = 0x43;
/// Of a feint, two instructions each.
const ROUNDS: u64 = 10_000_000;
/// Channel 0, both bytes, a pulse each so many ticks.
const RATE: u8 = 0x34;
const PER_MILLISECOND: u16 = 1193;

/// Waits where nothing ever comes: a call without the right to be answered.
pub fn sleep(context: &Context) -> ! {
    let channel = context.supervisor().channel().index() as u64;
    let endpoint = sel4::cap::Endpoint::from_bits(slots::BASE_OUTPUT_NOTIFICATION + channel);
    endpoint.call(sel4::MessageInfo::new(0, 0, 0, 0));
    context.log(Level::Error, format_args!("was answered"));
    spin()
}

pub fn answer(context: &Context, how: &str, call: &mut Call<'_>) -> Result<Answered, Code> {
    match how {
        "twice" => {
            // The right answer, then the loop's own, which is another one.
            let number: u32 = call.request()?;
            sel4_microkit::set_mr(0, u64::from(partenza_protocol::VERSION) | u64::from(number) << 8);
            sel4::with_ipc_buffer_mut(|buffer| sel4::reply(buffer, sel4::MessageInfo::new(0, 0, 0, 1)));
            call.answer(&99u32)
        }
        "spin" => spin(),
        "sleep" => sleep(context),
        _ => call.unknown(),
    }
}

/// Answers the Supervisor as it should and its clients never: their calls are forgotten with the next receive.
pub fn drop_calls(context: &Context) -> ! {
    let input = sel4::cap::Endpoint::from_bits(slots::INPUT);
    let own = 1 << context.supervisor().channel().index();
    loop {
        let (_, badge) = input.recv(());
        if badge & own != 0 && badge < 1 << sel4_microkit::MAX_CHANNELS {
            follow(context);
        }
    }
}

fn follow(context: &Context) {
    let supervisor = context.supervisor();
    while let Ok(directive) = supervisor.get(Op::Next.label()) {
        let _ = match directive {
            Directive::Nothing | Directive::Changed(_) => return,
            Directive::Probe(probe) => {
                let components: &[Component<'_>] = &[];
                let report = HealthReport { probe, healthy: true, uptime: 0, last_error: "", components };
                supervisor.tell(Op::Health.label(), &report)
            }
            Directive::PrepareStop => supervisor.signal(Op::ReadyToStop.label()),
            Directive::Stop => supervisor.tell(Op::Stopped.label(), &Stopped { code: 0 }),
            Directive::Crash => crash(0),
        };
    }
}

/// The client: asks with a number and wants it back.
pub fn ask(context: &Context, count: &str) {
    let (Ok(count), Ok(server)) = (count.parse::<u32>(), context.peer("test/hostage")) else {
        give_up(context, ServiceError::BadArgument.code());
    };
    for number in 1..=count {
        match server.ask::<_, u32>(COUNT, &number) {
            Ok(answer) if answer == number => {}
            Ok(answer) => {
                return context.log(Level::Error, format_args!("asked {number}, answered {answer}"));
            }
            Err(code) => return context.log(Level::Info, format_args!("asked {number}, answered {code}")),
        }
    }
    context.log(Level::Info, format_args!("asked {count}, all answered right"));
}

/// Stands nowhere near a system call, with the registers of one.
pub fn feint(context: &Context, interface: &str) {
    let Ok(server) = context.peer(interface) else { give_up(context, ServiceError::BadArgument.code()) };
    let cptr = slots::BASE_OUTPUT_ENDPOINT + server.channel().index() as u64;
    // SAFETY: counts down, and nothing else.
    unsafe {
        asm!("2:", "dec rcx", "jnz 2b",
            inout("rcx") ROUNDS => _, in("rdx") number::Call, in("rdi") cptr, options(nomem, nostack));
    }
    context.log(Level::Info, format_args!("was left alone"));
}

/// Has the PIT interrupt once a millisecond.
pub fn listen() {
    let ports = sel4::cap::IOPort::from_bits(slots::BASE_IOPORT);
    let [low, high] = PER_MILLISECOND.to_le_bytes();
    for (port, value) in [(COMMAND, RATE), (CHANNEL, low), (CHANNEL, high)] {
        // The range covers both ports.
        let _ = ports.ioport_out8(port, value);
    }
}

/// After the last wanted interrupt it unhooks them, which it may, and dies: the next life must hear them again.
pub fn alarm(context: &Context, count: u32, wanted: &str) {
    if Ok(count) != wanted.parse() {
        return;
    }
    context.log(Level::Info, format_args!("heard {count}"));
    let handler = sel4::cap::IrqHandler::from_bits(slots::BASE_IRQ + PIT);
    if handler.irq_handler_clear().is_ok() {
        context.log(Level::Info, format_args!("unhooked"));
        crash(0)
    }
}
