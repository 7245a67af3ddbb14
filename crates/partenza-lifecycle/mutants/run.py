#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Breaks each invariant of the lifecycle machine on purpose and expects its properties to notice.

Each mutant is one replacement in one source file of a copy of this crate; the text it replaces must be there once,
so that a mutant which no longer fits is an error and not a silent pass. `any_history…` or `every_short…` of
tests/properties.rs has to fail. Run by hand: `crates/partenza-lifecycle/mutants/run.py`.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

CRATE = pathlib.Path(__file__).resolve().parent.parent
ROOT = CRATE.parent.parent

# (the invariant it breaks, file, text, replacement)
MUTANTS = [
    ("created only when what it requires is up", "start.rs",
     "let Some(missing) = self.missing(service) else {",
     "let Some(missing) = self.missing(service).filter(|_| false) else {"),
    ("created only after every dependency has an outcome", "start.rs",
     "&& self.records[service.index()].unsettled == 0", ""),
    ("created only in its layer's turn", "start.rs",
     "} else if self.layer.open == 0 {", "} else if self.layer.open <= 1 {"),
    ("one creation at a time", "start.rs", "if self.creating.is_some() || ", "if "),
    ("one start at a time in a strict sequence", "start.rs", "self.starting > 0", "self.starting > 1"),
    ("nobody unblocked is forgotten", "start.rs",
     "self.unblocked.push(self.records, dependent);", ""),
    ("only eager services boot", "start.rs",
     "record.unsettled == 0 && eager &&", "(eager || !eager) && record.unsettled == 0 &&"),
    ("degraded when ready without a dependency", "machine.rs",
     "dep.required && !self.records[dep.on.index()].state.is_up()", "!self.records[dep.on.index()].state.is_up()"),
    ("degraded when a dependency is lost", "start.rs", "if required && self.records[dependent.index()].state",
     "if !required && self.records[dependent.index()].state"),
    ("a failed start is destroyed", "start.rs",
     "if self.records[service.index()].presence == Presence::Present {",
     "if self.records[service.index()].presence == Presence::Absent {"),
    ("a failed start gives back everything", "start.rs", "Scope::Service", "Scope::Incarnation"),
    ("dumped before destroyed", "start.rs", "sink.action(Action::Diagnose { culprit: service });", ""),
    ("no deadline outlives its state", "machine.rs", "self.timers.disarm(service);\n", ""),
    ("no deadline acts early", "machine.rs", "if deadline > self.now {", "if deadline.as_micros() > self.now.as_micros() + 1 {"),
    ("no due deadline is forgotten", "machine.rs", "if deadline > self.now {", "if deadline >= self.now {"),
    ("every start has a deadline", "start.rs", "self.arm(service, spec.startup_timeout);", ""),
    ("every directive has a deadline", "stop.rs",
     "self.arm(service, self.config.spec(service).stop_timeout);", ""),
    ("the heap finds the earliest", "timers.rs",
     "if first.entry < second.entry", "if first.entry > second.entry"),
    ("stopped in reverse", "stop.rs", "Presence::Leaving => return,", "Presence::Leaving => self.cursor = last,"),
    ("a creation is waited for", "stop.rs",
     "ServiceState::Starting(StartPhase::Creating) | ServiceState::Stopping(_) => {}", "ServiceState::Stopping(_) => {}"),
    ("nothing runs on while the system goes down", "start.rs", "if !self.is_booting() {\n            return self.stopped",
     "if false {\n            return self.stopped"),
    ("an ignored event has no effect", "machine.rs",
     "            self.ignore(event, sink);", "            self.ignore(event, sink);\n            self.advance(sink);\n            self.boot = BootState::Panic;"),
    ("one end", "stop.rs", "self.enter_boot(BootState::Finished(ending), sink);", ""),
    ("over budget is told once", "start.rs", "            self.layer.budget_ends = None;\n            if let Some",
     "            if let Some"),
]


def killed(workspace: pathlib.Path, file: str, old: str, new: str) -> bool:
    source = workspace / "crates" / CRATE.name / "src" / file
    text = source.read_text()
    if text.count(old) != 1:
        sys.exit(f"mutant does not fit any more: {file}: {old!r} is there {text.count(old)} times")
    try:
        source.write_text(text.replace(old, new))
        command = ["cargo", "test", "--quiet", "--test", "properties"]
        build = subprocess.run([*command, "--no-run"], cwd=workspace, capture_output=True, text=True)
        if build.returncode != 0:
            sys.exit(f"mutant does not compile: {new!r}\n{build.stderr}")
        try:
            return subprocess.run(command, cwd=workspace, capture_output=True, timeout=120).returncode != 0
        except subprocess.TimeoutExpired:
            return True
    finally:
        source.write_text(text)


def main() -> int:
    with tempfile.TemporaryDirectory() as path:
        workspace = pathlib.Path(path)
        shutil.copytree(CRATE, workspace / "crates" / CRATE.name)
        manifest = (ROOT / "Cargo.toml").read_text()
        pin = next(line for line in manifest.splitlines() if line.startswith("proptest = "))
        (workspace / "Cargo.toml").write_text(
            '[workspace]\nresolver = "3"\nmembers = ["crates/*"]\n'
            '[workspace.package]\nversion = "0.0.0"\nedition = "2024"\nrust-version = "1.90"\n'
            'license = "BSD-2-Clause"\npublish = false\n'
            f"[workspace.lints.rust]\n[workspace.dependencies]\n{pin}\n[profile.dev]\nopt-level = 1\n"
        )
        if subprocess.run(["cargo", "test", "--quiet"], cwd=workspace, capture_output=True).returncode != 0:
            sys.exit("the machine itself does not pass")
        survivors = 0
        for invariant, file, old, new in MUTANTS:
            dead = killed(workspace, file, old, new)
            survivors += not dead
            print(f"{'killed  ' if dead else 'SURVIVED'} {invariant}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
