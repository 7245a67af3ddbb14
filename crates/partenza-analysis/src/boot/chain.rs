// SPDX-License-Identifier: BSD-2-Clause
//! The critical chain: backwards from the boot's end through whatever released each start. Only what is on it can make
//! the boot shorter.

use super::timeline::{Release, Timeline};

/// A service's part of the chain, in microseconds since the kernel handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index into [`Timeline::services`].
    pub service: usize,
    /// Index of its attempt.
    pub attempt: usize,
    pub starting: u64,
    pub created: Option<u64>,
    /// When the next thing could go on: it was ready, had failed, or was built.
    pub until: u64,
    /// Only its building is on the chain: the next waited for Init, not for it.
    pub built_only: bool,
    pub released: Release,
}

/// First to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    pub links: Vec<Link>,
}

impl Chain {
    #[must_use]
    pub fn of(timeline: &Timeline) -> Self {
        let mut chain = Self::default();
        let culprit = timeline.end.as_ref().and_then(|end| end.culprit);
        let last = culprit.or_else(|| timeline.layers.iter().rev().find_map(|layer| layer.last));
        let mut next = last.and_then(|service| link(timeline, service, usize::MAX, false));
        while let Some(this) = next {
            // Times never go forward on the way back; a damaged record must not make a circle.
            let circle = chain.links.iter().any(|l| (l.service, l.attempt) == (this.service, this.attempt));
            if circle {
                break;
            }
            chain.links.push(this);
            next = before(timeline, &this);
        }
        chain.links.reverse();
        chain
    }

    #[must_use]
    pub fn holds(&self, service: usize, attempt: usize) -> bool {
        self.links.iter().any(|link| (link.service, link.attempt) == (service, attempt))
    }
}

/// The link of a service's attempt, the last one at most `attempt`.
fn link(timeline: &Timeline, service: usize, attempt: usize, built_only: bool) -> Option<Link> {
    let attempts = &timeline.services.get(service)?.attempts;
    let at = attempt.min(attempts.len().checked_sub(1)?);
    let this = &attempts[at];
    let until = if built_only { this.created } else { this.settled() };
    Some(Link {
        service,
        attempt: at,
        starting: this.starting,
        created: this.created,
        until: until.unwrap_or(timeline.last),
        built_only,
        released: this.released,
    })
}

fn before(timeline: &Timeline, this: &Link) -> Option<Link> {
    match this.released {
        Release::Ready(service) | Release::Failed(service) => link(timeline, service, 0, false),
        Release::Built(service) => link(timeline, service, 0, true),
        Release::Again => link(timeline, this.service, this.attempt.checked_sub(1)?, false),
        Release::Layer(number) => {
            let at = timeline.layers.iter().position(|layer| layer.number == number)?;
            let last = timeline.layers[..at].iter().rev().find_map(|layer| layer.last)?;
            link(timeline, last, 0, false)
        }
        Release::Booted | Release::Unknown => None,
    }
}
