// SPDX-License-Identifier: BSD-2-Clause
//! Services that may take each other's place (SPEC S-2): they share one endpoint, so whoever may call one may call
//! all of them, on channels that look the same to each.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::Model;
use crate::source::Spanned;

/// An entry of `providers` with more than one service: members as indices into the model, preferred first.
pub struct Group<'m> {
    /// Its place in `providers`.
    pub index: usize,
    pub interface: &'m Spanned<String>,
    pub members: Vec<usize>,
}

impl Group<'_> {
    /// Whether there is an endpoint for them to serve.
    #[must_use]
    pub fn is_called(&self, model: &Model<'_>) -> bool {
        let mut members = self.members.iter();
        members.any(|at| model.system.ends_of(model.services[*at].name()).any(|(_, peer)| peer.pp))
    }
}

/// The groups of a system. Names that nothing has were reported when names were resolved.
#[must_use]
pub fn groups<'m>(model: &Model<'m>) -> Vec<Group<'m>> {
    let members = |names: &[Spanned<String>]| {
        let mut members: Vec<usize> = names.iter().filter_map(|name| model.service(&name.value)).collect();
        let mut seen = std::collections::HashSet::new();
        members.retain(|at| seen.insert(*at));
        members
    };
    let groups = model.config.providers.iter().enumerate();
    let groups =
        groups.map(|(index, (interface, names))| Group { index, interface, members: members(names) });
    groups.filter(|group| group.members.len() > 1).collect()
}

/// Findings go to `out`.
pub fn check(model: &Model<'_>, out: &mut Diagnostics) {
    let groups = groups(model);
    let mut member_of = vec![None; model.services.len()];
    for group in &groups {
        for at in &group.members {
            if let Some(other) = member_of[*at].replace(group.interface) {
                let name = model.services[*at].name();
                let message = format!("`{name}` is listed as a provider of two interfaces");
                out.push(
                    Diagnostic::error(Code::ProviderTwice, message)
                        .at(group.interface.span, "listed here")
                        .at(other.span, "and here"),
                );
            }
        }
        every_client_reaches_all(model, group, out);
    }
}

/// A service that takes another's place hears that one's clients, so system.xml must allow each of them to call it.
fn every_client_reaches_all(model: &Model<'_>, group: &Group<'_>, out: &mut Diagnostics) {
    for client in &model.services {
        let ends: Vec<_> = model.system.ends_of(client.name()).filter(|(end, _)| end.pp).collect();
        let to = |at: usize| {
            let name = model.services[at].name();
            ends.iter().find(|(_, peer)| peer.pd.value == name)
        };
        let Some((first, (end, peer))) = group.members.iter().find_map(|at| Some((*at, to(*at)?))) else {
            continue;
        };
        for at in group.members.iter().copied().filter(|at| *at != first) {
            let (name, known) = (model.services[at].name(), model.services[first].name());
            let found = match to(at) {
                None => {
                    let message = format!(
                        "`{}` may call `{known}` and not `{name}`, which may take its place",
                        client.name()
                    );
                    Diagnostic::error(Code::ProviderUnreached, message).at(end.span, "calls this one").help(
                        format!(
                            "write `<channel><end pd=\"{}\" id=\"…\" pp=\"true\"/><end pd=\"{name}\" id=\"{}\"/></channel>`",
                            client.name(),
                            peer.id.value
                        ),
                    )
                }
                Some((_, other)) if other.id.value != peer.id.value => {
                    let message = format!(
                        "`{}` is channel {} to `{known}` and channel {} to `{name}`, which may take its place",
                        client.name(),
                        peer.id.value,
                        other.id.value
                    );
                    Diagnostic::error(Code::ProviderUnreached, message)
                        .at(other.id.span, format!("write {} here", peer.id.value))
                        .at(peer.id.span, "as here")
                }
                Some(_) => continue,
            };
            out.push(found.at(group.interface.span, "they are behind one endpoint"));
        }
    }
}
