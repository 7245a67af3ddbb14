// SPDX-License-Identifier: BSD-2-Clause
//! `driver_manager`: which driver serves which device. Serves `driver/registry`.
//!
//! Drivers register themselves; the name under which they are listed is that of their channel.
#![no_std]
#![no_main]

use core::fmt::Write;

use heapless::{String, Vec};
use partenza_interfaces::drivers::{Driver, From, LIST, List, MAX_NAME, MAX_ROWS, REGISTER, Register};
use partenza_service::{Answered, Call, Code, Context, InfoText, Service, ServiceError, serve};
use sel4_microkit::{Handler, protection_domain};

/// Drivers that can register.
const DRIVERS: usize = 16;

struct Row {
    service: &'static str,
    class: String<MAX_NAME>,
    device: String<MAX_NAME>,
    present: bool,
}

impl Row {
    fn driver(&self) -> Driver<'_> {
        Driver { service: self.service, class: &self.class, device: &self.device, present: self.present }
    }
}

#[derive(Default)]
struct DriverManager {
    rows: Vec<Row, DRIVERS>,
}

impl DriverManager {
    fn register(&mut self, service: &'static str, what: &Register<'_>) -> Result<(), ServiceError> {
        let name = |text| String::try_from(text).map_err(|_| ServiceError::OutOfRange);
        let row =
            Row { service, class: name(what.class)?, device: name(what.device)?, present: what.present };
        match self.rows.iter_mut().find(|known| known.service == service) {
            Some(known) => *known = row,
            None => self.rows.push(row).map_err(|_| ServiceError::Full)?,
        }
        Ok(())
    }
}

impl Service for DriverManager {
    fn call(&mut self, _context: &Context, call: &mut Call<'_>) -> Result<Answered, Code> {
        match call.label() {
            REGISTER => {
                call.needs_write()?;
                self.register(call.client(), &call.request()?)?;
                Ok(call.done())
            }
            LIST => {
                call.needs_read()?;
                let From { row } = call.request()?;
                let drivers =
                    self.rows.iter().skip(usize::from(row)).take(MAX_ROWS).map(Row::driver).collect();
                call.answer(&List { drivers, total: self.rows.len() as u16 })
            }
            _ => call.unknown(),
        }
    }

    fn describe(&self, _context: &Context, text: &mut InfoText) {
        // Text never fails.
        let _ = write!(text, "{} drivers registered", self.rows.len());
        for row in &self.rows {
            let present = if row.present { "present" } else { "absent" };
            let _ = write!(text, "\n{}: {} {}, {present}", row.service, row.class, row.device);
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(DriverManager::default())
}
