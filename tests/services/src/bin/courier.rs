// SPDX-License-Identifier: BSD-2-Clause
//! Delivers a program that it carries (SPEC D-6), rightly or wrongly, as its arguments say, one after the other, once it is
//! ready. A test puts the program into its ELF file, behind [`MARK`].
//!
//! | step | does |
//! |---|---|
//! | `deliver:SERVICE` | delivers it whole |
//! | `flip:SERVICE` | with one bit of its middle flipped |
//! | `short:SERVICE`, `long:SERVICE` | without its last byte; with one more |
//! | `open:SERVICE` | without the word that its last piece is the last one |
//! | `gap:SERVICE` | without its second piece |
//! | `back:SERVICE` | its second piece twice |
//! | `later:SERVICE` | from its second piece on |
//! | `empty:SERVICE` | a piece of nothing |
//! | `half:SERVICE` | its first half, and no more |
//! | `crash` | touches address 0 |
//! | else | see [`partenza_test_services::steps`] |
//!
//! It says `flip:witness answered PZ-E0807`.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::hint::black_box;

use partenza_protocol::Op;
use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use partenza_service::{Code, Context, Delivery, Level, Service, crash, give_up, serve};
use partenza_test_services::steps::perform;
use sel4_microkit::{Handler, protection_domain};

/// What the test looks for: this, the program's length (u32, little endian), then room for the program.
const MARK: [u8; 16] = *b"courier's cargo:";
const ROOM: usize = 32 << 10;
/// Longer than the program by one, for what is too long.
static CARGO: [u8; 20 + ROOM] = {
    let mut cargo = [0; 20 + ROOM];
    let mut at = 0;
    while at < MARK.len() {
        cargo[at] = MARK[at];
        at += 1;
    }
    cargo
};

/// The program, and one byte behind it. What the test wrote there the compiler must not believe to know.
fn cargo() -> (&'static [u8], &'static [u8]) {
    let cargo = black_box(&CARGO);
    let length = u32::from_le_bytes([cargo[16], cargo[17], cargo[18], cargo[19]]) as usize;
    (&cargo[20..20 + length], &cargo[20..20 + length + 1])
}

/// One piece, whatever it is.
fn send(context: &Context, service: &str, offset: usize, bytes: &[u8], last: bool) -> Result<(), Code> {
    let piece = Deliver { service, offset: offset as u32, bytes, last };
    context.supervisor().tell(Op::Deliver.label(), &piece)
}

fn step(context: &Context, word: &str, service: &str) -> Option<Result<(), Code>> {
    let (program, longer) = cargo();
    let all_but_one = &program[..program.len() - 1];
    let second = MAX_DELIVERED..2 * MAX_DELIVERED;
    let middle = program.len() / 2;
    let piece = |range: core::ops::Range<usize>| send(context, service, range.start, &program[range], false);
    let mut delivery = Delivery::of(context, service);
    Some(match word {
        "deliver" => delivery.finish(program),
        "flip" => {
            let flipped = [program[middle] ^ 0x10];
            let pieces = [&program[..middle], &flipped];
            let sent = pieces.iter().try_for_each(|bytes| delivery.write(bytes));
            sent.and_then(|()| delivery.finish(&program[middle + 1..]))
        }
        "short" => delivery.finish(all_but_one),
        "long" => delivery.finish(longer),
        "open" => delivery.write(program),
        "gap" => piece(0..second.start).and_then(|()| piece(second.end..second.end + 1)),
        "back" => piece(0..second.start).and_then(|()| piece(second.clone())).and_then(|()| piece(second)),
        "later" => piece(second),
        "empty" => piece(0..0),
        "half" => delivery.write(&program[..middle]),
        _ => return None,
    })
}

struct Courier;

impl Service for Courier {
    fn started(&mut self, context: &Context) {
        for words in context.startup().args() {
            let (word, service) = words.split_once(':').unwrap_or((words, ""));
            match step(context, word, service) {
                Some(Ok(())) => context.log(Level::Info, format_args!("{words} answered ok")),
                Some(Err(code)) => context.log(Level::Info, format_args!("{words} answered {code}")),
                None if word == "crash" && service.is_empty() => crash(0),
                None => {
                    if let Err(code) = perform(context, words) {
                        give_up(context, code);
                    }
                }
            }
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Courier)
}
