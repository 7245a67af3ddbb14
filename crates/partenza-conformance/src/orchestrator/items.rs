// SPDX-License-Identifier: BSD-2-Clause
//! The items of the specification, A to S, as far as they say something about what runs; and why some cannot be seen from
//! outside a running orchestrator.

use crate::rule::rules;

rules! {
    /// An item of the specification. The hint says where the orchestrator does it.
    Item {
        A1 = "A-1" "small", "A-1", "Init is minimal", "root-task/";
        A2 = "A-2" "authority twice declared", "A-2", "what a service holds was asked for and granted", "crates/partenza-compiler/src/check/authority";
        A3 = "A-3" "nothing fails silently", "A-3", "a missing or dead dependency shows as a state", "crates/partenza-lifecycle";
        A4 = "A-4" "observable", "A-4", "boot log with times, live status, audit", "root-task/src/events, root-task/src/supervisor";
        A5 = "A-5" "specification first", "A-5", "a conformance tool checks it", "crates/partenza-conformance";
        A6 = "A-6" "cannot be starved", "A-6", "a service that spins does not keep the Supervisor from answering", "root-task/src/supervisor/run.rs";
        B1 = "B-1" "handoff", "B-1", "memory, untypeds, slots and clock are found", "root-task/src/boot/handoff.rs";
        B2 = "B-2" "bad images are named", "B-2", "no archive, a damaged one: a named error, and a clean end", "root-task/src/boot/handoff.rs, init.rs";
        B3 = "B-3" "order of Init", "B-3", "handoff, plan, boot, Supervisor, in this order", "root-task/src/boot/init.rs";
        B4 = "B-4" "boot parameters", "B-4", "a parameter of the machine overrides the plan; a bad one is told", "root-task/src/system/parameters.rs";
        B5 = "B-5" "fast handoff", "B-5", "the handoff takes under 10 ms", "root-task/src/boot/init.rs";
        B6 = "B-6" "last gasp", "B-6", "a panic and a fault of Init tell what, and the last events", "root-task/src/boot/last_gasp.rs";
        C1 = "C-1" "reference system", "C-1", "layers are numbers, and no names are known", "the reference system's own test";
        C2 = "C-2" "edges", "C-2", "what a service requires is in the plan", "the reference system's own test";
        C3 = "C-3" "order", "C-3", "dependencies come first, layers ascend", "crates/partenza-lifecycle/src/start.rs";
        C4 = "C-4" "dependencies run", "C-4", "what requires something that does not run is not started, and says so", "crates/partenza-lifecycle/src/start.rs";
        C5 = "C-5" "parallel layers", "C-5", "independent services of a layer start together", "crates/partenza-lifecycle/src/start.rs";
        C6 = "C-6" "start modes", "C-6", "deferred services start after the boot, others on demand when asked for", "crates/partenza-lifecycle/src/start.rs";
        D1 = "D-1" "steps of a start", "D-1", "starting, granted, created, ready, in this order", "root-task/src/service/make.rs";
        D2 = "D-2" "grants come first", "D-2", "no service says anything before all its grants", "root-task/src/service/make.rs";
        D3 = "D-3" "failures give back", "D-3", "everything that a failed start took is whole again", "root-task/src/service/make.rs, inspect.rs";
        D4 = "D-4" "arguments", "D-4", "arguments, stack and priority are the manifest's", "root-task/src/service/page_contents.rs";
        D5 = "D-5" "ELF files", "D-5", "bad ELF files are refused", "crates/partenza-compiler/src/elf";
        D6 = "D-6" "programs after boot", "D-6", "a program that comes later is held against the plan's hash, and runs only then", "root-task/src/supervisor/delivery.rs";
        E1 = "E-1" "states of the boot", "E-1", "every transition is told with its time", "root-task/src/supervisor/notices.rs";
        E2 = "E-2" "critical services", "E-2", "failing in layers 2 to 4 fails the boot, above it does not", "crates/partenza-lifecycle/src/turn.rs";
        E3 = "E-3" "failed boots", "E-3", "BootFailed with the culprit, then Panic, then the end as configured", "root-task/src/supervisor/notices.rs";
        E4 = "E-4" "degraded boots", "E-4", "the rest boots, and the count is told", "crates/partenza-lifecycle/src/turn.rs";
        E5 = "E-5" "emergencies", "E-5", "a critical service lost for good is an emergency stop", "crates/partenza-lifecycle/src/restart.rs";
        E6 = "E-6" "restarts during boot", "E-6", "a service that comes up at the second attempt is waited for", "crates/partenza-lifecycle/src/restart.rs";
        F1 = "F-1" "exactly the plan", "F-1", "a service holds what its plan lists, and nothing else", "root-task/src/service/make.rs";
        F2 = "F-2" "kinds", "F-2", "endpoints, notifications, memory, the Supervisor and fault handlers are granted as such", "root-task/src/service/capability_kinds.rs";
        F3 = "F-3" "attenuation", "F-3", "rights shrink only", "crates/partenza-plan/src/layout.rs";
        F4 = "F-4" "exclusive kinds", "F-4", "one holder each", "crates/partenza-compiler/src/check/exclusive.rs";
        F5 = "F-5" "optional capabilities", "F-5", "they may be absent, and the service runs", "root-task/src/supervisor/messages.rs";
        F6 = "F-6" "grants and revocations", "F-6", "every grant and revocation is an event", "root-task/src/service/make.rs";
        F7 = "F-7" "grants at run time", "F-7", "a call that the plan foresees is granted and revoked on request, and no other", "root-task/src/calls/providers.rs";
        F8 = "F-8" "audit", "F-8", "what a service holds is listed and compared with the plan", "root-task/src/supervisor/audit.rs";
        F9 = "F-9" "static analysis", "F-9", "who can reach what, before boot", "crates/partenza-analysis/src/authority";
        F10 = "F-10" "no CNode, untyped, frame", "F-10", "no service holds one", "root-task/src/service/make.rs";
        G1 = "G-1" "ready", "G-1", "a service is ready when it says so", "root-task/src/supervisor/messages.rs";
        G2 = "G-2" "forgeries", "G-2", "a forged, duplicate, late or malformed message is told and ignored", "root-task/src/supervisor/messages.rs";
        G3 = "G-3" "as the manifest says", "G-3", "another name, version or interface fails the start", "root-task/src/supervisor/messages.rs";
        G4 = "G-4" "waiting ends", "G-4", "at the deadline, or at once with a fault or an exit", "crates/partenza-lifecycle/src/start.rs";
        H1 = "H-1" "errors", "H-1", "every code that is told has a text and a hint", "crates/partenza-protocol/src/error.rs";
        I1 = "I-1" "no polling", "I-1", "with nothing to do the machine waits", "root-task/src/supervisor/run.rs";
        I2 = "I-2" "sources", "I-2", "faults, messages, notifications and the timer are served", "root-task/src/supervisor/run.rs";
        I3 = "I-3" "states of services", "I-3", "Running, Degraded, Failed, Stopped, Disabled are told as such", "root-task/src/supervisor/questions.rs";
        I4 = "I-4" "requests", "I-4", "each operation does what it says; critical services are not stopped, ungranted callers refused", "root-task/src/supervisor/messages.rs";
        I5 = "I-5" "status", "I-5", "name, version, state, incarnation, uptime, restarts, last error, health, memory", "root-task/src/supervisor/questions.rs";
        I6 = "I-6" "events", "I-6", "they come with sequence numbers, without a gap, and the log gives them again", "root-task/src/events/ring.rs";
        I7 = "I-7" "early events", "I-7", "events from before the first service are kept", "root-task/src/events/ring.rs";
        J1 = "J-1" "faults", "J-1", "kind, address, place and likely cause", "root-task/src/supervisor/faults.rs";
        J2 = "J-2" "others do not notice", "J-2", "a witness beside the fault loses no call", "root-task/src/service/make.rs";
        J3 = "J-3" "parents", "J-3", "a parent gets its children's faults first", "root-task/src/system/children.rs";
        J4 = "J-4" "callers of the dead", "J-4", "a client in a call to a dead server is answered", "root-task/src/calls/server_gone.rs";
        K1 = "K-1" "probes", "K-1", "a service that asks for it is probed at its interval", "crates/partenza-lifecycle/src/health.rs";
        K2 = "K-2" "reports", "K-2", "it is asked by signal, and its report is taken", "root-task/src/supervisor/messages.rs";
        K3 = "K-3" "thresholds", "K-3", "Degraded first, Unhealthy at the threshold, Recovered at the other", "crates/partenza-lifecycle/src/health.rs";
        K4 = "K-4" "hangs", "K-4", "a service that spins is found within `interval` and `timeout`", "crates/partenza-lifecycle/src/health.rs";
        L1 = "L-1" "policies", "L-1", "never is never, on-failure is after a failure, and `max` holds", "crates/partenza-lifecycle/src/restart.rs";
        L2 = "L-2" "pauses", "L-2", "they grow by the factor to the longest", "crates/partenza-lifecycle/src/restart.rs";
        L3 = "L-3" "defaults by class", "L-3", "what a manifest leaves out comes from its class", "crates/partenza-plan/src/policy.rs";
        L4 = "L-4" "storm guard", "L-4", "too many restarts in all are broken off", "crates/partenza-lifecycle/src/restart.rs";
        L5 = "L-5" "dependents", "L-5", "they are told, and restarted in order where they ask for it", "crates/partenza-lifecycle/src/restart.rs";
        L6 = "L-6" "clean restarts", "L-6", "an incarnation has the memory of the image", "root-task/src/service/make.rs";
        L7 = "L-7" "no leaks", "L-7", "after restarts the audit is as before, and memory is what it was", "root-task/src/service/make.rs";
        L8 = "L-8" "fallback", "L-8", "it starts when no restart is left", "crates/partenza-lifecycle/src/restart.rs";
        L9 = "L-9" "degraded dependents", "L-9", "a dependent is Degraded while what it requires is gone", "crates/partenza-lifecycle/src/restart.rs";
        M1 = "M-1" "order of the end", "M-1", "last to first, each asked, and forced where it does not answer", "crates/partenza-lifecycle/src/stop.rs";
        M2 = "M-2" "power off, reboot", "M-2", "the machine goes off, or begins again", "root-task/src/machine/pc99/power.rs";
        N1 = "N-1" "fields", "N-1", "of manifests", "crates/partenza-compiler/src/manifest";
        N2 = "N-2" "aliases", "N-2", "of the chapters", "crates/partenza-compiler/src/manifest/aliases.rs";
        N3 = "N-3" "findings", "N-3", "with position and hint", "crates/partenza-compiler/src/yaml";
        N4 = "N-4" "units", "N-4", "durations, sizes, versions", "crates/partenza-compiler/src/numbers.rs";
        N5 = "N-5" "schema", "N-5", "for editors", "crates/partenza-compiler/src/schema.rs";
        O1 = "O-1" "system.xml", "O-1", "the Microkit's format", "crates/partenza-compiler/src/sdf";
        O2 = "O-2" "no manifest", "O-2", "defaults", "crates/partenza-compiler/src/resolve";
        O3 = "O-3" "many services", "O-3", "500", "crates/partenza-plan";
        P1 = "P-1" "check", "P-1", "before boot", "crates/partenza-compiler/src/check";
        P2 = "P-2" "plan", "P-2", "dry run", "crates/partenza-analysis/src/plan";
        P3 = "P-3" "cache", "P-3", "of plans", "crates/partenza-cli/src/cache.rs";
        Q1 = "Q-1" "recovery boots", "Q-1", "after too many failed boots the next one recovers", "root-task/src/machine/pc99/boot_attempts.rs";
        Q2 = "Q-2" "recovery set", "Q-2", "it starts the services that are listed, and no others", "root-task/src/boot/init.rs";
        Q3 = "Q-3" "last failure", "Q-3", "a boot tells of the failed ones before it: how many, why, who", "root-task/src/machine/pc99/boot_attempts.rs";
        Q4 = "Q-4" "updates", "Q-4", "tried and rolled back", "not in this release";
        R1 = "R-1" "budgets", "R-1", "a layer over its budget is an event; the boot is within the targets", "crates/partenza-lifecycle/src/turn.rs";
        R2 = "R-2" "boot report", "R-2", "created, started, ready, for each service", "root-task/src/supervisor/questions.rs";
        S1 = "S-1" "module lifecycle", "S-1", "hello with the incarnation's secret, then ready", "root-task/src/supervisor/messages.rs";
        S2 = "S-2" "providers", "S-2", "at a switch from one to another no call is lost or made twice", "root-task/src/calls/providers.rs";
        S3 = "S-3" "sidecars", "S-3", "start before, stop after, share the fate", "crates/partenza-lifecycle";
        S4 = "S-4" "overload", "S-4", "who floods before ready is taken down, who floods later is throttled, degraded, restarted", "root-task/src/supervisor/budget.rs";
        S5 = "S-5" "registry", "S-5", "a lookup by interface and release names who provides it, or is refused", "root-task/src/calls/providers.rs";
        S6 = "S-6" "extensions", "S-6", "a registry with a matrix", "crates/partenza-compiler/src/extensions";
        S7 = "S-7" "conformance tool", "S-7", "this one", "crates/partenza-conformance";
        S8 = "S-8" "scenarios", "S-8", "they run", "tests/qemu/scenarios.rs";
        S9 = "S-9" "docs", "S-9", "of everything", "docs/";
        S10 = "S-10" "language-neutral", "S-10", "messages to the byte, and services in C", "docs/protocol.md, docs/c.md";
        S11 = "S-11" "nesting", "S-11", "an instance as a service of another", "not in this release";
        S12 = "S-12" "own interfaces", "S-12", "the orchestrator tells its versions, and refuses another", "root-task/src/supervisor/messages.rs";
    }
}

