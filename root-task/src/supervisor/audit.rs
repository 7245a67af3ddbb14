// SPDX-License-Identifier: BSD-2-Clause
//! What each service really holds, compared with the plan, by asking the kernel (SPEC F-8).
//!
//! * A slot that should hold a capability: it is copied into a slot of Init's, identified where the kernel tells types
//!   (debug kernels), and the copy is deleted again.
//! * Slots that should be empty: a run of them is filled with new objects, which the kernel refuses if one is not empty;
//!   then the objects are revoked. Nobody else runs meanwhile.
//!
//! An audit costs some thousand instructions per capability and per gap between them, and is done only on request.

use partenza_plan::ServiceId;
use partenza_plan::archived::{Grant, Object};
use partenza_protocol::Code;
use partenza_protocol::error::SupervisorError;
use partenza_protocol::event::{Event, Mismatch};
use partenza_protocol::request::{Audit, GrantRow};
use sel4::debug::Identity;

use crate::calls::call_table::condition;
use crate::service::inspect::Finding;
use crate::supervisor::state::Supervisor;

impl Supervisor {
    /// Audits one service. Every difference is an event.
    ///
    /// # Errors
    /// The service has no CSpace at the moment.
    pub(super) fn audit(&mut self, id: ServiceId) -> Result<Audit, Code> {
        if !self.services.entries[id.0 as usize].made.has_spaces() {
            return Err(SupervisorError::NotRunning.code());
        }
        let service = self.services.plan.service(id);
        let mut report = Audit {
            slots: 1 << service.cnode_radix,
            present: 0,
            missing: 0,
            wrong: 0,
            surplus: 0,
            types: false,
            diverted: 0,
        };
        let mut next = 0;
        for grant in service.caps.iter() {
            let cptr = grant.cptr.to_native();
            match condition(&self.calls.table, &self.services.entries, id, grant) {
                GrantRow::UNBOUND => continue,
                GrantRow::DIVERTED => report.diverted += 1,
                _ => {}
            }
            self.audit_gap(id, next..cptr, &mut report);
            next = cptr + 1;
            let finding = self.services.executor.examine(id, cptr);
            let mismatch = match finding {
                Finding::Empty => Some(Mismatch::Missing),
                Finding::Held(None) => None,
                Finding::Held(Some(identity)) => {
                    report.types = true;
                    (identity != self.expected(id, grant)).then_some(Mismatch::Wrong)
                }
            };
            match mismatch {
                None => report.present += 1,
                Some(Mismatch::Missing) => report.missing += 1,
                Some(Mismatch::Wrong | Mismatch::Surplus) => report.wrong += 1,
            }
            if let Some(what) = mismatch {
                self.report_mismatch(id, cptr, what);
            }
        }
        self.audit_gap(id, next..1 << service.cnode_radix, &mut report);
        Ok(report)
    }

    fn audit_gap(&mut self, id: ServiceId, gap: core::ops::Range<u32>, report: &mut Audit) {
        for cptr in self.services.executor.occupied(id, gap) {
            report.surplus += 1;
            self.report_mismatch(id, cptr, Mismatch::Surplus);
        }
    }

    fn report_mismatch(&mut self, service: ServiceId, cptr: u32, what: Mismatch) {
        self.services.tell(Event::AuditMismatch { service, cptr, what });
    }

    /// What the kernel calls it. Who stands by receives from its notification (SPEC S-2).
    fn expected(&self, id: ServiceId, grant: &Grant) -> Identity {
        match &grant.object {
            Object::Endpoint(endpoint)
                if grant.rights.read
                    && (self.calls.servers.stands_by(id)
                        || self.calls.former.withholds(endpoint.to_native())) =>
            {
                Identity::Notification
            }
            Object::Endpoint(_) | Object::Parent(_) | Object::Supervisor | Object::FaultHandler => {
                Identity::Endpoint
            }
            Object::Notification(_) => Identity::Notification,
            Object::Irq(_) => Identity::IrqHandler,
            Object::IoPorts(..) => Identity::IoPort,
            Object::Child(_) => Identity::Tcb,
        }
    }
}
