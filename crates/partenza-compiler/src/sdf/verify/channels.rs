// SPDX-License-Identifier: BSD-2-Clause
//! Who may call whom.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::sdf::board::{Arch, Board};
use crate::sdf::types::{Channel, End, Pd, System};

pub fn check(system: &System, board: &Board, out: &mut Diagnostics) {
    for channel in &system.channels {
        calls(system, board, channel, out);
    }
    if board.arch == Arch::X86_64 {
        monitors(system, out);
    }
}

fn calls(system: &System, board: &Board, channel: &Channel, out: &mut Diagnostics) {
    let [a, b] = &channel.ends;
    let (caller, server) = match (a.pp, b.pp) {
        (false, false) => return,
        (true, false) => (a, b),
        (false, true) => (b, a),
        (true, true) => {
            let message = "both ends of a channel may call the other";
            out.push(
                Diagnostic::error(Code::ChannelEnds, message)
                    .at(b.span, "pp=\"true\"")
                    .at(a.span, "pp=\"true\""),
            );
            return;
        }
    };
    let pd = |end: &End| system.pd(&end.pd.value).map(|at| &system.pds[at]);
    let (Some(from), Some(to)) = (pd(caller), pd(server)) else { return };
    if from.priority.value >= to.priority.value {
        out.push(
            Diagnostic::error(
                Code::PriorityInversion,
                format!(
                    "`{}` (priority {}) calls `{}` (priority {})",
                    from.name.value, from.priority.value, to.name.value, to.priority.value
                ),
            )
            .at(caller.span, "the call")
            .at(to.priority.span, "must be higher than the caller's")
            .at(from.priority.span, "the caller's")
            .help(wrong_end(from, to)),
        );
    }
    if let Some(machine) = to.machine.as_ref().filter(|_| board.arch == Arch::X86_64) {
        let message = format!("`{}` calls `{}`, which has a virtual machine", from.name.value, to.name.value);
        let found = Diagnostic::error(Code::BusyMonitor, message).at(caller.span, "the call");
        out.push(found.at(machine.span, "the virtual machine"));
    }
}

/// The mistake is either a priority or the end with `pp`.
fn wrong_end(from: &Pd, to: &Pd) -> String {
    let (from, to) = (&from.name.value, &to.name.value);
    format!(
        "pp=\"true\" stands in the `<end>` of the one that calls: if `{to}` calls `{from}`, move it to the other end; \
         else give `{to}` a higher priority than `{from}`"
    )
}

/// While its virtual machine runs, a PD on x86 hears signals, but neither calls nor faults.
fn monitors(system: &System, out: &mut Diagnostics) {
    for child in &system.pds {
        let parent = child.parent.as_ref().map(|parent| &system.pds[parent.pd]);
        let Some((parent, machine)) = parent.and_then(|pd| Some((pd, pd.machine.as_ref()?))) else {
            continue;
        };
        let message =
            format!("`{}` has a virtual machine and a child, `{}`", parent.name.value, child.name.value);
        let found = Diagnostic::error(Code::BusyMonitor, message).at(child.span, "the child");
        out.push(found.at(machine.span, "the virtual machine"));
    }
}
