#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Breaks each invariant of the lifecycle machine on purpose and expects its properties to notice.

Each mutant is one replacement in one source file of a copy of this crate; the text it replaces must be there once,
so that a mutant which no longer fits is an error and not a silent pass. `any_history…` or `every_short…` of
tests/properties.rs has to fail, or an example of tests/providers.rs or tests/requests.rs, for what random lives come to too
seldom. The tree as it is has to pass all tests first. Run by hand: `crates/partenza-lifecycle/mutants/run.py [WORD…]`, all
of them or those whose invariant has one of the words in it.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

CRATE = pathlib.Path(__file__).resolve().parent.parent
ROOT = CRATE.parent.parent

# (the invariant it breaks, file, text, replacement)
MUTANTS = [
    # Starts.
    ("the boot creates only when what it requires is up", "start.rs",
     "        match self.missing(service) {\n            None =>", "        match self.missing(service).filter(|_| false) {\n            None =>"),
    ("a start after the boot waits for what it requires", "turn.rs",
     "if self.missing(service).is_some() {", "if self.missing(service).is_none_or(|_| false) {"),
    ("created only after every dependency has an outcome", "start.rs",
     "if record.unsettled == 0 && !record.decided {", "if !record.decided {"),
    ("created only in its layer's turn", "start.rs",
     "} else if self.layer.open == 0 {", "} else if self.layer.open <= 1 {"),
    ("one creation at a time", "start.rs", "if self.creating.is_some() || ", "if "),
    ("one creation at a time, in turns too", "turn.rs", "some && self.creating.is_none() && ", "some && "),
    ("one start at a time in a strict sequence", "start.rs", "self.starting > 0", "self.starting > 1"),
    ("nobody unblocked is forgotten", "change.rs",
     "            self.boot_turns.push(self.records, service);\n", ""),
    ("nobody who waits to be started is forgotten", "change.rs",
     "        if record.aim == Aim::Start {\n            self.turns.push(self.records, service);\n",
     "        if record.aim == Aim::Start {\n"),
    ("deferred services start", "turn.rs", "self.start(service, false, sink);\n        }\n    }\n", "}\n    }\n"),
    ("two incarnations never exist at once", "turn.rs", "if record.presence != Presence::Absent || ", "if "),
    ("what fails again on purpose is not tried again", "turn.rs",
     "core::mem::take(&mut record.deliberate)", "record.deliberate"),
    ("created only with its program", "request.rs",
     "Some(Reason::NotDelivered) => return Err(Denial::NotDelivered),",
     "Some(Reason::NotDelivered) if request != Request::Enable => return Err(Denial::NotDelivered),"),
    # Running and Degraded.
    ("degraded when ready without a dependency", "start.rs",
     "let flaw = self.flaw(service);", "let flaw = self.flaw(service).filter(|_| false);"),
    ("degraded when a dependency goes, running when it is back", "change.rs",
     "if up_changed && kind.is_required() {", "if up_changed && !kind.is_required() {"),
    ("only what is required is missed", "change.rs",
     "!is_up && self.counts(dep) && self.config.kind(dep).is_required()", "!is_up && self.counts(dep)"),
    ("well again after enough good answers", "health.rs",
     "if health.good >= spec.success_threshold {", "if health.good > spec.success_threshold {"),
    ("unhealthy after enough bad answers", "health.rs",
     "if health.bad >= spec.failure_threshold {", "if health.bad > spec.failure_threshold {"),
    ("calm after a flood", "health.rs", "            health.floods = 0;\n", ""),
    ("health begins anew with every incarnation", "change.rs",
     "            record.health = Health::default();\n", ""),
    # Deadlines.
    ("no deadline outlives its state", "change.rs", "            self.timers.disarm(service);\n", ""),
    ("no deadline acts early", "step.rs", "if deadline > self.now {",
     "if deadline.as_micros() > self.now.as_micros() + 1 {"),
    ("no due deadline is forgotten", "step.rs", "if deadline > self.now {", "if deadline >= self.now {"),
    ("every start has a deadline", "start.rs", "self.arm(service, spec.startup_timeout);", ""),
    ("every directive has a deadline", "stop.rs",
     "self.arm(service, self.config.spec(service).stop_timeout);", ""),
    ("every back-off has an end", "restart.rs", "        self.timers.arm(service, until);\n", ""),
    ("every probe has a deadline", "health.rs", "            health.due = Some(now.after(timeout));\n",
     "            health.due = None;\n"),
    ("a probe has a number of its own", "health.rs", "record.probe.wrapping_add(1)", "record.probe.wrapping_add(2)"),
    ("a late answer is not taken for another", "step.rs", "if record.health.asked && record.probe == probe =>",
     "if record.health.asked || record.probe == probe =>"),
    ("nobody is probed while the system goes down", "health.rs", "        if !self.is_alive() {\n", "        if false {\n"),
    ("the heap finds the earliest", "timers.rs",
     "if first.entry < second.entry", "if first.entry > second.entry"),
    ("time in which nobody could run is excused", "machine.rs", "        self.timers.delay_all(span);\n", ""),
    ("what is excused is so everywhere", "machine.rs", "                *until = until.after(span);\n", ""),
    # Failures.
    ("a failed start gives back everything", "restart.rs", "Scope::Service", "Scope::Incarnation"),
    ("dumped before destroyed", "restart.rs",
     "            sink.action(Action::Notice(Notice::BootFailed { culprit: service, reason }));\n"
     "            sink.action(Action::Diagnose { culprit: service });\n",
     "            sink.action(Action::Notice(Notice::BootFailed { culprit: service, reason }));\n"),
    ("restarts of a window are limited", "restart.rs", "if full || (", "if ("),
    ("the oldest restart is the one that counts", "record.rs",
     "self.head = (self.head + 1) % self.capacity;", "self.head = self.head % self.capacity;"),
    ("restarts of a boot are limited", "restart.rs", "if full || (booting && record.in_a_row >= spec.max) {", "if full {"),
    ("no restart is decided over the layer's budget", "restart.rs",
     "} else if self.is_over_budget(self.now.after(delay)) {", "} else if self.is_over_budget(self.now) {"),
    ("no restart begins over the layer's budget", "restart.rs", "        if self.is_over_budget(self.now) {", "        if false {"),
    ("no restart begins before its delay is over", "turn.rs", "if self.now < until || forlorn", "if forlorn"),
    ("endless retries wait for the end of the boot", "turn.rs", "if self.now < until || forlorn", "if self.now < until"),
    ("a storm stops restarts", "restart.rs", "if self.is_storm(sink) && ", "if false && "),
    ("the back-off grows", "spec.rs", "last.grown(self.backoff_percent).min(self.max_delay)", "last.min(self.max_delay)"),
    ("the back-off is capped", "spec.rs",
     "last.grown(self.backoff_percent).min(self.max_delay)", "last.grown(self.backoff_percent)"),
    ("a stable period ends a row", "restart.rs", "            record.in_a_row = 0;\n", ""),
    ("a stable period ends the back-off", "restart.rs", "            record.delay = None;\n", ""),
    ("a stable period is credited whatever ends it", "stop.rs", "        self.credit_stable_period(service);\n", ""),
    ("only restarts that begin are counted", "restart.rs",
     "                record.held_back = true;\n",
     "                record.held_back = true;\n                record.in_a_row += 1;\n"),
    ("a restart that did not begin does not lengthen the next delay", "restart.rs",
     "Some(last) if record.held_back => last,", "Some(last) if false => last,"),
    # Those that go together.
    ("what restarts with it is gone before it is created", "turn.rs",
     "        if self.clear_the_way(service, sink) {\n            return false;\n        }\n        if matches!(state", "        if matches!(state"),
    ("what is stopped to be restarted is restarted", "turn.rs",
     "Aim::Cycle => (Aim::Start, ServiceState::Stopped),", "Aim::Cycle => (Aim::Keep, ServiceState::Stopped),"),
    ("who waits for another to be gone is told", "change.rs",
     "                self.turns.push(self.records, dep.on);\n", ""),
    ("a sidecar stops after its module", "turn.rs",
     "self.clear_the_way(service, sink) } else { self.serves_a_module(service) };",
     "self.clear_the_way(service, sink) } else { false };"),
    ("a sidecar restarts with its module", "restart.rs",
     "        self.share_fate(service, Aim::Cycle, sink);\n", ""),
    ("a sidecar that was to stop is renewed", "turn.rs",
     "        if self.renew_sidecars(service, sink) {\n            return false;\n        }\n", ""),
    # Providers.
    ("who serves is up if one can be", "serve.rs", "if other > standing {", "if other > standing && other == Standing::Wanted {"),
    ("who serves does so until it is lost", "serve.rs", "if other > standing {", "if other >= standing {"),
    ("one asked for serves when it is up", "serve.rs",
     "if record.wanted { Standing::Wanted } else { Standing::Up }", "Standing::Up"),
    ("one that failed is not asked for any more", "serve.rs", "        record.wanted &= !record.rests();\n", ""),
    ("a switch is not forgotten", "serve.rs", "        new.stands_by = false;\n",
     "        (new.stands_by, new.wanted) = (false, false);\n"),
    ("a switch that is done is not done again", "serve.rs", "        record.wanted &= !record.state.is_up() || record.returns();\n", ""),
    ("a switch to one that restarts is not forgotten", "serve.rs", "!record.state.is_up() || record.returns();", "!record.state.is_up();"),
    ("a switch back calls a switch off", "request.rs", "if called_off { Verdict::Accepted }", "if false { Verdict::Accepted }"),
    ("a dependent counts who serves", "serve.rs", "self.tell(self.dependents[edge], (was_open, false), false, sink);", ""),
    ("an edge to one that stands by counts for nothing", "change.rs",
     "!is_up && self.counts(dep) && ", "!is_up && "),
    ("who stands by does not unsettle", "change.rs", "if !(edge.shared && stands_by) {", "if true {"),
    ("a dependent is told of who takes over", "serve.rs", "self.tell(edge, (false, open), true, sink);",
     "self.tell(edge, (false, open), false, sink);"),
    ("who is about to start serves first", "turn.rs", "        self.elect(service, true, sink);\n", ""),
    # Work of one step.
    ("a step asks for one thing at a time", "turn.rs",
     "if self.aim_turn(service, sink) {\n                        return;\n", "if self.aim_turn(service, sink) {\n"),
    # The end.
    ("a panic is told as an emergency", "restart.rs",
     "            sink.action(Action::Notice(Notice::Emergency { culprit: service, reason }));\n", ""),
    ("stopped in reverse", "stop.rs", "Presence::Leaving => return,", "Presence::Leaving => self.cursor = last,"),
    ("a creation is waited for", "stop.rs",
     "            ServiceState::Starting(StartPhase::Creating) => {}\n", ""),
    ("nothing runs on while the system goes down", "start.rs", "if !(self.is_alive() || showing) || ", "if "),
    ("no turn while the system goes down", "turn.rs", "self.creating.is_none() && self.is_alive()", "self.creating.is_none()"),
    ("the panic module shows once", "stop.rs",
     "if core::mem::replace(&mut self.shown, true) {", "self.shown = true;\n        if false {"),
    ("one end", "stop.rs", "self.enter_boot(BootState::Finished(ending), sink);", ""),
    # Answers.
    ("each request has one answer", "request.rs",
     "        if verdict == Verdict::Accepted {\n", "        if verdict == Verdict::Already {\n            self.requested(service, Request::Enable, sink);\n        }\n        if verdict == Verdict::Accepted {\n"),
    ("a critical service is not stopped", "request.rs", "if self.is_irreplaceable(service) {", "if false {"),
    ("what a critical service requires is not stopped", "setup.rs",
     "if records[service.index()].need == Need::None {", "if true {"),
    ("what has a needed sidecar is not stopped", "setup.rs", " || deps.iter().any(is_needed) {", " || deps.iter().any(is_needed) && false {"),
    ("of several providers one is left", "request.rs", "!self.has_substitute(service),", "false,"),
    ("a critical service is not restarted without what it requires", "request.rs",
     ".filter(|_| self.is_needed(service))", ".filter(|_| false)"),
    ("a start that cannot be loses nothing", "start.rs", "if was_down && ", "if false && "),
    ("an ignored event has no effect", "step.rs",
     "            self.ignore(event, sink);", "            self.ignore(event, sink);\n            self.advance(sink);\n            self.boot = BootState::Panic;"),
    ("over budget is told once", "start.rs", "            self.layer.report_at = None;\n            if let Some",
     "            if let Some"),
    # Waits.
    ("no circle of waits", "wait.rs", "} else if state.is_starting() && self.start_waits_for(server, client) {",
     "} else if state.is_starting() && server == client {"),
    ("no circle of waits through layers", "wait.rs", "if !decided && turns.layer.is_none() {", "if !decided && turns.layer.is_some() {"),
    ("waits end when it is decided", "wait.rs", "        if self.waiting > 0 {\n", "        if self.waiting > 1 {\n"),
    ("waits are for who serves", "wait.rs", "self.is_alive() && !record.stands_by && ", "self.is_alive() && "),
    ("who is to stop waits for nobody", "stop.rs", "        self.release(service, sink);\n", ""),
    ("who is to stop is not made to wait", "wait.rs", "        if state.is_stopping() {\n            Err(Denial::ClientStops)\n        } else if", "        if"),
    ("who is held is not watched", "wait.rs", "record.health.due.take().is_some()", "record.health.due.is_some()"),
]


