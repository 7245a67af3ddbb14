// SPDX-License-Identifier: BSD-2-Clause
//! What is checked of a service beside its requests: what it serves, what nobody asked for, bounds, its channel to the
//! Supervisor.

use partenza_plan::Readiness;
use partenza_plan::policy::Probe;

use super::found::{Authority, Check, matches, title};
use crate::config::SupervisorChannel;
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::kernel::Kernel;
use crate::kinds::{Kind, Part};
use crate::numbers::{show_duration, show_size};
use crate::source::{Span, Spanned};

impl Check<'_, '_> {
    /// Each interface served must be one that the manifest provides, if that is `whole`, on ends that clients call.
    pub(super) fn provides(&mut self, whole: bool, authority: &mut Authority) {
        let Some(entry) = self.service.entry else { return };
        for served in &entry.provides {
            let known = self.manifest.provides.iter().map(|p| p.interface.value.as_str());
            if whole && !known.clone().any(|name| name == served.interface.value) {
                let message = format!(
                    "the manifest of `{}` does not provide `{}`",
                    self.service.name(),
                    served.interface.value
                );
                let help = suggest(&served.interface.value, known).unwrap_or_else(|| {
                    let item = format!("{{interface: {}, version: 1.0.0}}", served.interface.value);
                    format!("write `provides: [{item}]` in the manifest, or remove it here")
                });
                self.out.push(
                    Diagnostic::error(Code::GrantNotAsked, message).at(served.interface.span, "").help(help),
                );
            }
            for id in &served.channels {
                let found = self.objects.ends.iter_mut().find(|(end, _, _)| end.id.value == id.value);
                let called = found.as_ref().is_none_or(|(_, peer, _)| peer.pp);
                let peer = found.as_ref().map(|(_, peer, _)| peer.span);
                let twice = found.map(|(_, _, user)| user.replace(id.span));
                self.used(twice, id.span, Part::Channel, &id.value, None);
                if let Some(peer) = peer.filter(|_| !called) {
                    let message =
                        format!("nobody can call `{}` on channel {}", self.service.name(), id.value);
                    self.out.push(
                        Diagnostic::error(Code::WrongParts, message)
                            .at(id.span, "served here")
                            .at(peer, "add pp=\"true\" to the client's end")
                            .help("of the two ends of a channel, the one that calls has pp=\"true\""),
                    );
                }
                authority.serves = authority.serves.or(Some(id.value));
            }
        }
    }

    pub(super) fn unasked_grants(&mut self) {
        for grant in self.grants() {
            if !self.manifest.needs.iter().any(|need| matches(grant, need)) {
                let what = title(grant.kind, grant.name.as_ref());
                let message = format!("the manifest of `{}` does not ask for `{what}`", self.service.name());
                let asked = self.manifest.needs.iter().filter(|n| n.kind == grant.kind);
                let names = asked.filter_map(|n| n.name.as_ref()).map(|n| n.value.as_str());
                let help = grant.name.as_ref().and_then(|name| suggest(&name.value, names));
                self.out.push(
                    Diagnostic::error(Code::GrantNotAsked, message).at(grant.span, "").maybe_help(help),
                );
            }
        }
    }

    /// Everything that system.xml gives must be named. An end that neither calls nor signals gives nothing.
    pub(super) fn unnamed_objects(&mut self) {
        let mut unnamed: Vec<(Span, String, String)> = Vec::new();
        for (map, _) in self.objects.maps.iter().filter(|(_, user)| user.is_none()) {
            let region = &map.region.value;
            let help = self.ask_for("memory", "NAME", region);
            unnamed.push((map.span, format!("memory region `{region}`"), help));
        }
        for (irq, _) in self.objects.irqs.iter().filter(|(_, user)| user.is_none()) {
            let help = self.ask_for("irq", "NAME", &irq.id.value.to_string());
            unnamed.push((irq.span, format!("interrupt {} ({})", irq.id.value, irq.source), help));
        }
        for (ports, _) in self.objects.ports.iter().filter(|(_, user)| user.is_none()) {
            let help = self.ask_for("ioport", "NAME", &ports.id.value.to_string());
            unnamed.push((ports.span, format!("I/O ports {:#x} to {:#x}", ports.first, ports.last), help));
        }
        for (child, _) in self.objects.children.iter().filter(|(_, user)| user.is_none()) {
            let name = &child.name.value;
            unnamed.push((
                child.name.span,
                format!("the child `{name}`"),
                self.ask_for("child-control", "NAME", name),
            ));
        }
        for (end, peer, _) in self.objects.ends.iter().filter(|(_, _, user)| user.is_none()) {
            if end.pp || end.notify || peer.pp {
                let what = format!("channel {} to `{}`", end.id.value, peer.pd.value);
                unnamed.push((end.span, what, self.ask_for_channel(end, peer)));
            }
        }
        for (span, what, help) in unnamed.into_iter().filter(|(span, ..)| !self.explained.contains(span)) {
            let message = format!("`{}` is given {what}, and no grant names it", self.service.name());
            self.out.push(Diagnostic::error(Code::ObjectNotAsked, message).at(span, "given here").help(help));
        }
    }

