// SPDX-License-Identifier: BSD-2-Clause
//! The whole way, from a directory to an archive and an image.

mod files;
mod options;
mod programs;

pub use files::source;
pub use options::Options;

use std::collections::HashMap;
use std::path::Path;

use partenza_plan::Plan;
use partenza_plan::archive::Archive;
use partenza_protocol::request::MAX_NAME;

use crate::archive;
use crate::check::{authority, budget, children, exclusive, lifecycle, names, order, providers, target};
use crate::config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::elf::Problem;
use crate::image::{self, Image};
use crate::kernel::Kernel;
use crate::layout::input::{Input, Store};
use crate::layout::plan::build;
use crate::layout::slots;
use crate::numbers::show_size;
use crate::resolve;
use crate::sdf;
use crate::source::{MAX_PROGRAM, Sources, Span, read};

/// A system, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What the root task reads.
    pub archive: Vec<u8>,
    /// What its store holds when every program that comes later has come (SPEC D-6).
    pub store: Vec<u8>,
    /// Bytes of RAM that the plan's objects take.
    pub memory: u64,
    /// Slots of the root CNode that the plan takes.
    pub slots: u64,
    /// `policy` of partenza.yaml, to be held against the plan.
    pub policy: Vec<config::Rule>,
    /// Where memory regions and protection domains are written, by name; nothing of a plan that was compiled earlier.
    pub written: Written,
}

/// Where the parts of a system that take memory are written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub regions: HashMap<String, Span>,
    pub services: HashMap<String, Span>,
}

impl Written {
    fn of(system: &sdf::System) -> Self {
        let regions = system.regions.iter().map(|region| (region.name.value.clone(), region.name.span));
        let services = system.pds.iter().map(|pd| (pd.name.value.clone(), pd.name.span));
        Self { regions: regions.collect(), services: services.collect() }
    }
}

