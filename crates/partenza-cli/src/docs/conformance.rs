// SPDX-License-Identifier: BSD-2-Clause
//! docs/conformance.md: what modules and the orchestrator are held against (SPEC S-7), from the tool's own tables.

use partenza_conformance::page;

use super::text::head;

const MODULE: &str = "\
## Modules

```sh
make tools programs kernels
partenza conformance module my-service
```

`my-service` holds a manifest and the ELF file that it names. The tool makes a system around the module and boots it in
QEMU, with the real root task on the real kernel: a stub for each thing that it requires, which answers every call with
an error; memory that it asks for; the operations of the Supervisor that it asks for; a service of priority 1 that must
get to run; a caller that knocks at the first interface that it provides. Optional capabilities are not granted. Time
is counted in instructions, so a verdict does not depend on how busy the host is.

Where the folder holds a `system.xml`, the module is tried in that system instead (`--id` says which module is meant). A
driver needs that, for its hardware, and so does a module that wants real answers before it is ready. Then C-411
and C-415 do not apply. `partenza conformance module . --id terminal` tries a service of the reference system.

The module is booted, watched for as long as three probes take, restarted, called, and shut down with the system. The
first part that goes wrong ends the trial; what was not judged says so. For each clause the tests hold a wrong module that
this clause catches, and no other.
";

const ORCHESTRATOR: &str = "\
## The orchestrator

```sh
partenza conformance orchestrator
partenza conformance orchestrator --kernel build/kernel/release --root-task my-root-task.elf --json
```

Boots a dozen small systems, with services that behave and services that do not, and judges every item of the specification
that shows: in events, in answers over the event line, in the audit of what services hold, on the console where there is
no event line yet, in QEMU's exit code. The report says what was seen of each. It takes about a minute.
`--param NAME=VALUE` gives every machine a boot parameter: with `--param parallel=off` item C-5 fails, and no other. A
machine that does not do what it should before its deadline fails the items that were to be seen there.
";

const REPORT: &str = "\
## Reports

Text by default; `--json` for programs, `--junit FILE` for what collects test results, one test case a rule. A rule
has passed, has failed, does not apply or cannot be seen, or was not judged because another failed first. The exit code
is 0 when nothing failed, 1 when something did, 2 when nothing could be judged: no kernel, no programs, no QEMU.
The systems that were booted stay in `build/partenza/conformance` (`--scratch`), so `partenza run` can boot them again.
";

pub fn page() -> String {
    let mut out = head("Conformance", "the tables in partenza-conformance");
    out.push_str(
        "`partenza conformance` holds a module, or the orchestrator itself, against the specification (SPEC S-7), on a\n\
         machine and not by looking at it alone. Numbers of rules stay.\n\n",
    );
    for part in [MODULE, &page::clauses(), "\n", ORCHESTRATOR, &page::items(), "\n", REPORT] {
        out.push_str(part);
    }
    out
}
