// SPDX-License-Identifier: BSD-2-Clause
//! What a service really holds, grant by grant (SPEC F-8): an audit, its differences, and the plan, put side by side.
//!
//! The kernel tells that a capability is there, and its type if it is a debug kernel. Rights, what a capability leads to,
//! and mappings it does not tell: these come from the plan, and are called planned.

use core::fmt;

use partenza_protocol::event::{CapKind, Mismatch};
use partenza_protocol::request::{Audit, GrantRow};

/// What is said of one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// It is there, of the planned type.
    Held,
    /// It is there; this kernel does not tell types.
    Present,
    /// It is there, and leads to the Supervisor while nobody serves (SPEC J-4).
    Diverted,
    /// It is bound by lookup or by a grant at run time, and is not at the moment (SPEC S-5, F-7).
    Unbound,
    Missing,
    /// There is something else in its place.
    Wrong,
    /// A mapping: an audit looks at CSpaces.
    Planned,
}

impl Live {
    /// `differences` are the slots that the audit told of.
    pub fn of(row: &GrantRow<'_>, audit: &Audit, differences: &[(u32, Mismatch)]) -> Self {
        if matches!(row.kind, CapKind::Memory | CapKind::Device) {
            return Self::Planned;
        }
        match differences.iter().find(|(slot, _)| u64::from(*slot) == row.at) {
            Some((_, Mismatch::Missing)) => Self::Missing,
            Some((_, Mismatch::Wrong | Mismatch::Surplus)) => Self::Wrong,
            None if row.rights & GrantRow::UNBOUND != 0 => Self::Unbound,
            None if row.rights & GrantRow::DIVERTED != 0 => Self::Diverted,
            None if audit.types => Self::Held,
            None => Self::Present,
        }
    }
}

/// Bits 0 and 2 of a grant's rights, write and reply: what a call takes.
pub const CALL: u8 = 0b101;

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Present => "held, of whatever type",
            Self::Diverted => "held, server down",
            Self::Unbound => "granted later",
            Self::Missing => "MISSING",
            Self::Wrong => "ANOTHER TYPE",
            Self::Planned => "planned",
        })
    }
}

/// Whether an audit found anything that is not as planned.
#[must_use]
pub const fn differs(audit: &Audit) -> bool {
    audit.missing > 0 || audit.wrong > 0 || audit.surplus > 0
}

/// A grant's rights in words; interrupts and ports have none to tell.
#[must_use]
pub fn rights(kind: CapKind, rights: u8) -> &'static str {
    const WORDS: [&str; 8] =
        ["none", "write", "read", "read write", "reply", "write reply", "read reply", "read write reply"];
    match kind {
        CapKind::IrqHandler | CapKind::IoPorts => "-",
        _ => WORDS[usize::from(rights & GrantRow::RIGHTS)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIT: Audit =
        Audit { slots: 512, present: 3, missing: 0, wrong: 0, surplus: 0, types: true, diverted: 0 };

    fn row(kind: CapKind, at: u64, more: u8) -> GrantRow<'static> {
        GrantRow { kind, at, rights: CALL | more, object: "server" }
    }

    #[test]
    fn what_an_audit_cannot_see_is_planned() {
        assert_eq!(Live::of(&row(CapKind::Memory, 0x400_0000, 0), &AUDIT, &[]), Live::Planned);
        let untyped = Audit { types: false, ..AUDIT };
        assert_eq!(Live::of(&row(CapKind::Endpoint, 77, 0), &untyped, &[]), Live::Present);
    }

    #[test]
    fn a_difference_is_told_of_its_slot_only() {
        let differences = [(77, Mismatch::Missing), (78, Mismatch::Wrong)];
        let of = |at| Live::of(&row(CapKind::Endpoint, at, GrantRow::DIVERTED), &AUDIT, &differences);
        assert_eq!([76, 77, 78].map(of), [Live::Diverted, Live::Missing, Live::Wrong]);
    }

    #[test]
    fn a_call_is_where_it_leads_at_the_moment_and_its_rights_stay() {
        let of = |more| Live::of(&row(CapKind::Endpoint, 77, more), &AUDIT, &[]);
        assert_eq!(
            [0, GrantRow::UNBOUND, GrantRow::DIVERTED].map(of),
            [Live::Held, Live::Unbound, Live::Diverted]
        );
        assert_eq!(rights(CapKind::Endpoint, CALL | GrantRow::UNBOUND), "write reply");
    }
}
