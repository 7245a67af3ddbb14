// SPDX-License-Identifier: BSD-2-Clause
//! What can be told of the Supervisor's costs from outside, by the TSC.

use super::request;
use crate::{TICKS, tsc};
use partenza_service::{Code, Context, Level};

/// More ticks than a look at the TSC takes.
const LOOK: u64 = 50;

/// Ten times the same request.
pub fn time(context: &Context, request: &str) -> Result<(), Code> {
    let (mut least, mut most) = (u64::MAX, 0);
    for _ in 0..10 {
        let begin = tsc();
        request::request(context, request)?;
        let took = tsc().wrapping_sub(begin);
        (least, most) = (least.min(took), most.max(took));
    }
    context.log(Level::Info, format_args!("time:{request} took {least} to {most}"));
    Ok(())
}

/// What a request takes of the processor, with what it sets off: an answer is an answer, whatever it says.
pub fn cost(context: &Context, request: &str) -> Result<(), Code> {
    let mut most = 0;
    for _ in 0..3 {
        let begin = tsc();
        // One that is refused costs, too.
        let _ = request::request(context, request);
        let called = tsc().wrapping_sub(begin);
        most = most.max(called + pauses(3).total);
    }
    context.log(Level::Info, format_args!("cost:{request} took {most}"));
    Ok(())
}

/// Times in which somebody else had the processor.
struct Pauses {
    longest: u64,
    total: u64,
    count: u32,
}

fn pauses(milliseconds: u64) -> Pauses {
    let begin = tsc();
    let (mut last, mut pauses) = (begin, Pauses { longest: 0, total: 0, count: 0 });
    while last.wrapping_sub(begin) < milliseconds.saturating_mul(TICKS) {
        let now = tsc();
        let pause = now.wrapping_sub(last);
        last = now;
        if pause > LOOK {
            pauses.longest = pauses.longest.max(pause);
            pauses.total += pause;
            pauses.count += 1;
        }
    }
    pauses
}

/// Pauses between two looks at the TSC, longer than a look takes: somebody else had the processor.
pub fn watch(context: &Context, milliseconds: u64) {
    let Pauses { longest, total, count } = pauses(milliseconds);
    context.log(
        Level::Info,
        format_args!("watch:{milliseconds} lost {longest} at most, {total} in all, {count} times"),
    );
}
