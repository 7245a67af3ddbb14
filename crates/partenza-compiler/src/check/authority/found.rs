// SPDX-License-Identifier: BSD-2-Clause
//! What the cross-check finds out about a service, and what it does so with.

use std::collections::BTreeMap;

use partenza_protocol::{Permissions, startup};

use crate::config::{Bind, Grant};
use crate::diagnostic::Diagnostics;
use crate::kinds::{Access, Kind};
use crate::manifest::{Manifest, Need};
use crate::resolve::{Model, Service};
use crate::sdf::{End, Irq, Map, Pd, Ports};
use crate::source::{Span, Spanned};

/// What the cross-check found out about one service.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// By channel id: the name under which the service knows the channel, and the client's rights.
    pub channels: BTreeMap<u8, (String, u8)>,
    /// Channels whose calls are made again when their server dies (SPEC J-4).
    pub repeats: Vec<u8>,
    /// Channels whose calls are not granted from the start, and what they wait for.
    pub late: Vec<(u8, Bind)>,
    /// Bit n: the n-th optional capability is granted.
    pub optional: u32,
    pub permissions: Permissions,
    pub supervisor_channel: Option<u8>,
    /// The first channel on which it serves.
    pub serves: Option<u8>,
}

/// The objects of one PD, each with the grant that names it.
pub(super) struct Objects<'m> {
    pub(super) maps: Vec<(&'m Map, Option<Span>)>,
    pub(super) irqs: Vec<(&'m Irq, Option<Span>)>,
    pub(super) ports: Vec<(&'m Ports, Option<Span>)>,
    pub(super) ends: Vec<(&'m End, &'m End, Option<Span>)>,
    pub(super) children: Vec<(&'m Pd, Option<Span>)>,
}

pub(super) struct Check<'c, 'm> {
    pub(super) model: &'c Model<'m>,
    pub(super) service: &'c Service<'m>,
    pub(super) manifest: &'m Manifest,
    pub(super) out: &'c mut Diagnostics,
    pub(super) objects: Objects<'m>,
    /// Objects that no grant names, and of which was said already which grant should.
    pub(super) explained: Vec<Span>,
}

pub(super) fn matches(grant: &Grant, need: &Need) -> bool {
    grant.kind == need.kind
        && grant.name.as_ref().map(|n| n.value.as_str()) == need.name.as_ref().map(|n| n.value.as_str())
}

pub(super) fn title(kind: Kind, name: Option<&Spanned<String>>) -> String {
    match name {
        Some(name) => format!("{}: {}", kind.row().word, name.value),
        None => kind.row().word.to_owned(),
    }
}

/// Bits of the startup page's channel list.
pub(super) fn bits(access: Access) -> u8 {
    (u8::from(access.write) * startup::RIGHT_WRITE) | (u8::from(access.read) * startup::RIGHT_READ)
}

impl<'m> Check<'_, 'm> {
    pub(super) fn grants(&self) -> &'m [Grant] {
        self.service.entry.map_or(&[], |entry| &entry.grants)
    }
}
