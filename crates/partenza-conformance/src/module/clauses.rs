// SPDX-License-Identifier: BSD-2-Clause
//! The clauses that a module is held against. Numbers stay: 1 manifest, 2 ELF file, 3 interfaces, 4 behaviour.

use crate::rule::rules;

rules! {
    /// A clause.
    Clause {
        ManifestThere = "C-101" "manifest is there", "N-1", "there is a manifest, and it is YAML",
            "write ID.yaml beside the ELF file; `partenza new` writes one to begin with";
        FieldsKnown = "C-102" "fields are known", "N-3", "the manifest has no field that does not exist, and none twice",
            "remove or correct it; docs/fields.md lists the fields";
        FieldsComplete = "C-103" "fields are complete", "N-1", "every field that must be there is there, `entrypoint` too",
            "add it; docs/fields.md tells which must be there";
        ValuesFit = "C-104" "values fit", "N-3, N-4", "every value is of its field's type, unit and range",
            "see docs/fields.md for what the field holds";
        Specification = "C-105" "specification", "N-1", "the manifest is written for a specification that this release knows",
            "write `partenza: \"1.0\"`";

        ElfThere = "C-201" "ELF file is there", "P-1", "the file that `entrypoint` names is there",
            "build it, or name its directory with --search-path";
        ElfKind = "C-202" "ELF of the machine", "D-5", "it is a 64-bit ELF executable for the kernel's processor",
            "build it for the kernel's target";
        ElfStatic = "C-203" "statically linked", "D-5", "it is linked statically at a fixed address",
            "link it with -static and -no-pie";
        ElfWhole = "C-204" "complete", "D-5", "the file holds everything that its headers speak of, and something to load",
            "build or copy it again";
        ElfPages = "C-205" "segments are apart", "D-5", "no two segments overlap or share a page",
            "align segments to pages in the linker script";
        ElfWriteOrExecute = "C-206" "no W+X", "D-5", "no segment is both writable and executable",
            "separate code and data in the linker script";
        ElfEntry = "C-207" "entry in text", "D-5", "the entry point is in an executable segment",
            "set ENTRY in the linker script";
        ElfKernel = "C-208" "of this kernel", "D-5, P-1", "the ABI note says that it was built for this kernel, as a protection domain",
            "build it with SEL4_PREFIX set to the kernel that boots, and link it with sel4-microkit";
        ElfAddresses = "C-209" "addresses", "D-5, J-1", "nothing lies in page 0 or above what the kernel can report",
            "link it at 0x200000";
        ElfSymbols = "C-210" "symbols", "J-1, D-5", "it names its functions, so that a fault can be told as function+offset",
            "do not strip it: symbols cost no memory on the target";
        ElfSize = "C-211" "size", "N-1, P-1", "what it takes of memory is within `resources.memory`",
            "make it smaller, or raise `resources.memory`";

        CallsRequired = "C-301" "calls are required", "A-2, C-4", "whatever it calls it also requires, so that it runs first",
            "add it to `requires`, or make the call optional";
        NothingElse = "C-302" "compiles", "P-1", "a system with nothing but it and what it needs compiles",
            "`partenza explain` tells about the code";
        Interfaces = "C-303" "interfaces as declared", "G-3", "it reports the interfaces that its manifest says it provides",
            "make `provides` of the manifest and of the service agree";
        Name = "C-304" "name as declared", "G-3", "it reports the name of its manifest",
            "report the name of the startup page";
        Version = "C-305" "version as declared", "G-3", "it reports the version of its manifest",
            "build it again, or correct `version`";
        Channel = "C-306" "channel as planned", "G-1", "it reports the channel that the plan has it serve on",
            "report the channel of the startup page";

        Fits = "C-401" "can be made", "D-1", "a machine of 128 MiB holds it, and the kernel refuses nothing while it is made",
            "make it smaller; a refusal of the kernel is told in the event Failed";
        Handshake = "C-402" "handshake", "S-1, G-2", "it says hello first, with the secret of its incarnation, in a version that the Supervisor speaks",
            "read secret and version from the startup page and the protocol's header at each start";
        ReadyInTime = "C-403" "ready in time", "G-4", "it is ready within `health.startup_timeout`, alone on the machine",
            "raise `health.startup_timeout`, or do less before ready; a peer that is a stub answers everything with an error";
        NoEarlyFault = "C-404" "no fault before ready", "G-4, J-1", "it does not crash before it is ready",
            "the fault tells address and function";
        NoEarlyEnd = "C-405" "no end before ready", "G-4", "it does not end before it is ready",
            "look at its last messages; what is done reports ready first";
        Modest = "C-406" "few words before ready", "S-4", "it sends no more messages before ready than it may",
            "hello, ready, and at most 62 lines";
        OnceAndWell = "C-407" "messages in order", "G-2", "each message is well-formed, known, in its time, and said once",
            "docs/protocol.md has every message to the byte";
        OnlyGranted = "C-408" "asks for what it may", "I-4, A-2", "it asks for no operation that its manifest does not ask for",
            "add the operation to `capabilities: supervisor`";
        StaysUp = "C-409" "stays up", "L-1", "once ready it neither crashes nor ends while nobody asks it to",
            "the fault tells address and function";
        WithinRate = "C-410" "few words when ready", "S-4", "with nothing to do it sends no more than 1,000 messages a second, and the Supervisor never throttles it",
            "wait between requests";
        LetsOthersRun = "C-411" "lets others run", "I-1, K-4", "with nothing to do it waits, and a service of priority 1 gets the processor",
            "wait in the handler's loop, never in a loop of your own";
        AnswersProbes = "C-412" "answers probes", "K-2, K-4", "it answers each probe, or beats, within `health.timeout`",
            "ask for directives when the Supervisor signals, and report";
        Healthy = "C-413" "is healthy", "K-2, K-3", "it says that it is well when nothing is wrong",
            "the event Degraded or Unhealthy tells which component is not";
        Restarts = "C-414" "restarts", "L-6, L-9", "asked to restart, it is ready again as a new incarnation",
            "begin from the startup page and memory as loaded, keep nothing outside";
        AnswersCalls = "C-415" "answers every call", "G-1, J-4", "it answers 32 calls of operations that it does not have, with payloads of noise, and lives",
            "answer an unknown or malformed request with an error";
        StopsWhenAsked = "C-416" "stops when asked", "M-1", "it gets ready to stop and stops, each within its time, and need not be forced",
            "answer PrepareStop with ReadyToStop, and Stop with Stopped";
        StopsWell = "C-417" "stops without a fault", "M-1", "it does not crash while it stops",
            "the fault tells address and function";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Ruled;

    #[test]
    fn numbers_rise_and_every_clause_says_all_that_it_must() {
        for pair in Clause::TABLE.windows(2) {
            assert!(pair[0].number < pair[1].number, "{}", pair[1].number);
        }
        for rule in Clause::TABLE {
            let said = [rule.name, rule.spec, rule.demands, rule.hint];
            assert!(said.iter().all(|text| !text.is_empty()), "{}", rule.number);
        }
    }
}
