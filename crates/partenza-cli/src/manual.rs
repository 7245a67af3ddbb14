// SPDX-License-Identifier: BSD-2-Clause
//! `completions`, `man`: written from the same definitions that the command line is read by.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_complete::env::Shells;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::Failure;
use crate::output::text;

pub const COMPLETIONS: &str = "\
Examples:
  echo 'source <(partenza completions bash)' >> ~/.bashrc
  echo 'source <(partenza completions zsh)' >> ~/.zshrc
  echo 'partenza completions fish | source' >> ~/.config/fish/config.fish

They complete commands and options, names of services (of the system that runs,
else of manifests/), codes and boot parameters. The script asks the command that
it finds on the search path, so let the shell fetch it anew each time, as above.";

pub const MAN: &str = "\
Examples:
  partenza man | man -l -
  partenza man --write /usr/local/share/man/man1
      the command's page, and one for each subcommand";

/// The variable by which a shell's script asks for completions.
pub const COMPLETE: &str = "PARTENZA_COMPLETE";

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "The command did what it was asked, and nothing is wrong."),
    ("1", "The system has problems, its boot failed, it refused, or it is not as it should be."),
    (
        "2",
        "The command was used wrongly, or something that it needs is not there: a kernel, a file, a system that answers.",
    ),
    ("128 + N", "Signal N ended it. 141: nobody reads its output any more."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("SEL4_PREFIX", "The kernel's prefix where --kernel is not given."),
    (
        "PARTENZA_CACHE",
        "Where compiled plans are kept; empty for nowhere. Otherwise $XDG_CACHE_HOME/partenza, else ~/.cache/partenza.",
    ),
    ("NO_COLOR", "Anything in it turns colours off."),
    ("TERM", "dumb, or nothing: no colours, no drawing; top and console behave as without a terminal."),
    (COMPLETE, "Set by the scripts of partenza completions."),
];

const FILES: &[(&str, &str)] = &[
    ("system.xml", "Every kernel object of a system, in the seL4 Microkit's format."),
    (
        "partenza.yaml",
        "The integrator's side: which manifest a domain runs, what its channels mean, grants, policy.",
    ),
    ("manifests/NAME.yaml", "An author's declaration of a service."),
    ("extensions.yaml", "The registry of extensions, where a system has one."),
    ("build/kernel/debug", "The kernel's prefix where neither --kernel nor SEL4_PREFIX names one."),
    ("build/partenza/image.elf", "What pack and run write where nothing else is said."),
    (
        "control.sock",
        "Beside an image that runs: where status, log, restart and their like find it. Who may write to it holds the machine.",
    ),
];

#[derive(Args, Clone)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Args, Clone)]
pub struct ManArgs {
    /// Write every page to a directory
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let shell = args.shell.to_string();
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&shell) else {
        return Err(Failure::environment(format!("no completions for {shell}")));
    };
    let mut script = Vec::new();
    completer
        .write_registration(COMPLETE, "partenza", "partenza", "partenza", &mut script)
        .map_err(Failure::environment)?;
    text(&String::from_utf8_lossy(&script))
}

/// The pages of `whole`, the command line.
pub fn man(args: &ManArgs, mut whole: Command) -> Result<(), Failure> {
    whole.build();
    let Some(dir) = &args.write else {
        return text(&String::from_utf8_lossy(&page(&whole, &whole).map_err(Failure::environment)?));
    };
    let write = |path: PathBuf, page: Vec<u8>| {
        fs::write(&path, page).map_err(|error| Failure::writing(&path, &error))
    };
    fs::create_dir_all(dir).map_err(|error| Failure::writing(dir, &error))?;
    write(dir.join("partenza.1"), page(&whole, &whole).map_err(Failure::environment)?)?;
    for part in pages(&whole) {
        let name = format!("partenza-{}", part.get_name());
        write(dir.join(format!("{name}.1")), page(part, &whole).map_err(Failure::environment)?)?;
    }
    Ok(())
}

/// The commands that have a page of their own.
fn pages(whole: &Command) -> impl Iterator<Item = &Command> {
    whole.get_subcommands().filter(|part| part.get_name() != "help")
}

/// The page of `shown`, which is all of it or one command.
fn page(shown: &Command, whole: &Command) -> io::Result<Vec<u8>> {
    let is_whole = shown.get_name() == whole.get_name();
    let man = Man::new(shown.clone())
        .manual("Partenza for seL4")
        .source(format!("partenza {}", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if is_whole {
        man.render_subcommands_section(&mut page)?;
    }
    if shown.get_after_help().is_some() {
        man.render_extra_section(&mut page)?;
    }
    table("EXIT STATUS", EXIT_STATUS, &mut page)?;
    if is_whole {
        table("FILES", FILES, &mut page)?;
        table("ENVIRONMENT", ENVIRONMENT, &mut page)?;
    }
    let mut others: Vec<String> = if is_whole {
        pages(whole).map(|part| format!("partenza-{}", part.get_name())).collect()
    } else {
        vec!["partenza".to_owned()]
    };
    others.extend(is_whole.then(|| "qemu".to_owned()));
    see_also(&others, &mut page)?;
    Ok(page)
}

fn table(title: &str, rows: &[(&str, &str)], page: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", [title]);
    for (name, words) in rows {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*words)]);
    }
    roff.to_writer(page)
}

fn see_also(names: &[String], page: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::default();
    roff.control("SH", ["SEE ALSO"]);
    let last = names.len().saturating_sub(1);
    let words = names
        .iter()
        .enumerate()
        .flat_map(|(at, name)| [bold(name.as_str()), roman(if at == last { "(1)" } else { "(1), " })]);
    roff.text(words.collect::<Vec<Inline>>());
    roff.to_writer(page)
}
