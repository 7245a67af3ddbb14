// SPDX-License-Identifier: BSD-2-Clause
//! Requests to the Supervisor of a running machine, over the event line (SPEC I-4).

use partenza_protocol::event::ServiceState;
use partenza_protocol::request::{Audit, ListPage, Page, Status, Uptime};
use partenza_protocol::{Code, Op, decode};

use crate::log::Answer;
use crate::machine::{Running, Trouble};
pub use crate::request::Request;

impl Answer {
    /// What the operation was refused with.
    ///
    /// # Errors
    /// The code.
    pub fn accepted(&self) -> Result<&[u8], Code> {
        if self.label == 0 { Ok(&self.payload) } else { Err(Code(self.label)) }
    }
}

/// A row of `list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: String,
    pub layer: u8,
    pub state: ServiceState,
    pub incarnation: u32,
}

impl Running {
    /// Asks for a change of a service; gives what the Supervisor says.
    ///
    /// # Errors
    /// It says nothing.
    pub fn ask(&mut self, op: Op, name: &str) -> Result<Result<(), Code>, Trouble> {
        Ok(self.request(&Request::about(op, name))?.accepted().map(drop))
    }

    /// Asks for a change of the whole system.
    ///
    /// # Errors
    /// As [`Running::ask`].
    pub fn order(&mut self, op: Op) -> Result<Result<(), Code>, Trouble> {
        Ok(self.request(&Request::plain(op))?.accepted().map(drop))
    }

    /// SPEC I-5, what `read` takes from it; `None` where it is refused or unreadable.
    ///
    /// # Errors
    /// As [`Running::ask`].
    pub fn status<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Status<'_>) -> T,
    ) -> Result<Option<T>, Trouble> {
        let answer = self.request(&Request::about(Op::Status, name))?;
        Ok(answer.accepted().ok().and_then(|bytes| decode(bytes).ok()).map(|status| read(&status)))
    }

    /// SPEC F-8.
    ///
    /// # Errors
    /// As [`Running::ask`].
    pub fn audit(&mut self, name: &str) -> Result<Option<Audit>, Trouble> {
        let answer = self.request(&Request::about(Op::Audit, name))?;
        Ok(answer.accepted().ok().and_then(|bytes| decode(bytes).ok()))
    }

    /// Microseconds since the kernel handed over.
    ///
    /// # Errors
    /// As [`Running::ask`].
    pub fn uptime(&mut self) -> Result<Option<u64>, Trouble> {
        let answer = self.request(&Request::plain(Op::Uptime))?;
        Ok(answer.accepted().ok().and_then(|bytes| decode::<Uptime>(bytes).ok()).map(|uptime| uptime.micros))
    }

    /// Every service; `None` where the answer cannot be read.
    ///
    /// # Errors
    /// As [`Running::ask`].
    pub fn list(&mut self) -> Result<Option<Vec<Listed>>, Trouble> {
        let (mut rows, mut from) = (Vec::new(), 0);
        loop {
            let answer = self.request(&Request::with(Op::List, &Page { from }))?;
            let Some(page) = answer.accepted().ok().and_then(|bytes| decode::<ListPage<'_>>(bytes).ok())
            else {
                return Ok(None);
            };
            rows.extend(page.rows.iter().map(|row| Listed {
                name: row.name.to_owned(),
                layer: row.layer,
                state: row.state,
                incarnation: row.incarnation.0,
            }));
            match page.next {
                Some(next) if next > from => from = next,
                Some(_) => return Ok(None),
                None => return Ok(Some(rows)),
            }
        }
    }
}