    /// `resources` of the manifest are upper bounds.
    pub(super) fn bounds(&mut self) {
        let (pd, resources) = (self.service.pd, &self.manifest.resources);
        let priority = Spanned::new(u64::from(pd.priority.value), pd.priority.span);
        let pairs = [
            ("stack_size", Some(&pd.stack_size), &resources.stack, show_size as fn(u64) -> String),
            ("priority", Some(&priority), &resources.priority, |n| n.to_string()),
            ("budget", pd.budget.as_ref(), &resources.budget, show_duration),
            ("period", pd.period.as_ref(), &resources.period, show_duration),
        ];
        for (what, given, bound, show) in pairs {
            let (Some(given), Some(bound)) = (given, bound) else { continue };
            if given.value > bound.value {
                let message = format!("{what} of `{}` is above its manifest's bound", self.service.name());
                self.out.push(
                    Diagnostic::error(Code::AboveBound, message)
                        .at(given.span, format!("given: {}", show(given.value)))
                        .at(bound.span, format!("bound: {}", show(bound.value))),
                );
            }
        }
    }

    /// Gives the channel its id: as written, or the highest free one.
    pub(super) fn supervisor_channel(&mut self, kernel: &Kernel, authority: &mut Authority) {
        let pd = self.service.pd;
        let used: Vec<&Spanned<u8>> = pd
            .irqs
            .iter()
            .map(|i| &i.id)
            .chain(self.objects.ends.iter().map(|(end, _, _)| &end.id))
            .collect();
        let choice = self.service.entry.map_or(&SupervisorChannel::Auto, |e| &e.supervisor_channel);
        authority.supervisor_channel = match choice {
            SupervisorChannel::Auto if self.silent() => None,
            SupervisorChannel::Auto => {
                let free =
                    (0..=kernel.facts.max_channel).rev().find(|id| used.iter().all(|u| u.value != *id));
                if free.is_none() {
                    let message = format!("`{}` uses every channel id", self.service.name());
                    self.out.push(Diagnostic::error(Code::NoFreeChannel, message).at(pd.name.span, ""));
                }
                free
            }
            SupervisorChannel::Id(id) => {
                if let Some(other) = used.iter().find(|u| u.value == id.value) {
                    let message = format!("id {} of the supervisor channel is in use", id.value);
                    self.out.push(
                        Diagnostic::error(Code::DuplicateId, message)
                            .at(id.span, "supervisor channel")
                            .at(other.span, "used here"),
                    );
                }
                Some(id.value)
            }
            SupervisorChannel::None(span) => {
                let asks = self.manifest.needs.iter().any(|need| need.kind == Kind::Supervisor);
                let probed = self.service.health.probe != Probe::None;
                if self.service.readiness != Readiness::None || asks || probed {
                    let message = format!(
                        "`{}` reports to the Supervisor and has no channel to it",
                        self.service.name()
                    );
                    self.out.push(Diagnostic::error(Code::NeedsSupervisor, message).at(*span, ""));
                }
                None
            }
        };
    }

    /// Whether it never speaks with the Supervisor unless it wants to.
    fn silent(&self) -> bool {
        self.service.readiness == Readiness::None && self.service.health.probe == Probe::None
    }

    pub(super) fn calls_are_required(&mut self) {
        let calls = self.manifest.needs.iter().filter(|n| matches!(n.kind, Kind::Call | Kind::Axiom));
        for need in calls.filter(|n| n.optional.is_none()) {
            let Some(name) = &need.name else { continue };
            let required = self.manifest.requires.iter().any(|r| r.what.name().value == name.value)
                || self.peer_is_required(name);
            if !required {
                let message =
                    format!("`{}` calls `{}` but does not require it", self.service.name(), name.value);
                self.out.push(Diagnostic::warning(Code::CallWithoutRequire, message).at(name.span, ""));
            }
        }
    }

    /// Whether the service behind that call's channel is required by name.
    fn peer_is_required(&self, interface: &Spanned<String>) -> bool {
        let grant =
            self.grants().iter().find(|g| g.name.as_ref().is_some_and(|n| n.value == interface.value));
        let id = grant.and_then(|g| g.channels.first()).map(|id| id.value);
        let peer = self.objects.ends.iter().find(|(end, _, _)| Some(end.id.value) == id);
        let peer = peer.and_then(|(_, peer, _)| self.model.service(&peer.pd.value));
        self.service.requires.iter().any(|d| d.required && Some(d.on) == peer)
    }
}
