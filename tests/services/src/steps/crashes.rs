// SPDX-License-Identifier: BSD-2-Clause
//! What the log tells of crashes, to who reads it.

use partenza_interfaces::Message;
use partenza_protocol::Op;
use partenza_protocol::event::{Event, Record};
use partenza_protocol::request::{LogFrom, LogPage};
use partenza_service::{Code, Context, Level, ServiceError};

/// Reads the whole log by `op`, and says how many crashes it tells of, and how many registers.
pub fn crashes(context: &Context, op: Op) -> Result<(), Code> {
    let malformed = ServiceError::Malformed.code();
    let mut message = Message::default();
    let (mut crashes, mut registers, mut sequence) = (0, 0, 0);
    loop {
        message.put(&LogFrom { sequence }).map_err(|_| malformed)?;
        context.supervisor().exchange(op.label(), &mut message)?;
        let (page, mut rest): (LogPage, &[u8]) = message.get_prefix().map_err(|_| malformed)?;
        for _ in 0..page.count {
            let (record, behind) = postcard::take_from_bytes::<Record<'_>>(rest).map_err(|_| malformed)?;
            rest = behind;
            if let Event::Crashed { fault, .. } = record.event {
                crashes += 1;
                registers += fault.registers.len();
            }
        }
        if page.count == 0 {
            break;
        }
        sequence = page.next;
    }
    context.log(Level::Info, format_args!("{} tells {crashes} crashes, {registers} registers", op.name()));
    Ok(())
}
