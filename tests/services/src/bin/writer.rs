// SPDX-License-Identifier: BSD-2-Clause
//! Writes as many numbered lines to `log/lines` as its argument says, once it is ready, a millisecond apart. While nobody is
//! there to take a line it tries again; a refusal is its end: `wrote 20 of 20`, or `wrote 0 of 1: PZ-E0704`.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use partenza_protocol::error::SupervisorError;
use partenza_service::{Code, Context, Level, Service, ServiceError, serve};
use partenza_test_services::{APPEND, wait};
use sel4_microkit::{Handler, protection_domain};

/// Milliseconds between two lines, or two attempts.
const PAUSE: u64 = 1;

#[derive(Default)]
struct Writer {
    lines: u32,
}

impl Writer {
    fn write(&self, context: &Context) -> Result<(), (u32, Code)> {
        let log = context.peer("log/lines").map_err(|code| (0, code))?;
        let mut line = 1;
        while line <= self.lines {
            match log.ask::<u32, u32>(APPEND, &line) {
                Ok(_) => line += 1,
                Err(code) if code == SupervisorError::ServerDown.code() => {}
                Err(code) => return Err((line - 1, code)),
            }
            wait(PAUSE);
        }
        Ok(())
    }
}

impl Service for Writer {
    fn start(&mut self, context: &Context) -> Result<(), Code> {
        let lines = context.startup().args().next().and_then(|lines| lines.parse().ok());
        self.lines = lines.ok_or(ServiceError::BadArgument.code())?;
        Ok(())
    }

    fn started(&mut self, context: &Context) {
        let lines = self.lines;
        match self.write(context) {
            Ok(()) => context.log(Level::Info, format_args!("wrote {lines} of {lines}")),
            Err((written, code)) => {
                context.log(Level::Warn, format_args!("wrote {written} of {lines}: {code}"));
            }
        }
    }
}

#[protection_domain]
fn init() -> impl Handler {
    serve(Writer::default())
}
