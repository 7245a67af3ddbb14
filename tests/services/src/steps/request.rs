// SPDX-License-Identifier: BSD-2-Clause
//! Steps that ask the Supervisor for an operation.

use partenza_protocol::Op;
use partenza_protocol::control::{Component, Emit, HealthReport, MAX_TEXT};
use partenza_protocol::request::{GrantsOf, LogFrom, Page, Subscribe, Target};
use partenza_service::{Code, Context, Level, ServiceError};

/// What `emit` takes its lines from.
const LINE: &str = match core::str::from_utf8(&[b'x'; MAX_TEXT]) {
    Ok(line) => line,
    Err(_) => "",
};
pub fn number(text: &str) -> Result<u32, Code> {
    text.parse().map_err(|_| ServiceError::BadArgument.code())
}

/// `OPERATION` or `OPERATION:SERVICE`, asked of the Supervisor.
pub fn request(context: &Context, what: &str) -> Result<(), Code> {
    let (word, object) = match what.split_once(':') {
        None => (what, None),
        Some((word, object)) => (word, Some(object)),
    };
    let op = Op::from_name(word).ok_or(ServiceError::BadArgument.code())?;
    let supervisor = context.supervisor();
    match (op, object) {
        (Op::List | Op::BootReport, None) => supervisor.tell(op.label(), &Page { from: 0 }),
        (Op::Log | Op::Registers, sequence) => {
            let sequence = sequence.map_or(Ok(0), number)?.into();
            supervisor.tell(op.label(), &LogFrom { sequence })
        }
        (Op::Grants, Some(name)) => supervisor.tell(op.label(), &GrantsOf { name, from: 0 }),
        (Op::Subscribe, None) => supervisor.tell(op.label(), &Subscribe { on: false }),
        (Op::Emit, Some(length)) => {
            let text = LINE.get(..number(length)? as usize).ok_or(ServiceError::BadArgument.code())?;
            supervisor.tell(op.label(), &Emit { level: Level::Info, text })
        }
        (Op::Health, None) => {
            let components: &[Component<'_>] = &[];
            let report = HealthReport { probe: 0, healthy: true, uptime: 0, last_error: "", components };
            supervisor.tell(op.label(), &report)
        }
        (_, None) => supervisor.signal(op.label()),
        (_, Some(name)) => supervisor.tell(op.label(), &Target { name }),
    }
}