const HOST: &str = "of the host, before anything runs";
const LATER: &str = "not in this release";

/// Items that a running orchestrator does not show, and why.
pub const UNSEEN: &[(Item, &str)] = &[
    (Item::A1, "a matter of size and code: a test holds the root task under 200 KiB"),
    (Item::A5, "this report"),
    (Item::C1, "a system's own matter: the reference system's tests"),
    (Item::C2, "a system's own matter: the reference system's tests"),
    (Item::D5, "of the host, before anything runs: clauses C-201 to C-210 of `conformance module`"),
    (
        Item::F3,
        "rights of a capability cannot be read back from the kernel; `partenza grants` tells the planned ones",
    ),
    (Item::F4, HOST),
    (Item::F9, HOST),
    (Item::L3, HOST),
    (Item::N1, HOST),
    (Item::N2, HOST),
    (Item::N3, HOST),
    (Item::N4, HOST),
    (Item::N5, HOST),
    (Item::O1, HOST),
    (Item::O2, HOST),
    (Item::O3, "of the host; a test boots 200 services"),
    (Item::P1, HOST),
    (Item::P2, HOST),
    (Item::P3, HOST),
    (Item::Q4, LATER),
    (Item::S6, HOST),
    (Item::S7, "this report"),
    (Item::S8, "tests of their own: tests/qemu/scenarios.rs"),
    (Item::S9, "no matter of running"),
    (Item::S10, "tests of their own: a service in C, vectors of every message"),
    (Item::S11, LATER),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Ruled;

    #[test]
    fn every_item_stands_once_under_its_number() {
        for (at, rule) in Item::TABLE.iter().enumerate() {
            assert!(Item::TABLE[..at].iter().all(|other| other.number != rule.number), "{}", rule.number);
            assert_eq!(rule.number, rule.spec);
        }
        assert_eq!(Item::TABLE.len(), 100);
    }
}
