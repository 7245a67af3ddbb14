// SPDX-License-Identifier: BSD-2-Clause
//! Calls that most services of the reference system make.

use partenza_interfaces::decisions::{DECIDE, Question, Verdict};
use partenza_interfaces::log::{APPEND, Append, Appended, MAX_PAYLOAD};
use partenza_protocol::Code;
use partenza_protocol::wire::cut;

use crate::Context;

/// Asks `policy/decisions` whether this service may do that.
///
/// # Errors
/// See [`crate::Peer`].
pub fn allowed(context: &Context, action: &str, object: &str) -> Result<bool, Code> {
    let verdict: Verdict = context.peer("policy/decisions")?.ask(DECIDE, &Question { action, object })?;
    Ok(matches!(verdict, Verdict::Allowed { .. }))
}

/// Appends a line to `axiom/log`, cut to what an entry holds.
///
/// # Errors
/// See [`crate::Peer`].
pub fn record(context: &Context, text: &str) -> Result<Appended, Code> {
    let payload = cut(text, MAX_PAYLOAD).as_bytes();
    context.peer("axiom/log")?.ask(APPEND, &Append { payload })
}
