// SPDX-License-Identifier: BSD-2-Clause
//! Errors between services: `PZ-E0701` and up, rows as in [`partenza_protocol::error`] (SPEC H-1).

use core::fmt;

use partenza_protocol::Code;
use partenza_protocol::error::Row;

macro_rules! errors {
    ($($variant:ident = $code:literal: $text:literal, $hint:literal;)*) => {
        /// Why a service refused a call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum ServiceError { $(#[doc = $text] $variant = $code,)* }

        /// All rows, by code.
        pub const TABLE: &[Row] = &[$(Row {
            code: Code($code),
            name: concat!("ServiceError::", stringify!($variant)),
            text: $text,
            hint: $hint,
        },)*];
    };
}

errors! {
    Denied = 701: "the channel does not carry the right that the call needs",
        "grant it in partenza.yaml, `grants: {call: {...: {rights: rw}}}`, if the caller should have it";
    UnknownOperation = 702: "the service has no such operation",
        "caller and service were built for different versions of the interface";
    Malformed = 703: "the call is malformed",
        "see the message layouts in docs/protocol.md";
    NoSuchChannel = 704: "the service has no channel of that name",
        "its manifest and partenza.yaml do not name it: check `requires` and `grants`";
    DeviceAbsent = 705: "there is no device behind the service",
        "add it to the machine, or take the service out of the system";
    DeviceFailed = 706: "the device reported an error",
        "`info NAME` shows its status register";
    OutOfRange = 707: "the call refers to something that does not exist",
        "ask for the size first";
    Full = 708: "the service has no room for more",
        "its limits are constants of its crate";
    ForbiddenByPolicy = 709: "policy forbids it",
        "add a rule to the arguments of `policy`";
    NotSupported = 710: "this release of the service does not do that yet",
        "see CHANGELOG.md";
    BrokenChain = 711: "the event log's hashes do not form a chain",
        "its memory was damaged or tampered with: do not trust what it says";
    NoStartupPage = 712: "the service was started without a startup page",
        "it needs a manifest: a plain Microkit system cannot run it";
    WrongSupervisor = 713: "what answered the handshake is no Supervisor of this release",
        "build the service and the root task from the same sources";
    BadArgument = 714: "an argument of the service is malformed",
        "its crate's documentation lists its arguments";
    RightsIgnored = 715: "a server did what the caller's channel carries no right to",
        "this is a bug in that server: please report it";
}

impl ServiceError {
    #[must_use]
    pub const fn code(self) -> Code {
        Code(self as u16)
    }
}

impl From<ServiceError> for Code {
    fn from(error: ServiceError) -> Code {
        error.code()
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

/// Text and hint of a code, whether a service or the Supervisor gave it.
#[must_use]
pub fn words(code: Code) -> Option<(&'static str, &'static str)> {
    let own = || TABLE.iter().find(|row| row.code == code).map(|row| (row.text, row.hint));
    code.words().or_else(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_from_each_other_and_from_the_protocols() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..i].iter().all(|other| other.code != row.code), "{} twice", row.code);
            assert!(row.code.words().is_none(), "{} is the protocol's", row.code);
            assert!(!row.text.is_empty() && !row.hint.is_empty(), "{}", row.name);
        }
        let denied = TABLE.iter().find(|row| row.name == "ServiceError::Denied").unwrap();
        assert_eq!(words(ServiceError::Denied.code()), Some((denied.text, denied.hint)));
        assert_eq!(words(Code(9999)), None);
    }
}
