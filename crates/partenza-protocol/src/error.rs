// SPDX-License-Identifier: BSD-2-Clause
//! Everything that can go wrong on the target, with a number that stays (SPEC H-1).
//!
//! A code is what crosses address spaces and what scripts test: `PZ-E0103`. Text and hint come from the one table
//! below, which the documentation's error index is generated from. Codes are never reused or renumbered.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A row's number: `PZ-E` and four digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Code(pub u16);

/// One row of the error table, for documentation.
#[cfg(feature = "names")]
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub code: Code,
    /// `BootError::NoArchive`.
    pub name: &'static str,
    /// What happened.
    pub text: &'static str,
    /// How to mend it.
    pub hint: &'static str,
}

macro_rules! errors {
    ($($(#[$doc:meta])* $ty:ident { $($variant:ident = $code:literal: $text:literal, $hint:literal;)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[repr(u16)]
            pub enum $ty { $(#[doc = $text] $variant = $code,)* }

            impl $ty {
                #[must_use]
                pub const fn code(self) -> Code { Code(self as u16) }
            }

            impl From<$ty> for Code {
                fn from(error: $ty) -> Code { error.code() }
            }

            impl fmt::Display for $ty {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.code().fmt(f) }
            }
        )*

        /// All rows, by code.
        #[cfg(feature = "names")]
        pub const TABLE: &[Row] = &[
            $($(Row {
                code: Code($code),
                name: concat!(stringify!($ty), "::", stringify!($variant)),
                text: $text,
                hint: $hint,
            },)*)*
        ];

        /// A line for each code: number, text and hint with tabs between them. Init carries this: slices of each would take
        /// more than half as much again as what they say.
        const LINES: &str = concat!($($($code, "\t", $text, "\t", $hint, "\n",)*)*);
    };
}

errors! {
    /// Between the kernel's hand-over and BootComplete (SPEC B, D, E, G).
    BootError {
        NoMemory = 101: "the kernel handed over no usable RAM",
            "give the machine more memory (`partenza run --memory 256MiB`)";
        ImpossibleRegion = 102: "a memory region of the kernel's boot information is impossible",
            "the kernel and the root task disagree about BootInfo: build the root task with SEL4_PREFIX set to the kernel that boots";
        NoArchive = 103: "the image carries no archive",
            "this is a bare root task: make an image with `partenza pack`";
        ArchiveTruncated = 104: "the archive is shorter than its header says",
            "the image was cut off on its way: pack and copy it again";
        ArchiveCorrupt = 105: "the archive's checksum does not match",
            "the image was damaged on its way: pack and copy it again";
        ArchiveVersion = 106: "the archive was written by another version of partenza",
            "pack the image with the `partenza` that belongs to this root task";
        PlanMalformed = 107: "the plan cannot be read although its checksum matches",
            "the root task and `partenza` were built from different sources: build both again";
        PlanVersion = 108: "the plan is of another version",
            "pack the image with the `partenza` that belongs to this root task";
        WrongKernel = 109: "the plan was made for another kernel",
            "pack with `--kernel` set to the prefix of the kernel that boots";
        NotEnoughMemory = 110: "the machine has less free memory than the plan needs",
            "give the machine more memory (`partenza run --memory`), or the services less (`resources.memory`)";
        NotEnoughSlots = 111: "the kernel's root CNode has fewer free slots than the plan needs",
            "build the kernel with a larger ROOT_CNODE_SIZE_BITS";
        NoTimer = 112: "neither HPET nor PIT could be set up",
            "the HPET of the plan is not there, and a service has the PIT: take it from that, or name the machine's timer";
        NoHpet = 116: "the HPET of the plan is not there; the PIT wakes Init instead",
            "name the machine's timer in partenza.yaml, `reserved: {timer: pit}`";
        BadParameter = 113: "a boot parameter is unknown or malformed",
            "`partenza explain PZ-E0113` lists the parameters";
        NoRandomness = 114: "the machine offers nothing random: the secrets of services can be guessed",
            "boot on a processor with RDRAND (in QEMU: `-cpu qemu64,+rdrand`), or do not rely on secrets";
        NoClock = 115: "the kernel does not tell the rate of the time stamp counter, and no HPET is there to measure it",
            "use a kernel that tells it, or a machine with an HPET";
        StartupTimeout = 120: "the service did not report ready in time",
            "look at its last messages; raise `health.startup_timeout` if it is only slow";
        ServiceCrashed = 121: "the service crashed before it was ready",
            "the Crashed event tells address and function";
        DependencyNotRunning = 122: "a service that it requires is not running",
            "mend the dependency first, or make the requirement `optional: true`";
        NameMismatch = 123: "the service reported ready under another service's name",
            "the ELF in `entrypoint` belongs to another manifest";
        VersionMismatch = 124: "the service reported another version than its manifest",
            "build the service again, or correct `version` in its manifest";
        InterfaceMismatch = 125: "the service provides other interfaces than its manifest says",
            "make `provides` of the manifest and of the service agree";
        Flooded = 126: "the service sent more messages than allowed before it was ready",
            "a service says Hello, then Ready; log lines before that are limited to 64";
        AbiMismatch = 127: "the service speaks another version of the supervisor interface",
            "build the service with the partenza-service of this release";
        KernelRefused = 128: "the kernel refused an operation while the service was made",
            "the detail names operation and kernel error; this is a bug in the plan, please report it";
        Held = 129: "the service is held by the boot parameter `hold`",
            "boot without `hold`";
        LayerBudget = 130: "the layer took longer than its budget",
            "`partenza blame` shows which service took the time";
        ServiceExited = 131: "the service ended before it was ready",
            "look at its last messages; a service that is done reports ready first";
        EndpointMismatch = 132: "the service reported another channel than the one it serves on",
            "build the service with the startup page's own values, or correct `provides` in partenza.yaml";
    }
    /// While capabilities are handed out (SPEC F).
    GrantError {
        NoSuchDevice = 201: "the machine has no device memory at the address that the plan grants",
            "check `phys_addr` in system.xml against the board";
        IrqRefused = 202: "the kernel refused the interrupt",
            "another holder has it, or the pin does not exist: check `irq` in system.xml";
        MintRefused = 203: "the kernel refused to mint a capability",
            "this is a bug in the plan, please report it";
        MapRefused = 204: "the kernel refused to map a region",
            "this is a bug in the plan, please report it";
    }
    /// In the plan itself, found before anything is made.
    PlanError {
        OutOfRange = 301: "the plan refers to something that it does not contain",
            "the archive was edited, or written by a faulty tool: pack the image again";
        TooManyServices = 302: "the plan holds more services than the root task has room for",
            "the tested limit is 500 services";
    }
    /// Answers to requests (SPEC I-4).
    SupervisorError {
        Denied = 401: "the caller was not granted this operation",
            "grant it in partenza.yaml: `grants: {supervisor: [...]}`";
        UnknownOperation = 402: "no such operation",
            "the caller was built for another version of the supervisor interface";
        Malformed = 403: "the message is malformed",
            "see the message layouts in docs/protocol.md";
        NoSuchService = 404: "no service of that name",
            "`services` in the shell lists them";
        NotRunning = 405: "the service is not running",
            "`status NAME` tells why";
        OutOfState = 406: "the message does not fit the state that the service is in",
            "Hello comes first and once, then Ready once";
        WrongSecret = 407: "the secret is not this incarnation's",
            "read it from the startup page, after every start";
        NotSupported = 408: "this release does not have that operation yet",
            "see CHANGELOG.md";
        NoChannel = 409: "the service has no supervisor channel",
            "give it one: `supervisor_channel: auto` in partenza.yaml";
        DependencyLost = 411: "a service that it requires is down",
            "start that unless it comes back; until then some requests fail";
        Overload = 412: "the service sends more messages than it may",
            "make it wait between requests";
        Crashed = 413: "the service crashed",
            "the Crashed event tells address and function";
        ServerDown = 414: "the server that was called is down",
            "call again later, or ask for `on-dead: repeat` on the channel";
        Hung = 415: "the service did not answer in time and was taken down",
            "raise `health.timeout` if it is only slow; a service at a high priority that never waits starves it";
        NotWell = 416: "the service said that it is not well",
            "the NotWell event before it names what is not: `partenza log`";
        RestartsWith = 417: "a service that it restarts with is restarted",
            "nothing to mend; `restart-with` asks for it";
        Requested = 418: "somebody who may asked for it",
            "nothing to mend";
        RetriesExhausted = 419: "the service was restarted as often as it may be",
            "mend what makes it fail, then `start NAME`; `restart.max` and `restart.window` set the limit";
        Booting = 420: "the boot is not over",
            "ask again after BootComplete";
        CriticalService = 421: "the system cannot do without that service",
            "restart it, or shut the system down";
        Sidecar = 422: "the service is another's sidecar and shares its fate",
            "ask for the module that it belongs to";
        DisabledService = 423: "the service is disabled",
            "`enable NAME` first";
        StormGuard = 424: "the whole system restarts too often",
            "mend what fails; `storm` of partenza.yaml sets the limit";
        NotInRecoverySet = 425: "the service is no part of a recovery boot",
            "a boot that completes ends recovery; `recovery.services` of partenza.yaml lists the set";
        Ended = 426: "the service ended by itself",
            "`restart.policy: always` starts it again";
        TooManySubscribers = 427: "as many services as can be told of events are told already",
            "let one that needs it no more end its subscription";
        NotSpawnable = 428: "the service cannot be spawned",
            "only one with `start: on-demand` can";
        RunsAlready = 429: "the service runs already",
            "stop it first, or plan another";
        Stopping = 430: "the caller is to stop, so it is not made to wait",
            "nothing to mend: its next incarnation may ask again";
        TooManySpawned = 431: "as many spawned services run as can, which is 16",
            "stop one of them first";
        ShuttingDown = 410: "the system is going down",
            "nothing to mend";
    }
    /// While a program is handed over after the boot (SPEC D-6).
    DeliveryError {
        NotDelivered = 801: "the service has no program yet", "hand it over: `partenza deliver NAME FILE`";
        NotAwaited = 802: "the service's program came with the image", "`binary: delivered` in partenza.yaml lets it come later";
        Complete = 803: "the service has its program", "nothing to mend: start it";
        Busy = 804: "another delivery is under way", "try again; one that stands still for 5 s gives way";
        WrongLength = 805: "the program is not as long as planned", "deliver the file that was packed with this image";
        OutOfTurn = 806: "the piece does not follow the last one", "begin again, with the first";
        WrongHash = 807: "the program is not the planned one", "deliver the file that was packed with this image";
        Abandoned = 808: "who delivered the program is gone", "deliver it again";
    }
    /// Answers to lookups (SPEC H-1, S-5).
    LookupError {
        NotFound = 501: "nothing provides that interface", "check `provides` of the manifests";
        NotRunning = 502: "what provides that interface is not running", "`status NAME` tells why";
        NoEndpoint = 503: "what provides that interface has no endpoint", "give it a channel with `pp` in system.xml";
        Denied = 504: "the caller may not have that interface", "grant it in partenza.yaml";
        Circular = 505: "what provides that interface starts only after the caller is ready",
            "look it up after ServiceReady, or let one of the two not require the other";
    }
    /// While the system goes down (SPEC M).
    ShutdownError {
        PrepareTimeout = 601: "the service did not get ready to stop in time",
            "raise `shutdown.prepare_timeout` if it is only slow";
        StopTimeout = 602: "the service did not stop in time and was stopped by force",
            "raise `shutdown.stop_timeout` if it is only slow";
        NoPowerOff = 603: "the platform has no way to power off",
            "the machine is halted instead";
    }
    /// Of Init itself (SPEC B-6).
    InitError {
        Panicked = 901: "Init met a state that its code holds impossible",
            "this is a bug in Partenza: please report the lines above";
        Faulted = 902: "Init itself faulted",
            "this is a bug in Partenza: please report the lines above";
    }
}

impl Code {
    /// Text and hint of this code; `None` for a number that was never given out.
    #[must_use]
    pub fn words(self) -> Option<(&'static str, &'static str)> {
        LINES.split('\n').find_map(|line| {
            let (code, words) = line.split_once('\t')?;
            if code.parse() == Ok(self.0) { words.split_once('\t') } else { None }
        })
    }

    #[must_use]
    pub fn text(self) -> &'static str {
        self.words().map_or("unknown error", |(text, _)| text)
    }

    #[must_use]
    pub fn hint(self) -> &'static str {
        self.words().map_or("", |(_, hint)| hint)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PZ-E{:04}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_own_words() {
        assert_eq!(BootError::NoArchive.code().text(), "the image carries no archive");
        let panicked = InitError::Panicked.code().words();
        assert_eq!(
            panicked.map(|words| words.1),
            Some("this is a bug in Partenza: please report the lines above")
        );
        assert_eq!(Code(9999).words(), None);
        assert_eq!(Code(0).text(), "unknown error");
    }

    #[test]
    #[cfg(feature = "names")]
    fn codes_are_distinct_and_every_row_says_how_to_mend_it() {
        for (i, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..i].iter().all(|other| other.code != row.code), "{} twice", row.code);
            assert!(!row.text.is_empty() && !row.hint.is_empty(), "{}", row.code);
            assert_eq!(row.code.words(), Some((row.text, row.hint)));
        }
    }
}