impl Compiled {
    /// The plan, read back from the archive.
    ///
    /// # Panics
    /// Never: the archive was just written.
    #[must_use]
    pub fn plan(&self) -> Plan<'_> {
        let archive = Archive::open(&self.archive).expect("an archive that was just sealed opens");
        Plan::decode(archive.plan()).expect("a plan that was just encoded decodes")
    }

    /// The services whose programs come after the boot, and what is to be delivered for each.
    #[must_use]
    pub fn deliveries(&self) -> Vec<(String, &[u8])> {
        let plan = self.plan();
        let delivery = |service: &partenza_plan::Service<'_>| {
            let image = plan.image_of(service);
            image.delivered?;
            let program = self.store.get(image.begin() as usize..)?.get(..image.bytes() as usize)?;
            Some((service.name.to_owned(), program))
        };
        plan.services.iter().filter_map(delivery).collect()
    }

    /// The system that `archive` holds, as far as an archive tells.
    #[must_use]
    pub fn read_back(archive: Vec<u8>, plan: &Plan<'_>) -> Self {
        let (memory, slots) = (slots::memory(plan), plan.objects.slots.into());
        Self { archive, store: Vec::new(), memory, slots, policy: Vec::new(), written: Written::default() }
    }

    /// Injects the archive into a root task, if kernel and machine can hold the result. Findings go to `out`.
    pub fn image(
        &self,
        root_task: &Path,
        kernel: &Kernel,
        machine: Memory,
        out: &mut Diagnostics,
    ) -> Option<Image> {
        let mut refuse = |problem: Problem| {
            let message = format!("{}: {}", root_task.display(), problem.message);
            out.push(Diagnostic::error(problem.code, message).maybe_help(problem.help));
        };
        let bytes = match read(root_task, MAX_PROGRAM) {
            Ok(bytes) => bytes,
            Err(error) => {
                refuse(Problem { code: Code::BadRootTask, message: error.to_string(), help: None });
                return None;
            }
        };
        match image::inject(&bytes, &self.archive, self.store.len() as u64, kernel) {
            Ok(image) => self.fits(Packed::of(&image), kernel, machine, out).then_some(image),
            Err(problems) => {
                problems.into_iter().for_each(&mut refuse);
                None
            }
        }
    }

    /// Whether everything but the root task, which is not there to be looked at, fits the machine. Findings go to `out`.
    pub fn fits_alone(&self, kernel: &Kernel, machine: Memory, out: &mut Diagnostics) {
        let bytes = self.archive.len() as u64;
        let packed = Packed { bytes, pages: (bytes + self.store.len() as u64).div_ceil(partenza_plan::PAGE) };
        if self.fits(packed, kernel, machine, out) {
            let message = "no root task was found: that the system fits the machine is checked without it";
            let found = Diagnostic::info(Code::TooMuchMemory, message);
            out.push(
                found.help(
                    "name the prebuilt root task with --root-task, or its directory with --search-path",
                ),
            );
        }
    }

    /// Whether the kernel's root CNode and the machine's memory hold everything. What is told here is the least that is
    /// needed; the root task knows exactly.
    pub fn fits(&self, image: Packed, kernel: &Kernel, machine: Memory, out: &mut Diagnostics) -> bool {
        /// Tables of the root task's own image, arena frames, and what kernel versions differ in.
        const SPARE_SLOTS: u64 = 256;
        /// What the kernel itself takes of low memory.
        const KERNEL_BYTES: u64 = 4 << 20;
        let slots =
            kernel.facts.initial_slots + kernel.untyped_slots + image.pages + self.slots + SPARE_SLOTS;
        let mut fits = true;
        if slots > 1 << kernel.root_cnode_bits {
            let bits = 64 - (slots - 1).leading_zeros();
            let message = format!(
                "the system takes {slots} slots; the kernel's root CNode has {}",
                1u64 << kernel.root_cnode_bits
            );
            let help = format!("build the kernel with ROOT_CNODE_SIZE_BITS={bits} or more");
            out.push(Diagnostic::error(Code::TooManySlots, message).help(help));
            fits = false;
        }
        // The boot loader's module and the kernel's copy of it are in memory at once.
        let bytes = KERNEL_BYTES + image.bytes + image.pages * partenza_plan::PAGE + self.memory;
        fits &= self.fits_memory(bytes, machine, out);
        fits
    }

    fn fits_memory(&self, bytes: u64, machine: Memory, out: &mut Diagnostics) -> bool {
        let (Memory::Stated(available) | Memory::Usual(available)) = machine;
        if bytes <= available {
            return true;
        }
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        let largest = self.largest();
        let most = largest
            .first()
            .map_or_else(String::new, |(what, bytes, _)| format!(", {} of it for {what}", show_size(*bytes)));
        let takes = format!("the system takes {} MiB of RAM{most}", mib(bytes));
        let needed = mib(bytes).next_power_of_two();
        let (found, help) = match machine {
            Memory::Stated(_) => {
                let message = format!("{takes}; the machine has {} MiB", mib(available));
                (Diagnostic::error(Code::TooMuchMemory, message), "give the machine more")
            }
            Memory::Usual(_) => {
                let message = format!("{takes}; a machine has {} MiB where nobody says more", mib(available));
                (
                    Diagnostic::warning(Code::TooMuchMemory, message),
                    "say what the machine has, here and to `run`",
                )
            }
        };
        let found = largest.into_iter().fold(found, |found, (what, bytes, span)| {
            let text = format!("{what} takes {}", show_size(bytes));
            match span {
                Some(span) => found.at(span, text),
                None => found.note(text),
            }
        });
        out.push(found.help(format!("{help}: --memory {needed}MiB")));
        matches!(machine, Memory::Usual(_))
    }

    /// What takes most of the memory, in words, with its bytes and where it is written; three at the most.
    fn largest(&self) -> Vec<(String, u64, Option<Span>)> {
        let plan = self.plan();
        let regions = plan.regions.iter().filter(|region| region.physical.is_none()).map(|region| {
            let bytes = u64::from(region.pages) << region.page_bits;
            (format!("region `{}`", region.name), bytes, self.written.regions.get(region.name).copied())
        });
        let services = plan.services.iter().map(|service| {
            let bytes = (1u64 << service.service_untyped) + (1 << service.incarnation_untyped);
            (format!("`{}`", service.name), bytes, self.written.services.get(service.name).copied())
        });
        let mut all: Vec<_> = regions.chain(services).collect();
        all.sort_by_key(|(_, bytes, _)| std::cmp::Reverse(*bytes));
        // What is small beside the largest is not what to mend.
        let least = all.first().map_or(0, |(_, bytes, _)| bytes / 8);
        all.retain(|(_, bytes, _)| *bytes >= least);
        all.truncate(3);
        all
    }
}

