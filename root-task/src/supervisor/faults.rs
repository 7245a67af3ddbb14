// SPDX-License-Identifier: BSD-2-Clause
//! Faults of services (SPEC J-1): what happened is told, and the machine decides what follows.

use core::fmt::Write;

use partenza_lifecycle::Event as Life;
use partenza_plan::ServiceId;
use partenza_plan::symbols::Symbols;
use partenza_protocol::control::{Level, MAX_TEXT};
use partenza_protocol::error::{BootError, SupervisorError};
use partenza_protocol::event::Event;
use partenza_protocol::text::Text;

use crate::service::fault_report;
use crate::supervisor::state::Supervisor;
use crate::system::ids::life;

impl Supervisor {
    /// SPEC J: a service faulted. The kernel keeps it where it is until it is destroyed.
    pub(super) fn on_fault(&mut self, id: ServiceId, fault: Option<sel4::Fault>) {
        if let Some(accounts) = &mut self.given.accounts {
            accounts.failed(id);
        }
        let service = self.services.plan.service(id);
        let image = self.services.plan.image_of(service);
        let table = image.symbols.as_ref();
        let table = table.and_then(|range| self.given.archive.range(range.0.into(), range.1.into()));
        let registers = self.services.executor.registers(id).ok();
        if let Some(panic) = registers
            .as_ref()
            .and_then(|r| fault_report::panic(r, image, self.services.executor.store.holder(image)))
        {
            let mut text = Text::<MAX_TEXT>::new();
            // Its end is cut where it does not fit.
            let _ = write!(text, "panicked at {}:{}: {}", panic.file, panic.line, panic.message);
            let line = Event::Message { service: id, level: Level::Error, text: text.as_str() };
            self.services.journal.quote(self.services.clock.now(), &line);
        }
        let fault = fault_report::describe(fault, registers.as_ref(), service, image, table.map(Symbols));
        let entry = &mut self.services.entries[id.0 as usize];
        entry.last_error = Some(match (fault.gave_up(), entry.ready) {
            (Some(code), _) => code,
            (None, Some(_)) => SupervisorError::Crashed.code(),
            (None, None) => BootError::ServiceCrashed.code(),
        });
        self.services.tell(Event::Crashed { service: id, fault });
        self.feed(Life::Crashed(life(id)));
    }
}
