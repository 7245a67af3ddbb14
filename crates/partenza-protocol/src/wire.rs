// SPDX-License-Identifier: BSD-2-Clause
//! Labels, permissions, and how a value becomes the payload of a message and back.

use serde::{Deserialize, Serialize};

use crate::VERSION;

/// First label of ours. Fault labels and IPC errors of every kernel lie below (SPEC I-4).
pub const LABEL_BASE: u64 = 64;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal, $default:literal;)*) => {
        /// An operation of the supervisor channel; the message's label is `64 +` its number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name = $value,)* }

        impl Op {
            pub const ALL: &'static [Op] = &[$(Op::$name),*];

            #[must_use]
            pub const fn from_label(label: u64) -> Option<Op> {
                $(if label == LABEL_BASE + $value { return Some(Op::$name); })*
                None
            }

            /// The name by which manifests and `partenza.yaml` ask for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => $text,)* }
            }

            #[must_use]
            pub fn from_name(name: &str) -> Option<Op> {
                match name { $($text => Some(Op::$name),)* _ => None }
            }

            /// Whether a service may do this although no grant names it.
            #[must_use]
            pub const fn allowed_by_default(self) -> bool {
                match self { $(Op::$name => $default,)* }
            }
        }
    };
}

operations! {
    /// Payload [`crate::control::Hello`], answer [`crate::control::Welcome`].
    Hello = 0, "hello", true;
    /// Payload [`crate::control::ServiceReady`], empty answer.
    Ready = 1, "ready", true;
    /// No payload, answer [`crate::control::Directive`].
    Next = 2, "next", true;
    /// Payload [`crate::control::HealthReport`], empty answer.
    Health = 3, "health", true;
    /// No payload, empty answer: the service has put its house in order (SPEC M-1).
    ReadyToStop = 4, "ready-to-stop", true;
    /// Payload [`crate::control::Stopped`], empty answer: the service does nothing more.
    Stopped = 5, "stopped", true;
    /// Payload [`crate::control::Emit`], empty answer: a line for the event log.
    Emit = 6, "emit", true;
    /// Payload [`crate::control::ChildFault`], empty answer: a fault of a child is left to the Supervisor (SPEC J-3).
    ChildFault = 7, "child-fault", true;
    /// Payload [`crate::request::Page`], answer [`crate::request::ListPage`].
    List = 16, "list", true;
    /// Payload [`crate::request::Target`], answer [`crate::request::Status`].
    Status = 17, "status", true;
    /// Payload [`crate::request::LogFrom`], answer [`crate::request::LogPage`] and its records.
    Log = 18, "log", true;
    /// Payload [`crate::request::GrantsOf`], answer [`crate::request::GrantsPage`].
    Grants = 19, "grants", true;
    /// Payload [`crate::request::Page`], answer [`crate::request::BootPage`].
    BootReport = 20, "boot", true;
    /// No payload, answer [`crate::request::Version`].
    Version = 21, "version", true;
    /// No payload, answer [`crate::request::Uptime`].
    Uptime = 22, "uptime", true;
    /// Payload [`crate::request::Lookup`], answer [`crate::request::Found`]; waits for a service that it starts.
    Lookup = 23, "lookup", true;
    /// Payload [`crate::request::Subscribe`], empty answer: signals for new events, or no more.
    Subscribe = 24, "subscribe", true;
    /// Payload [`crate::request::Target`], answer [`crate::request::Audit`].
    Audit = 25, "audit", true;
    Start = 32, "start", false;
    Stop = 33, "stop", false;
    Restart = 34, "restart", false;
    Enable = 35, "enable", false;
    Disable = 36, "disable", false;
    /// No payload, empty answer; the system goes down in order (SPEC M).
    Shutdown = 37, "shutdown", false;
    Reboot = 38, "reboot", false;
    /// Payload [`crate::request::Spawn`], empty answer: starts a service on demand with other arguments.
    Spawn = 39, "spawn", false;
    /// Payload [`crate::request::Switch`], empty answer: another provider takes an interface over (SPEC S-2).
    Switch = 40, "switch", false;
    /// Payload [`crate::request::Grant`], empty answer: gives a client a call that the plan foresees (SPEC F-7).
    Grant = 41, "grant", false;
    /// Payload [`crate::request::Revoke`], empty answer: takes such calls away again.
    Revoke = 42, "revoke", false;
    /// Payload [`crate::request::Deliver`], empty answer: a piece of a program that comes after the boot (SPEC D-6).
    Deliver = 43, "deliver", false;
    /// Payload and answer as for [`Op::Log`], whose records have no registers of crashed services for other services.
    Registers = 44, "registers", false;
    /// Payload [`crate::request::Target`], empty answer: tells the service to touch address 0. A debug aid.
    Crash = 63, "crash", false;
}

impl Op {
    #[must_use]
    pub const fn label(self) -> u64 {
        LABEL_BASE + self as u64
    }
}

/// The set of operations that one service may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "archive",
    derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize),
    rkyv(derive(Clone, Copy, Debug))
)]
pub struct Permissions(pub u64);

#[cfg(feature = "archive")]
impl ArchivedPermissions {
    #[must_use]
    pub const fn allows(self, op: Op) -> bool {
        Permissions(self.0.to_native()).allows(op)
    }
}

impl Permissions {
    /// What every service may do.
    #[must_use]
    pub fn by_default() -> Self {
        Op::ALL.iter().filter(|op| op.allowed_by_default()).fold(Self(0), |p, op| p.with(*op))
    }

    #[must_use]
    pub const fn with(self, op: Op) -> Self {
        Self(self.0 | 1 << op as u8)
    }

