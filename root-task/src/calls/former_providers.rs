// SPDX-License-Identifier: BSD-2-Clause
//! Providers from which an endpoint was taken while they may have worked at a call, and what becomes of their clients
//! when they die (SPEC J-4, S-2).
//!
//! Who serves answers the call that it works at before anything else, so a hand-over leaves it that. If it dies first,
//! its client waits for nobody. But the kernel does not tell which of the clients that stand in a call wait for whom:
//! for the one that is gone, for another provider that works at their call, or for their turn. So:
//!
//! * Only who stood in a call at the hand-over, and stands in one now, can be meant.
//! * As long as a provider works at something nobody is touched, lest a healthy server's work be done twice. Who serves
//!   gets no further call until it has finished one, which is a delay for its clients of one call.
//!   A provider that polls never stands in a wait, and looks like one that works for ever: so neither lasts longer than
//!   [`PATIENCE`].
//! * When none works, they wait for the one that is gone, or for their turn, and are released as its channel says.

use partenza_lifecycle::Duration;
use partenza_plan::ServiceId;

use crate::calls::servers::Gone;
use crate::calls::state::Calls;
use crate::system::services::Services;

/// Until who serves is looked at again, while it finishes a call.
const FINISHING: Duration = Duration::from_millis(2);
/// Until another former provider is looked at again, which may work at one for long.
const WORKING: Duration = Duration::from_millis(50);

/// How long who serves gets no call. What it works at for longer is taken for polling: it gets calls again, and who waits
/// is released, although the provider may be at its call. As long are other former providers taken to be at work.
const PATIENCE: Duration = Duration::from_millis(1000);

impl Calls {
    /// The endpoint is taken from `from`: whoever stands in a call may wait for it.
    pub fn note_owed(&mut self, services: &mut Services, endpoint: u16, from: ServiceId) {
        if let Some(gone) = &mut self.former.gone[usize::from(endpoint)] {
            // Another serves from here on, and gets calls.
            gone.withheld = None;
        }
        if !services.entries[from.0 as usize].made.runs() {
            return;
        }
        for place in self.table.of_endpoint(endpoint) {
            let stands = services.standing_in(self.table.at(place)).is_some();
            let owed_by = &mut self.table.at_mut(place).owed_by;
            *owed_by = stands.then_some(owed_by.unwrap_or(from));
        }
    }

    /// One that does not serve is gone.
    pub fn on_former_gone(&mut self, services: &mut Services, id: ServiceId) {
        let Some(endpoint) = self.servers.endpoint_of(id) else { return };
        if self.table.of_endpoint(endpoint).any(|place| self.table.at(place).owed_by == Some(id)) {
            // Perhaps another is gone already, and who serves is held back for that.
            let withheld = self.former.gone[usize::from(endpoint)].and_then(|gone| gone.withheld);
            let since = services.clock.now();
            self.former.gone[usize::from(endpoint)] = Some(Gone { id, since, withheld });
            self.settle(services, endpoint);
        }
    }

    /// Time to look again.
    pub fn settle_all(&mut self, services: &mut Services) {
        self.former.look = None;
        for endpoint in 0..services.plan.objects.endpoints.to_native() {
            self.settle(services, endpoint);
        }
    }

    fn settle(&mut self, services: &mut Services, endpoint: u16) {
        let Some(Gone { id: gone, since, withheld: before }) = self.former.gone[usize::from(endpoint)] else {
            return;
        };
        let serves = self.servers.serving(endpoint);
        let now = services.clock.now();
        let works = |id: ServiceId| services.entries[id.0 as usize].made.runs() && !services.receives(id);
        let mut owing = self.table.of_endpoint(endpoint).filter_map(|place| self.table.at(place).owed_by);
        // Where another works, the others are not to wait for that.
        let (withheld, pause) =
            if now.since(since) < PATIENCE && owing.any(|by| by != gone && by != serves && works(by)) {
                (None, WORKING)
            } else if works(serves) && before.is_none_or(|since| now.since(since) < PATIENCE) {
                (Some(before.unwrap_or(now)), FINISHING)
            } else {
                self.release_standing(services, gone, endpoint, true, true);
                return self.end_settling(services, endpoint);
            };
        self.former.gone[usize::from(endpoint)] = Some(Gone { id: gone, since, withheld });
        if withheld.is_some() != before.is_some() {
            let place = if withheld.is_some() {
                services.executor.notification_slot(serves)
            } else {
                services.executor.endpoint_slot(endpoint)
            };
            services.receive(serves, place);
        }
        let look = now.after(pause);
        self.former.look = self.former.look.into_iter().chain([look]).min();
    }

    /// Nobody waits for one that is gone.
    pub fn end_settling(&mut self, services: &mut Services, endpoint: u16) {
        if self.former.gone[usize::from(endpoint)].take().is_some_and(|gone| gone.withheld.is_some()) {
            services.receive(self.servers.serving(endpoint), services.executor.endpoint_slot(endpoint));
        }
    }
}
