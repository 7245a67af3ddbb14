// SPDX-License-Identifier: BSD-2-Clause
//! `bootchart`, `blame`, `critical-chain`: where the time of a real boot went (SPEC R-2).

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Command, FromArgMatches};
use partenza_analysis::boot::{self, Timeline};
use partenza_analysis::source::Source;
use serde_json::Value;

use crate::output::{errln, paint, text, to};
use crate::run_args::RunArgs;
use crate::system::{CompileArgs, Loaded};
use crate::{Failure, output, run};

pub const CHART_EXAMPLES: &str = "\
Examples:
  partenza run --headless --events json --until boot-complete > boot.jsonl
  partenza bootchart boot.jsonl -o boot.svg
      of a recorded boot
  partenza bootchart boot.jsonl --plan image.elf -o boot.svg
      with the plan's budgets as marks
  partenza bootchart image.elf -o boot.svg
      boot it in QEMU now, and chart that
  partenza decode < capture.bin | partenza bootchart - -o boot.svg
      of a board's second serial line";

pub const BLAME_EXAMPLES: &str = "\
Examples:
  partenza blame boot.jsonl   of a recorded boot
  partenza blame image.elf    boot the image in QEMU now
  partenza blame boot.jsonl --json | jq '.services[0]'

From created to ready is the service's own time. Long does not mean that it
delays the boot: services start side by side. `partenza critical-chain` shows
what does.";

pub const CHAIN_EXAMPLES: &str = "\
Examples:
  partenza critical-chain boot.jsonl
  partenza critical-chain image.elf --json

From the end of the boot backwards: each service after whatever released it,
which is the last dependency to be ready, its layer's begin, or Init, which
builds one service at a time. `@` is when Init began to build it, `+` how long
it took from there. Only what is on the chain can make the boot shorter.";

#[derive(Args, Clone)]
pub struct EventsArgs {
    /// Event lines as of `run --events json` (- for standard input), or an image or directory to boot now
    #[arg(value_name = "EVENTS|IMAGE|DIR")]
    pub what: PathBuf,
    /// The plan that was booted, for its budgets: a directory, an archive or an image
    #[arg(long, value_name = "SYSTEM")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub compile: CompileArgs,
}

#[derive(Args, Clone)]
pub struct ChartArgs {
    #[command(flatten)]
    pub events: EventsArgs,
    /// Where to write the picture, if not to standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args, Clone)]
pub struct TextArgs {
    #[command(flatten)]
    pub events: EventsArgs,
    /// The answer as JSON
    #[arg(long)]
    pub json: bool,
}

pub fn bootchart(args: &ChartArgs) -> Result<(), Failure> {
    let timeline = timeline(&args.events)?;
    to(args.output.as_deref(), &boot::chart(&timeline))
}

pub fn blame(args: &TextArgs) -> Result<(), Failure> {
    let timeline = timeline(&args.events)?;
    if args.json { output::json(boot::blame_json(&timeline)) } else { text(&boot::blame(&timeline, paint())) }
}

pub fn critical_chain(args: &TextArgs) -> Result<(), Failure> {
    let timeline = timeline(&args.events)?;
    if args.json {
        output::json(boot::chain_json(&timeline))
    } else {
        text(&boot::critical_chain(&timeline, paint()))
    }
}

fn timeline(args: &EventsArgs) -> Result<Timeline, Failure> {
    let name = args.what.display();
    let bad = |why: boot::BadEvents| Failure::environment(format!("{name}: line {}: {}", why.line, why.why));
    let (mut timeline, image) = match contents(&args.what)? {
        Contents::Lines(lines) => (Timeline::read(lines.lines()).map_err(bad)?, None),
        Contents::Machine(image) => (Timeline::of(&live(args)?).map_err(bad)?, image),
    };
    if timeline.is_empty() {
        let help = "expected what `partenza run --events json` prints, from the begin of a boot";
        return Err(Failure::environment(format!(
            "{name}: no service is registered in these events; {help}"
        )));
    }
    // What was booted now has its plan with it.
    if let Some(plan) = args.plan.as_ref().or(args.what.is_dir().then_some(&args.what)) {
        timeline.add_budgets(&Loaded::load(plan, &args.compile)?.source()?.plan());
    } else if let Some(source) = image.as_ref().and_then(|bytes| Source::open(bytes).ok()) {
        timeline.add_budgets(&source.plan());
    }
    Ok(timeline)
}

enum Contents {
    Lines(String),
    /// To be booted: an image's bytes, or a directory.
    Machine(Option<Vec<u8>>),
}

fn contents(what: &Path) -> Result<Contents, Failure> {
    if what.is_dir() {
        return Ok(Contents::Machine(None));
    }
    let failure = |error: io::Error| Failure::environment(format!("{}: {error}", what.display()));
    let bytes = if what == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map_err(failure)?;
        bytes
    } else {
        fs::read(what).map_err(failure)?
    };
    if bytes.starts_with(b"\x7fELF") {
        return Ok(Contents::Machine(Some(bytes)));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        let help = "turn a capture of the event line into text with `partenza decode`";
        Failure::environment(format!("{} is no text; {help}", what.display()))
    })?;
    Ok(Contents::Lines(text))
}

/// Boots without a terminal until the boot is over; a boot that fails is shown all the same.
fn live(args: &EventsArgs) -> Result<Vec<Value>, Failure> {
    let mut words = vec!["run".into(), args.what.clone().into_os_string()];
    words.extend(
        ["--headless", "--console", "/dev/null", "--until", "boot-complete", "--timeout", "60s"]
            .map(Into::into),
    );
    if let Some(kernel) = &args.compile.files.kernel.kernel {
        words.extend(["--kernel".into(), kernel.clone().into_os_string()]);
    }
    for path in &args.compile.files.search_path {
        words.extend(["--search-path".into(), path.clone().into_os_string()]);
    }
    // As on the command line, so that the defaults are the same.
    let run = RunArgs::augment_args(Command::new("run"))
        .try_get_matches_from(words)
        .and_then(|matches| RunArgs::from_arg_matches(&matches))
        .map_err(Failure::environment)?;
    let mut events = Vec::new();
    match run::boot(&run, &mut |event, _| {
        events.push(event.json.clone());
        Ok(())
    }) {
        Ok(()) => Ok(events),
        Err(Failure::Failed(why)) => {
            errln!("partenza: {why}");
            Ok(events)
        }
        Err(other) => Err(other),
    }
}