    #[must_use]
    pub const fn allows(self, op: Op) -> bool {
        self.0 & (1 << op as u8) != 0
    }
}

/// The payload is too short, too long, of another version, or not the type that its label promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedMessage;

/// Writes `value` as a payload and returns its length in bytes. The rest of the last 8-byte word is zeroed.
///
/// # Errors
/// The buffer is too small, or not a whole number of words.
pub fn encode<T: Serialize>(value: &T, buffer: &mut [u8]) -> Result<usize, MalformedMessage> {
    let (version, body) = buffer.split_first_mut().ok_or(MalformedMessage)?;
    *version = VERSION;
    let used = 1 + postcard::to_slice(value, body).map_err(|_| MalformedMessage)?.len();
    let end = used.next_multiple_of(8);
    buffer.get_mut(used..end).ok_or(MalformedMessage)?.fill(0);
    Ok(used)
}

/// The longest beginning of `text` that has at most `bytes` bytes, in whole characters.
#[must_use]
pub fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    loop {
        match text.get(..end) {
            Some(beginning) => return beginning,
            None => end -= 1,
        }
    }
}

/// Reads a payload that came in whole words: version byte, value, at most seven zero bytes.
///
/// # Errors
/// See [`MalformedMessage`].
pub fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, MalformedMessage> {
    let (value, rest) = decode_prefix(payload)?;
    padding(rest)?;
    Ok(value)
}

/// What may follow a message's last value.
fn padding(rest: &[u8]) -> Result<(), MalformedMessage> {
    if rest.len() < 8 && rest.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(MalformedMessage) }
}

/// In place of the list at a message's end: how many items it has. They follow, and are looked at one by one, because
/// the largest list that may come is larger than what it takes to move it about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count(usize);

impl Count {
    /// Gives the items in `rest` to `each`.
    ///
    /// # Errors
    /// There are more than `max` of them, or see [`MalformedMessage`].
    pub fn read<'a, T: Deserialize<'a>>(
        self,
        max: usize,
        mut rest: &'a [u8],
        mut each: impl FnMut(T),
    ) -> Result<(), MalformedMessage> {
        if self.0 > max {
            return Err(MalformedMessage);
        }
        for _ in 0..self.0 {
            let (item, behind) = postcard::take_from_bytes(rest).map_err(|_| MalformedMessage)?;
            each(item);
            rest = behind;
        }
        padding(rest)
    }

    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// As [`decode`], for messages in which records follow the value; returns what is left.
///
/// # Errors
/// See [`MalformedMessage`].
pub fn decode_prefix<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<(T, &'a [u8]), MalformedMessage> {
    match payload.split_first() {
        Some((&VERSION, body)) => postcard::take_from_bytes(body).map_err(|_| MalformedMessage),
        _ => Err(MalformedMessage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_distinct_label_above_all_fault_labels() {
        for op in Op::ALL {
            assert!(op.label() >= LABEL_BASE);
            assert_eq!(Op::from_label(op.label()), Some(*op));
            assert_eq!(Op::from_name(op.name()), Some(*op));
        }
        assert_eq!(Op::from_label(5), None);
        assert_eq!(Op::from_label(u64::MAX), None);
    }

    #[test]
    fn state_changing_operations_are_not_allowed_by_default() {
        let p = Permissions::by_default();
        for op in [
            Op::Start,
            Op::Stop,
            Op::Restart,
            Op::Shutdown,
            Op::Reboot,
            Op::Spawn,
            Op::Switch,
            Op::Grant,
            Op::Revoke,
            Op::Deliver,
            Op::Crash,
        ] {
            assert!(!p.allows(op));
            assert!(p.with(op).allows(op));
        }
        assert!(p.allows(Op::Status));
    }

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        assert_eq!(cut("abc", 9), "abc");
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("é", 1), "");
    }

    #[test]
    fn a_list_is_read_item_by_item_as_it_would_be_read_whole() {
        let mut buffer = [0u8; 32];
        let used = encode(&(7u32, &["one", "two", "three"][..]), &mut buffer).unwrap();
        let payload = &buffer[..used.next_multiple_of(8)];
        let read = |payload, max| {
            let (head, rest) = decode_prefix::<(u32, Count)>(payload)?;
            let mut items = heapless::Vec::<usize, 4>::new();
            head.1.read(max, rest, |item: &str| items.push(item.len()).unwrap())?;
            Ok((head.0, head.1.get(), items))
        };
        assert_eq!(read(payload, 3), Ok((7, 3, heapless::Vec::from([3, 3, 5]))));
        assert_eq!(read(payload, 2), Err(MalformedMessage), "more than there may be");
        assert_eq!(read(&payload[..payload.len() - 8], 3), Err(MalformedMessage), "cut off");
        assert_eq!(read(&buffer, 3), Err(MalformedMessage), "a word too many");
        let endless = [VERSION, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert_eq!(read(&endless, usize::MAX), Err(MalformedMessage), "a count without items");
    }

    #[test]
    fn a_payload_with_anything_behind_it_is_malformed() {
        let mut buffer = [0xffu8; 32];
        let used = encode(&7u32, &mut buffer).unwrap();
        assert_eq!(used, 2);
        assert_eq!(decode::<u32>(&buffer[..8]), Ok(7));
        assert_eq!(decode::<u32>(&buffer[..16]), Err(MalformedMessage));
        buffer[7] = 1;
        assert_eq!(decode::<u32>(&buffer[..8]), Err(MalformedMessage));
        assert_eq!(decode::<u32>(&[]), Err(MalformedMessage));
        assert_eq!(decode::<u32>(&[VERSION + 1, 7]), Err(MalformedMessage));
    }
}