/// The bytes of RAM that the machine has.
#[derive(Clone, Copy, Debug)]
pub enum Memory {
    /// Somebody said so: what does not fit is an error.
    Stated(u64),
    /// Nobody said anything, and the image may be for another machine: what does not fit is a warning.
    Usual(u64),
}

/// How much of the machine an image takes, or what is known of it.
#[derive(Clone, Copy)]
pub struct Packed {
    pub bytes: u64,
    /// In memory.
    pub pages: u64,
}

impl Packed {
    fn of(image: &Image) -> Self {
        Self { bytes: image.bytes.len() as u64, pages: image.pages }
    }
}

/// Compiles a system. Findings go to `out`; `None` after errors.
pub fn compile(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Compiled> {
    let compiled = compile_noting(options, sources, out);
    out.join_fields_without_effect();
    compiled
}

/// The same; what has no effect yet is noted field by field.
fn compile_noting(options: &Options, sources: &mut Sources, out: &mut Diagnostics) -> Option<Compiled> {
    let files = files::read(options, sources, out)?;
    if files.system.pds.is_empty() {
        // Why was told; everything else would follow from it.
        return None;
    }
    let model =
        resolve::resolve(&files.system, &files.config, &files.manifests, &files.registry, files.plain, out);
    let order = order::order(&model, out);
    let authority = authority::check(&model, &options.kernel, out);
    if !out.iter().any(|found| found.code == Code::DependencyCycle) {
        budget::check(&model, &order, out);
        lifecycle::check(&model, &order, out);
    }
    exclusive::check(&model, out);
    names::check(&model, out);
    providers::check(&model, out);
    children::check(&model, out);
    target::check(&model, &options.kernel, options.memory, out);
    let (programs, image_of) = programs::programs(options, &model, &sources.inputs, out);
    if out.has_errors() {
        return None;
    }
    let title = files.config.system.as_ref().map_or_else(|| title(options), |name| name.value.clone());
    let title = partenza_protocol::cut(&title, MAX_NAME);
    let input = Input {
        model: &model,
        order: &order,
        authority: &authority,
        programs: &programs,
        image_of: &image_of,
        kernel: &options.kernel,
        title,
    };
    let store = Store::default();
    let mut plan = build(&input, &store, out);
    if out.has_errors() {
        return None;
    }
    let hashes = archive::Hashes::default();
    let (archive, store) = archive::write(&mut plan, &programs, &hashes);
    Some(Compiled {
        memory: slots::memory(&plan),
        slots: plan.objects.slots.into(),
        archive,
        store,
        policy: files.config.policy.clone(),
        written: Written::of(&files.system),
    })
}

/// The directory's name, where partenza.yaml gives none.
fn title(options: &Options) -> String {
    let dir = options.dir.canonicalize().unwrap_or_else(|_| options.dir.clone());
    dir.file_name().map_or_else(|| "system".to_owned(), |name| name.to_string_lossy().into_owned())
}
