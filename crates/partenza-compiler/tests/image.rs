// SPDX-License-Identifier: BSD-2-Clause
//! Archive and image: what is packed can be read again, fits, and is the same in every run.

mod support;

use partenza_compiler::elf::{self, AbiNote, Problem, ROLE_ROOT_TASK};
use partenza_compiler::image::{self, inject};
use partenza_compiler::{Code, Diagnostics, Kernel, Memory, Options, Severity, Sources, compile};
use partenza_plan::archive::Archive;
use partenza_plan::symbols::Symbols;
use partenza_plan::{PAGE, Plan};
use support::{Bench, ElfFile, kernel, kernel_with, note};

#[test]
fn the_archive_opens_and_its_plan_passes_the_targets_check() {
    let compiled = Bench::pair().good();
    let archive = Archive::open(&compiled.archive).unwrap();
    let plan = Plan::decode(archive.plan()).unwrap();
    plan.check(compiled.archive.len(), 0).unwrap();
    assert_eq!(plan.images.len(), 1, "both run the same file");
    let image = &plan.images[0];
    let text = archive.range(image.segments[0].archive, 101).unwrap();
    assert!(text[..100].iter().all(|byte| *byte == 0x90) && text[100] == 0);
    let data = archive.range(image.segments[1].archive, PAGE as u32).unwrap();
    assert!(data[..0x90].iter().all(|byte| *byte == 7) && data[0x90..].iter().all(|byte| *byte == 0));
    assert_eq!((image.segments[1].pages, image.segments[1].data_bytes), (2, 0x90));
    let (at, len) = image.symbols.unwrap();
    let symbols = Symbols(archive.range(at, len).unwrap());
    assert_eq!(symbols.lookup(0x20_0003), Some(("_start", 3)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let first = Bench::pair().good().archive;
    assert_eq!(first, Bench::pair().good().archive);
}

#[test]
fn slots_do_not_overlap_and_equal_untypeds_are_together() {
    let bench = Bench::pair();
    let compiled = bench.good();
    let plan = compiled.plan();
    let objects = plan.objects;
    assert_eq!(objects.endpoint_slot, objects.init_slots);
    assert_eq!(objects.notification_slot, objects.endpoint_slot + 1);
    assert_eq!(objects.signal_slot, objects.notification_slot + 2);
    assert_eq!(objects.irq_slot, objects.signal_slot + 2);
    assert_eq!(plan.regions[0].slot, objects.irq_slot + 1);
    let untypeds = plan.regions[0].slot + plan.regions[0].pages;
    let mut sizes: Vec<(u32, u8)> = plan
        .services
        .iter()
        .flat_map(|s| [(s.untyped_slots.0, s.service_untyped), (s.untyped_slots.1, s.incarnation_untyped)])
        .collect();
    sizes.sort();
    assert!(sizes.iter().map(|(slot, _)| *slot).eq(untypeds..untypeds + 4));
    assert!(sizes.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    let mut next = untypeds + 4;
    for service in &plan.services {
        assert_eq!(service.slot, next);
        next = service.slot_map(plan.image_of(service), &plan.regions).end;
    }
    assert_eq!((objects.slots, compiled.slots), (next, u64::from(next)));
}

#[test]
fn an_image_holds_the_root_task_and_the_archive_and_nothing_else() {
    let compiled = Bench::pair().good();
    let mut root_task = ElfFile::root_task();
    root_task.extra = Some(0x6474_e551); // PT_GNU_STACK
    let image = inject(&root_task.bytes(), &compiled.archive, 0, &kernel()).unwrap();
    let read = elf::read(&image.bytes).unwrap();
    assert_eq!(read.entry, 0x20_0000);
    assert_eq!(read.segments.len(), 3);
    let archive = &read.segments[2];
    assert_eq!((archive.address, archive.writable, archive.executable), (0x20_3000, false, false));
    assert_eq!(archive.data, compiled.archive);
    let archive_end = image.archive_at + compiled.archive.len();
    assert_eq!(image.bytes[image.archive_at..archive_end], compiled.archive);
    assert_eq!(read.note.as_ref().map(|note| note.role), Some(elf::ROLE_ROOT_TASK));
    let place = &read.segments[1].data;
    assert_eq!(place[..8], *b"PZIMAGE\0");
    assert_eq!(place[8..16], 0x20_3000u64.to_le_bytes());
    assert_eq!(place[16..24], (compiled.archive.len() as u64).to_le_bytes());
    assert_eq!(image.pages, 3 + compiled.archive.len() as u64 / PAGE);
}

#[test]
fn what_is_not_a_root_task_is_refused() {
    let codes = |problems: Vec<Problem>| problems.iter().map(|p| p.code).collect::<Vec<_>>();
    let refused = |file: &ElfFile| codes(inject(&file.bytes(), b"archive", 0, &kernel()).unwrap_err());
    assert_eq!(refused(&ElfFile::service()), [Code::ElfForeign]);
    let mut file = ElfFile::root_task();
    file.loads[1].data[0] = b'X';
    assert_eq!(refused(&file), [Code::BadRootTask]);
    let mut file = ElfFile::root_task();
    file.symbols.clear();
    assert_eq!(refused(&file), [Code::BadRootTask]);
    assert_eq!(codes(inject(b"#!", b"archive", 0, &kernel()).unwrap_err()), [Code::NotElf]);
}

/// As `run` opens it: what the kernel would not boot, or not to the end, is named.
#[test]
fn an_image_is_opened_for_the_kernels_that_run_it() {
    let compiled = Bench::pair().good();
    let release = || Kernel { debug: false, ..kernel() };
    let packed = |root_task: &ElfFile, kernel: &Kernel| {
        inject(&root_task.bytes(), &compiled.archive, 0, kernel).unwrap().bytes
    };
    let quiet = AbiNote { debug: false, ..AbiNote::read(&note(ROLE_ROOT_TASK)).unwrap() };
    let quiet = ElfFile { note: Some(quiet.write()), ..ElfFile::root_task() };
    for (root_task, packs, runs, opens) in [
        (ElfFile::root_task(), kernel(), kernel(), true),
        (quiet.clone(), release(), release(), true),
        (quiet.clone(), release(), kernel(), true),
        // Its services may make the calls of a debug kernel, though the root task does not.
        (quiet, kernel(), release(), false),
        (ElfFile::root_task(), kernel(), release(), false),
    ] {
        let image = packed(&root_task, &packs);
        match image::open(&image, &runs) {
            Ok(opened) => {
                assert!(opens);
                assert_eq!(opened.archive, compiled.archive);
                assert_eq!(opened.pages, 3 + compiled.archive.len() as u64 / PAGE);
            }
            Err(problem) => assert_eq!((opens, problem.code), (false, Code::ImageForeign), "{problem:?}"),
        }
    }
    let mut other = packed(&ElfFile::root_task(), &kernel());
    let note = other.windows(9).rposition(|bytes| bytes == b"v5_x86_64").unwrap();
    other[note] = b'w';
    assert_eq!(image::open(&other, &kernel()).unwrap_err().code, Code::ImageForeign);
    let no = |bytes: &[u8], says: &str| {
        let problem = image::open(bytes, &kernel()).unwrap_err();
        assert!(problem.code == Code::NotImage && problem.message.contains(says), "{problem:?}");
    };
    no(b"# Partenza", "not ELF");
    no(&ElfFile::root_task().bytes(), "a root task without a system");
    no(&ElfFile::service().bytes(), "the program of a service");
    no(&ElfFile { note: None, ..ElfFile::service() }.bytes(), "a program without a system");
    let whole = packed(&ElfFile::root_task(), &kernel());
    no(&whole[..whole.len() / 2], "ends inside");
}

#[test]
fn a_kernel_whose_stack_is_not_aligned_is_warned_about() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("bin")).unwrap();
    let kernel = Kernel { prefix: dir.path().to_owned(), ..kernel() };
    let warned = |address: Option<u64>| {
        let mut file = ElfFile::service();
        file.symbols.extend(address.map(|at| ("kernel_stack_alloc".to_owned(), at, 4096, false)));
        std::fs::write(kernel.elf_file(), file.bytes()).unwrap();
        kernel.check_stack().map(|found| (found.code, found.severity, found.message))
    };
    assert!(kernel.check_stack().is_none(), "there is none");
    assert_eq!(warned(None), None);
    assert_eq!(warned(Some(0xffff_ffff_8073_7000)), None);
    let (code, severity, message) = warned(Some(0xffff_ffff_8073_64d0)).unwrap();
    assert_eq!((code, severity), (Code::KernelStack, Severity::Warning));
    assert!(message.contains("bin/kernel.elf") && message.contains("0xffffffff807364d0"), "{message}");
}

#[test]
fn an_image_that_kernel_or_machine_cannot_hold_names_the_option() {
    let bench = Bench::pair();
    let root_task = bench.dir.path().join("root-task");
    std::fs::write(&root_task, ElfFile::root_task().bytes()).unwrap();
    let compiled = bench.good();
    let image = |bits, memory: Memory| {
        let mut out = Diagnostics::default();
        let image = compiled.image(&root_task, &kernel_with(bits), memory, &mut out);
        let hints: Vec<String> = out.iter().map(|d| d.hint().to_owned()).collect();
        (image.is_some(), out.codes(), hints.join("\n"))
    };
    assert_eq!(image(16, Memory::Stated(64 << 20)), (true, vec![], String::new()));
    let (made, codes, hints) = image(9, Memory::Stated(64 << 20));
    assert_eq!((made, codes), (false, vec![Code::TooManySlots]));
    assert!(hints.contains("ROOT_CNODE_SIZE_BITS=10"), "{hints}");
    let (made, codes, hints) = image(16, Memory::Stated(2 << 20));
    assert_eq!((made, codes), (false, vec![Code::TooMuchMemory]));
    assert!(hints.contains("--memory 8MiB"), "{hints}");
    // Where nobody said what the machine has, the image may be for a larger one.
    let (made, codes, hints) = image(16, Memory::Usual(2 << 20));
    assert_eq!((made, codes), (true, vec![Code::TooMuchMemory]));
    assert!(hints.contains("--memory 8MiB"), "{hints}");
    let mut out = Diagnostics::default();
    assert!(
        compiled
            .image(&bench.dir.path().join("nowhere"), &kernel(), Memory::Stated(1 << 30), &mut out)
            .is_none()
    );
    assert_eq!(out.codes(), [Code::BadRootTask]);
}

/// The repository's own system, with made-up programs.
#[test]
fn the_reference_system_is_right() {
    let bench = Bench::new();
    let names = "axiom policy keys identity capability_service process_manager block_storage filesystem \
        driver_manager network terminal update_manager";
    for name in names.split_whitespace() {
        bench.file(&format!("{name}.elf"), ElfFile::service().bytes());
    }
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let options = Options { search_path: vec![bench.dir.path().to_owned()], ..Options::new(root, kernel()) };
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let compiled = compile(&options, &mut sources, &mut out);
    assert_eq!(out.codes(), []);
    let compiled = compiled.unwrap();
    let plan = compiled.plan();
    let order: Vec<&str> = plan.services.iter().map(|s| s.name).collect();
    assert_eq!(order.join(" "), names.split_whitespace().collect::<Vec<_>>().join(" "), "SPEC C-1");
    let edges = |name: &str| {
        let service = plan.services.iter().find(|s| s.name == name).unwrap();
        let mut names: Vec<&str> = service.requires.iter().map(|d| plan.service(d.on).name).collect();
        names.sort_unstable();
        names.join(",")
    };
    // SPEC C-2.
    for (name, required) in [
        ("axiom", ""),
        ("policy", "axiom"),
        ("keys", "policy"),
        ("identity", "keys,policy"),
        ("capability_service", "axiom,policy"),
        ("process_manager", "capability_service,policy"),
        ("block_storage", ""),
        ("filesystem", "axiom,block_storage,policy"),
        ("driver_manager", ""),
        ("network", "axiom,driver_manager,policy"),
        ("terminal", "filesystem,identity,process_manager"),
        ("update_manager", "axiom,filesystem,policy"),
    ] {
        assert_eq!(edges(name), required, "{name}");
    }
    assert!(plan.services.iter().all(|s| s.critical == (s.layer <= 4)), "SPEC E-2");
}
