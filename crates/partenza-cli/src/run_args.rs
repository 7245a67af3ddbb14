// SPDX-License-Identifier: BSD-2-Clause
//! What `run` takes: an image or a directory, the machine, and where its console and events go.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::args::{EventFormat, KernelArgs, parameter, size, time};
use crate::candidates;

#[derive(Args, Clone)]
pub struct RunArgs {
    /// An image, or a system's directory
    #[arg(value_name = "IMAGE|DIR", default_value = ".")]
    pub what: PathBuf,
    #[command(flatten)]
    pub kernel: KernelArgs,
    /// Where ELF files are looked for, for a directory
    #[arg(long = "search-path", value_name = "DIR")]
    pub search_path: Vec<PathBuf>,
    /// Say what changed since the plan was compiled last, for a directory
    #[arg(long)]
    pub why_rebuilt: bool,
    /// The prebuilt root task, for a directory
    #[arg(long, value_name = "ELF")]
    pub root_task: Option<PathBuf>,
    /// RAM of the machine
    #[arg(long, value_name = "SIZE", default_value = "128MiB", value_parser = size)]
    pub memory: u64,
    /// Boot parameter, as `partenza explain PZ-E0113` lists them; may be given more than once
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter,
        add = ArgValueCandidates::new(candidates::boot_parameters))]
    pub params: Vec<(String, String)>,
    /// No terminal: console text goes to standard error, or to --console
    #[arg(long)]
    pub headless: bool,
    /// Print events on standard output, one per line
    #[arg(long, value_name = "FORMAT")]
    pub events: Option<EventFormat>,
    /// Where the console's text goes when headless
    #[arg(long, value_name = "FILE", requires = "headless")]
    pub console: Option<PathBuf>,
    /// End QEMU at the first event of that name, as in boot-complete
    #[arg(long, value_name = "EVENT")]
    pub until: Option<String>,
    /// End QEMU after that time, which is a failure unless --until was met
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,
    /// Count instructions instead of time: the same numbers in every run
    #[arg(long)]
    pub icount: bool,
    /// The control socket for `partenza status` and its like [default: control.sock beside the image]
    #[arg(long, value_name = "SOCKET")]
    pub control: Option<PathBuf>,
    /// Let the machine reboot instead of ending QEMU
    #[arg(long)]
    pub reboot: bool,
    /// The emulator
    #[arg(long, value_name = "PROGRAM", default_value = "qemu-system-x86_64")]
    pub qemu: PathBuf,
    /// A further argument for QEMU; may be given more than once
    #[arg(long = "qemu-arg", value_name = "ARG", allow_hyphen_values = true)]
    pub qemu_args: Vec<String>,
}
