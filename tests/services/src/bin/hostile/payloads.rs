// SPDX-License-Identifier: BSD-2-Clause
//! Payloads that are almost right: for each operation a good one, cut short at every byte, with every bit of its head
//! turned, with something behind it, and with lengths that promise more than there is.

use partenza_protocol::control::{
    Component, Emit, HealthReport, Hello, Level, Provided, ServiceReady, Stopped,
};
use partenza_protocol::request::{GrantsOf, LogFrom, Page, Target};
use partenza_protocol::{ABI, Op, encode};
use partenza_service::{Context, Peer};
use sel4_microkit::{MessageInfo, with_msg_bytes_mut};
use serde::Serialize;

/// Words in a message at most, and its bytes.
const WORDS: usize = 120;
const BYTES: usize = WORDS * 8;
/// Bytes at the beginning of a payload whose bits are turned.
const HEAD: usize = 12;

struct Attempts {
    supervisor: Peer,
    sent: u32,
    /// How often the Supervisor said ok.
    taken: u32,
}

impl Attempts {
    fn send(&mut self, op: Op, payload: &[u8], words: usize) {
        with_msg_bytes_mut(|bytes| {
            bytes[..BYTES].fill(0);
            bytes[..payload.len()].copy_from_slice(payload);
        });
        let answer = self.supervisor.channel().pp_call(MessageInfo::new(op.label(), words));
        self.sent += 1;
        self.taken += u32::from(answer.label() == 0);
    }

    /// None of what this makes of a good payload is one.
    fn vary<T: Serialize>(&mut self, op: Op, value: &T) {
        let mut good = [0; BYTES];
        let Ok(used) = encode(value, &mut good) else { return };
        let whole = used.div_ceil(8);
        // Cut short, in whole words, as messages come.
        for words in 0..whole {
            self.send(op, &good[..words * 8], words);
        }
        // Something behind it.
        self.send(op, &good[..used], whole + 1);
        self.send(op, &good[..used], WORDS);
        let mut other = good;
        other[BYTES - 1] = 1;
        self.send(op, &other, WORDS);
        // Another version.
        other = good;
        other[0] ^= 0xff;
        self.send(op, &other[..used], whole);
        // Every length that there may be is as large as can be, for all that is behind it.
        for at in 1..used.min(HEAD) {
            other = good;
            other[at..at + 10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
            self.send(op, &other, WORDS);
            other[at + 9] = 0xff;
            self.send(op, &other, WORDS);
        }
    }
}

pub fn attack(context: &Context) {
    let startup = context.startup();
    let mut attempts = Attempts { supervisor: context.supervisor(), sent: 0, taken: 0 };
    let name = "witness";
    let provided = Provided { interface: "test/other", version: "1.0.0" };
    let provides = &[provided; 8][..];
    let component = Component { name, healthy: true, message: "well" };
    let components = &[component; 8][..];
    attempts.vary(Op::Hello, &Hello { secret: startup.secret(), abi: ABI });
    attempts.vary(Op::Ready, &ServiceReady { name, endpoint: Some(1), version: "0.1.0", provides });
    attempts.vary(
        Op::Health,
        &HealthReport { probe: 7, healthy: false, uptime: u64::MAX, last_error: "none", components },
    );
    attempts.vary(Op::Stopped, &Stopped { code: -1 });
    attempts.vary(Op::Emit, &Emit { level: Level::Error, text: "a line of another" });
    attempts.vary(Op::List, &Page { from: 300 });
    attempts.vary(Op::BootReport, &Page { from: 300 });
    attempts.vary(Op::Log, &LogFrom { sequence: 300_000 });
    attempts.vary(Op::Grants, &GrantsOf { name, from: 300 });
    for op in [Op::Status, Op::Audit] {
        attempts.vary(op, &Target { name });
    }
    for op in Op::ALL.iter().filter(|op| !op.allowed_by_default()) {
        attempts.vary(*op, &Target { name });
    }
    // No payload belongs to these.
    for op in [Op::Next, Op::ReadyToStop, Op::Version, Op::Uptime] {
        attempts.send(op, &[1], 1);
        attempts.send(op, &[0xff; BYTES], WORDS);
    }
    let Attempts { sent, taken, .. } = attempts;
    context.log(Level::Info, format_args!("sent {sent}, taken {taken}"));
}