def fails(command: list[str], workspace: pathlib.Path) -> bool:
    """Whether the tests fail, or do not end. That they do is enough; how little it takes does not matter here."""
    env = {**os.environ, "PROPTEST_MAX_SHRINK_ITERS": "0", "RUST_BACKTRACE": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    run = subprocess.Popen(command, cwd=workspace, env=env, start_new_session=True, **quiet)
    try:
        return run.wait(timeout=240) != 0
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True


def killed(workspace: pathlib.Path, file: str, old: str, new: str) -> bool:
    source = workspace / "crates" / CRATE.name / "src" / file
    text = source.read_text()
    if text.count(old) != 1:
        sys.exit(f"mutant does not fit any more: {file}: {old!r} is there {text.count(old)} times")
    try:
        source.write_text(text.replace(old, new))
        command = ["cargo", "test", "--quiet", "--test", "properties"]
        examples = [*command[:3], "--test", "providers", "--test", "requests"]
        build = subprocess.run([*command, "--no-run"], cwd=workspace, capture_output=True, text=True)
        if build.returncode != 0:
            sys.exit(f"mutant does not compile: {new!r}\n{build.stderr}")
        # Most show in any life; a few only in the short ones, or in a system in which all is well.
        commands = ([*command, "any_history"], examples, command)
        return any(fails(command, workspace) for command in commands)
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
            f"[workspace.lints.rust]\n[workspace.dependencies]\n{pin}\n[profile.dev]\nopt-level = 0\ndebug = 0\n[profile.dev.package.\"*\"]\nopt-level = 1\n"
        )
        if subprocess.run(["cargo", "test", "--quiet"], cwd=workspace, capture_output=True).returncode != 0:
            sys.exit("the machine itself does not pass")
        survivors = 0
        wanted = sys.argv[1:]
        for invariant, file, old, new in MUTANTS:
            if wanted and not any(word in invariant for word in wanted):
                continue
            dead = killed(workspace, file, old, new)
            survivors += not dead
            print(f"{'killed  ' if dead else 'SURVIVED'} {invariant}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
