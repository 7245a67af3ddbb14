// SPDX-License-Identifier: BSD-2-Clause
//! `attach`: a hub on the line to a board, for as long as the line is there.

use std::path::PathBuf;
use std::sync::mpsc;

use clap::Args;

use super::connect::{self, BAUD};
use super::serve::{Ends, Serving, Wiring};
use super::socket;
use crate::Failure;
use crate::args::EventFormat;
use crate::events::{Decoder, What};
use crate::output::outln;

pub const EXAMPLES: &str = "\
Examples:
  partenza attach /dev/ttyUSB0 --events text
      serve a board's event line, show its events
  partenza status
      from another terminal, in the same directory
  partenza attach tcp:lab:2001 --control lab.sock
      several boards at once: `partenza status --control lab.sock`";

#[derive(Args, Clone)]
pub struct AttachArgs {
    /// A serial device, a socket, or tcp:HOST:PORT
    #[arg(value_name = "LINE")]
    pub line: String,
    /// The control socket
    #[arg(long, value_name = "SOCKET", default_value = "control.sock")]
    pub control: PathBuf,
    /// Print events on standard output, one per line
    #[arg(long, value_name = "FORMAT")]
    pub events: Option<EventFormat>,
    /// Speed of a serial device
    #[arg(long, value_name = "BAUD", default_value_t = BAUD)]
    pub baud: u32,
}

pub fn attach(args: &AttachArgs) -> Result<(), Failure> {
    let line = connect::open(&args.line, args.baud)?;
    let control = socket::for_run(Some(&args.control), &args.control)?;
    let (sender, events) = mpsc::channel();
    let observer = Box::new(move |bytes: &[u8]| {
        // The other end is gone only when the command ends.
        let _ = sender.send(bytes.to_vec());
    });
    let wiring = Wiring {
        line: Ends::both(line).map_err(Failure::environment)?,
        control,
        clients: Vec::new(),
        observer: Some(observer),
    };
    let _hub = Serving::start(wiring).map_err(Failure::environment)?;
    let mut decoder = Decoder::default();
    let mut last = What::Other;
    // Ends when the line does.
    for bytes in events {
        for event in decoder.feed(&bytes) {
            match args.events {
                Some(EventFormat::Json) => outln!("{}", event.json)?,
                Some(EventFormat::Text) => outln!("{}", event.line())?,
                None => {}
            }
            last = event.what;
        }
    }
    if last == What::Finished { Ok(()) } else { Err(super::client::Trouble::Gone.into()) }
}
