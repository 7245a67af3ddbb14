// SPDX-License-Identifier: BSD-2-Clause
//! Services that may have their turn: first come, first served, through the records themselves. A service is in at
//! most one queue, at most once.

use crate::record::Record;
use crate::spec::ServiceId;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    first: Option<ServiceId>,
    last: Option<ServiceId>,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(crate) fn push(&mut self, records: &mut [Record], service: ServiceId) {
        if core::mem::replace(&mut records[service.index()].queued, true) {
            return;
        }
        match self.last.replace(service) {
            Some(last) => records[last.index()].next = Some(service),
            None => self.first = Some(service),
        }
    }

    pub(crate) fn pop(&mut self, records: &mut [Record]) -> Option<ServiceId> {
        let service = self.first?;
        let record = &mut records[service.index()];
        record.queued = false;
        self.first = record.next.take();
        if self.first.is_none() {
            self.last = None;
        }
        Some(service)
    }
}
