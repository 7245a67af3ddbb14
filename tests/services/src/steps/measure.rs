// SPDX-License-Identifier: BSD-2-Clause
//! What can be told of the Supervisor's costs from outside, by the TSC.

use crate::{TICKS, tsc};
use partenza_service::{Code, Context, Level};

/// More ticks than a look at the TSC takes.
const LOOK: u64 = 50;

/// Ten times the same request.
pub fn time(context: &Context, request: &str) -> Result<(), Code> {
    let (mut least, mut most) = (u64::MAX, 0);
    for _ in 0..10 {
        let begin = tsc();
        super::request(context, request)?;
        let took = tsc().wrapping_sub(begin);
        (least, most) = (least.min(took), most.max(took));
    }
    context.log(Level::Info, format_args!("time:{request} took {least} to {most}"));
    Ok(())
}

/// Pauses between two looks at the TSC, longer than a look takes: somebody else had the processor.
pub fn watch(context: &Context, milliseconds: u64) {
    let begin = tsc();
    let (mut last, mut longest, mut total, mut pauses) = (begin, 0, 0, 0u32);
    while last.wrapping_sub(begin) < milliseconds.saturating_mul(TICKS) {
        let now = tsc();
        let pause = now.wrapping_sub(last);
        last = now;
        if pause > LOOK {
            longest = longest.max(pause);
            total += pause;
            pauses += 1;
        }
    }
    context.log(
        Level::Info,
        format_args!("watch:{milliseconds} lost {longest} at most, {total} in all, {pauses} times"),
    );
}
