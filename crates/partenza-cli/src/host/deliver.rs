// SPDX-License-Identifier: BSD-2-Clause
//! `deliver`: hands over the program of a service whose `binary` is `delivered` (SPEC D-6).
//!
//! What goes over the line is the file that `partenza pack` wrote beside the image, in pieces; the plan in the image knows
//! its length and hash, and the system refuses any other.

use std::fs;
use std::io::{Write, stderr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use clap_complete::ArgValueCandidates;
use partenza_compiler::numbers::show_size;
use partenza_plan::sha256::sha256;
use partenza_protocol::Op;
use partenza_protocol::error::DeliveryError;
use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use serde_json::json;

use super::client::Trouble;
use super::session::{Form, Session};
use crate::output::is_screen;
use crate::{Failure, candidates};

pub const EXAMPLES: &str = "\
A service with `binary: delivered` in partenza.yaml is planned, and its program
is not in the image. `partenza pack` writes that beside the image, as
SERVICE.pzb; the system takes exactly these bytes, and no others.

Examples:
  partenza pack . -o build/system.elf && partenza run build/system.elf
  partenza deliver plugin build/plugin.pzb
      from another terminal, or with --line to a board
  partenza start plugin --wait
      or let a service look it up, call it, spawn it
  partenza deliver plugin build/plugin.pzb --json | jq -r .sha256";

/// How often a line that lost something is tried.
const ATTEMPTS: u32 = 3;
/// How often the progress is shown.
const SHOWN: Duration = Duration::from_millis(100);

#[derive(Args, Clone)]
pub struct DeliverArgs {
    /// The service, as `partenza status` lists it
    #[arg(add = ArgValueCandidates::new(candidates::services))]
    pub name: String,
    /// Its program, as `partenza pack` wrote it: SERVICE.pzb
    pub file: PathBuf,
    #[command(flatten)]
    pub form: Form,
}

pub fn deliver(args: &DeliverArgs, session: &mut Session) -> Result<(), Trouble> {
    let DeliverArgs { name, file, form } = args;
    let here = |why: String| Trouble::Here(Failure::environment(format!("{}: {why}", file.display())));
    let bytes = fs::read(file).map_err(|error| here(error.to_string()))?;
    if bytes.is_empty() {
        return Err(here("there is nothing in it".to_owned()));
    }
    let mut attempts = 1..=ATTEMPTS;
    while let Some(attempt) = attempts.next() {
        let outcome = hand_over(name, &bytes, session);
        match session.about(name, outcome) {
            Ok(()) => break,
            // A step or its answer was lost on the way; the last one may have done its work.
            Err(Trouble::Silent) if !attempts.is_empty() => {}
            Err(Trouble::Refused(code)) if attempt > 1 && code == DeliveryError::Complete.code() => break,
            Err(trouble) => return Err(trouble),
        }
    }
    let hash: String = sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let value = json!({
        "operation": Op::Deliver.name(),
        "service": name,
        "bytes": bytes.len(),
        "sha256": hash,
        "outcome": "delivered",
    });
    let size = show_size(bytes.len() as u64);
    session.put(
        *form,
        &value,
        &format!("{name}: its program is there, {size}; `partenza start {name}` starts it\n"),
    )
}

fn hand_over(service: &str, bytes: &[u8], session: &mut Session) -> Result<(), Trouble> {
    let mut progress = Progress::of(bytes.len());
    for (offset, piece) in (0..).step_by(MAX_DELIVERED).zip(bytes.chunks(MAX_DELIVERED)) {
        let last = offset as usize + piece.len() == bytes.len();
        let piece = Deliver { service, offset, bytes: piece, last };
        session.client.ask(Op::Deliver, &piece)?;
        progress.show(offset as usize + piece.bytes.len());
    }
    Ok(())
}

/// One line on the terminal, which is gone when all is done.
struct Progress {
    whole: usize,
    /// When it is shown next; `None` without a terminal.
    next: Option<Instant>,
    shown: bool,
}

impl Progress {
    fn of(whole: usize) -> Self {
        let next = is_screen(&stderr()).then(|| Instant::now() + SHOWN);
        Self { whole, next, shown: false }
    }

    fn show(&mut self, done: usize) {
        let now = Instant::now();
        if self.next.is_some_and(|next| next <= now) {
            let percent = done * 100 / self.whole;
            let (done, whole) = (done.div_ceil(1024), self.whole.div_ceil(1024));
            // Progress that cannot be shown is no reason to stop.
            let _ = write!(stderr(), "\r\x1b[K{percent:3} %, {done} of {whole} KiB");
            (self.next, self.shown) = (Some(now + SHOWN), true);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            // As above.
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
