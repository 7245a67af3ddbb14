// SPDX-License-Identifier: BSD-2-Clause
//! A service that cannot go on.

use partenza_protocol::Code;
use partenza_protocol::control::Level;

use crate::context::Context;
use crate::fatal::end;

/// Says why in the event log and writes to the address that is the code's number: the fault report carries it.
pub fn give_up(context: &Context, code: Code) -> ! {
    // By hand: a number's formatting code is larger than a small service.
    let mut text = *b"gives up: PZ-E0000";
    let mut rest = code.0;
    for digit in text.iter_mut().rev().take(4) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    context.emit(Level::Error, core::str::from_utf8(&text).unwrap_or(""));
    end(code)
}
