// SPDX-License-Identifier: BSD-2-Clause
//! Programs that come after the boot (SPEC D-6): what the plan says of them, and what is left out of the archive.

mod property;
mod support;

use partenza_compiler::image::inject;
use partenza_compiler::{Code, elf};
use partenza_plan::ServiceId;
use partenza_plan::delivery::{NotTaken, STALLED, Store};
use partenza_plan::sha256::sha256;
use partenza_plan::{InvalidPlan, PAGE, Plan, archived};
use partenza_protocol::encode;
use partenza_protocol::error::{DeliveryError, SupervisorError};
use partenza_protocol::request::{Deliver, MAX_DELIVERED};
use proptest::prelude::*;
use support::{Bench, ElfFile, kernel};

/// The client comes later; the server, which runs the same file, does not.
fn later() -> Bench {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "  client:\n", "  client:\n    binary: delivered\n    start: on-demand\n");
    bench
}

#[test]
fn the_store_holds_what_the_archive_does_not() {
    let (packed, compiled) = (Bench::pair().good(), later().good());
    let plan = compiled.plan();
    assert_eq!(plan.images.len(), 2, "one file, in the image and delivered");
    let (there, later) = (plan.image_of(&plan.services[0]), plan.image_of(&plan.services[1]));
    assert_eq!((there.delivered, packed.store.len(), packed.deliveries().len()), (None, 0, 0));
    // A page of text, and the one page of data that the file gives.
    assert_eq!((later.begin(), later.bytes(), compiled.store.len()), (0, 2 * PAGE, 2 * PAGE as usize));
    assert_eq!(later.delivered.unwrap(), sha256(&compiled.store));
    let deliveries = compiled.deliveries();
    assert!(deliveries == [("client".to_owned(), &compiled.store[..])]);
    // The same pages as in the archive, wherever they lie there.
    for (here, behind) in there.segments.iter().zip(&later.segments) {
        let len = (here.held_pages() * PAGE) as usize;
        let (a, b) = (here.archive as usize, behind.archive as usize);
        assert!(compiled.archive[a..a + len] == compiled.store[b..b + len]);
        assert_eq!(
            partenza_plan::Segment { archive: 0, ..*here },
            partenza_plan::Segment { archive: 0, ..*behind }
        );
    }
    // Functions are named before the program is there.
    assert!(later.symbols.is_some());
    plan.check(compiled.archive.len(), compiled.store.len()).unwrap();
}

#[test]
fn a_plan_is_laid_out_as_if_every_program_were_there() {
    let (packed, compiled) = (Bench::pair().good(), later().good());
    let (before, after) = (packed.plan(), compiled.plan());
    for (a, b) in before.services.iter().zip(&after.services) {
        let slots = |plan: &Plan<'_>, service: &partenza_plan::Service<'_>| {
            service.slot_map(plan.image_of(service), &plan.regions)
        };
        assert_eq!(slots(&before, a), slots(&after, b));
        let untypeds = |s: &partenza_plan::Service<'_>| (s.service_untyped, s.incarnation_untyped);
        assert_eq!((untypeds(a), &a.tables), (untypeds(b), &b.tables));
    }
}

#[test]
fn a_plan_whose_store_does_not_hold_together_is_refused() {
    let compiled = later().good();
    let refused = |change: fn(&mut Plan<'_>)| {
        let mut plan = compiled.plan();
        change(&mut plan);
        plan.check(compiled.archive.len(), compiled.store.len())
    };
    let outside = Err(InvalidPlan::OutOfRange(None));
    assert_eq!(refused(|_| {}), Ok(()));
    assert_eq!(compiled.plan().check(compiled.archive.len(), compiled.store.len() - 1), outside);
    assert_eq!(refused(|plan| plan.images[1].segments[0].archive += PAGE as u32), outside);
    assert_eq!(refused(|plan| plan.images[1].segments[1].archive += PAGE as u32), outside);
    assert_eq!(refused(|plan| plan.images[1].segments[1].archive = 0), outside);
    assert_eq!(refused(|plan| plan.images[1].segments[0].pages = u32::MAX), outside);
    // Its pages would be looked for in the archive, which has them too; nobody could tell.
    assert_eq!(refused(|plan| plan.images[1].delivered = None), Ok(()));
}

#[test]
fn an_image_has_room_for_what_comes_later_and_no_bytes() {
    let compiled = later().good();
    let packed = inject(&ElfFile::root_task().bytes(), &compiled.archive, 0, &kernel()).unwrap();
    let store = compiled.store.len() as u64;
    let image = inject(&ElfFile::root_task().bytes(), &compiled.archive, store, &kernel()).unwrap();
    let read = elf::read(&image.bytes).unwrap();
    let [.., archive, room] = &read.segments[..] else { panic!("two more segments") };
    assert_eq!((room.address, room.memory, room.data.len()), (archive.end(), store, 0));
    assert_eq!((room.writable, room.executable), (true, false));
    assert!(image.bytes[image.archive_at..].starts_with(&compiled.archive));
    assert_eq!(image.pages, packed.pages + store / PAGE, "its pages take slots and memory");
    assert!(image.bytes.len() < packed.bytes.len() + 100);
}

#[test]
fn services_of_one_program_share_its_delivery() {
    let bench = later();
    bench.edit("system.xml", "  <channel>", "  <protection_domain name=\"twin\" priority=\"9\"><program_image path=\"a.elf\"/></protection_domain>\n  <channel>");
    bench.edit("partenza.yaml", "  client:\n", "  twin: {binary: delivered, start: on-demand}\n  client:\n");
    let compiled = bench.good();
    assert_eq!(compiled.plan().images.len(), 2);
    let deliveries = compiled.deliveries();
    let names: Vec<&str> = deliveries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["twin", "client"]);
    assert!(deliveries[0].1 == deliveries[1].1);
}

#[test]
fn nobody_may_count_on_a_program_that_comes_later() {
    let bench = Bench::pair();
    bench.edit("partenza.yaml", "  client:\n", "  client:\n    binary: delivered\n");
    bench.error(
        Code::BadDelivery,
        "partenza.yaml:10:13",
        "`client` starts eager, before its program is there",
    );
    bench.edit("partenza.yaml", "binary: delivered\n", "binary: delivered\n    start: deferred\n");
    bench.error(Code::BadDelivery, "partenza.yaml:10:13", "`client` starts deferred");
    bench.edit("partenza.yaml", "binary: delivered\n    start: deferred\n", "binary: packed\n");
    bench.good();

    let bench = later();
    bench.edit("partenza.yaml", "  server:\n", "  server:\n    fallback: client\n");
    bench.edit(
        "manifests/server.yaml",
        "layer: 4\n",
        "layer: 4\nrestart: {policy: on-failure, on_exhausted: fallback}\n",
    );
    let shown = bench.errors(&[Code::BadFallback, Code::BadDelivery]);
    assert!(shown.contains("`client` stands in for `server`, and may have no program by then"), "{shown}");

    let bench = later();
    bench.edit(
        "manifests/client.yaml",
        "requires:\n  - interface: storage/files\n    version: \">=1.0, <2\"\n",
        "",
    );
    bench.edit("manifests/client.yaml", "    - call: storage/files\n", "");
    bench.edit("partenza.yaml", "      call: {storage/files: {channel: 3}}\n", "");
    bench.edit("system.xml", "  <channel>\n    <end pd=\"client\" id=\"3\" pp=\"true\"/>\n    <end pd=\"server\" id=\"0\" notify=\"false\"/>\n  </channel>\n", "");
    bench.edit("partenza.yaml", "    provides: {storage/files: {channel: 0}}\n", "");
    bench.edit("partenza.yaml", "system: pair\n", "system: pair\nrecovery: {panic: client}\n");
    let shown = bench.errors(&[Code::BadDelivery]);
    assert!(shown.contains("is to show why the system went down"), "{shown}");
}

/// The root task's store, and who says what to it.
struct Desk<'p> {
    plan: &'p archived::Plan,
    store: Store<'p>,
    now: u64,
}

const HOST: Option<ServiceId> = None;
const SERVICE: Option<ServiceId> = Some(ServiceId(7));

impl<'p> Desk<'p> {
    fn new(plan: &'p archived::Plan, room: &'p mut [u8]) -> Self {
        Self { plan, store: Store::new(&[], room), now: 1_000 }
    }

    fn piece(
        &mut self,
        by: Option<ServiceId>,
        service: &str,
        (offset, bytes, last): (usize, &[u8], bool),
    ) -> Result<Option<u16>, NotTaken> {
        let mut payload = [0; 960];
        let piece = Deliver { service, offset: offset as u32, bytes, last };
        let used = encode(&piece, &mut payload).unwrap();
        self.store.take(self.plan, &payload[..used], by, self.now)
    }

    fn says(
        &mut self,
        by: Option<ServiceId>,
        piece: (usize, &[u8], bool),
    ) -> Result<Option<u16>, DeliveryError> {
        self.piece(by, "client", piece).map_err(|refused| {
            let all = [
                DeliveryError::Complete,
                DeliveryError::Busy,
                DeliveryError::WrongLength,
                DeliveryError::OutOfTurn,
                DeliveryError::WrongHash,
            ];
            assert_eq!(refused.service, self.plan.find("client"));
            all.into_iter().find(|error| error.code() == refused.code).expect("one of them")
        })
    }

    /// Everything, in pieces.
    fn whole(&mut self, by: Option<ServiceId>, program: &[u8]) -> Result<Option<u16>, DeliveryError> {
        let mut outcome = Ok(None);
        for (offset, bytes) in (0..).step_by(MAX_DELIVERED).zip(program.chunks(MAX_DELIVERED)) {
            outcome = self.says(by, (offset, bytes, offset + bytes.len() == program.len()));
            if outcome.is_err() {
                break;
            }
        }
        outcome
    }

    fn is_there(&self) -> bool {
        self.store.has(1, &self.plan.images[1])
    }
}

#[test]
fn only_the_planned_program_is_taken() {
    use DeliveryError::{Complete, OutOfTurn, WrongHash, WrongLength};
    let compiled = later().good();
    let (encoded, program, mut room) =
        (compiled.plan().encode(), &compiled.store, vec![0; compiled.store.len()]);
    let plan = archived::Plan::access(&encoded).unwrap();
    let mut desk = Desk::new(plan, &mut room);
    assert!(desk.store.has(0, &plan.images[0]) && !desk.is_there());
    for bit in [0, 12_345, program.len() * 8 - 1] {
        let mut other = program.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(desk.whole(HOST, &other), Err(WrongHash), "bit {bit}");
    }
    assert_eq!(desk.whole(HOST, &program[..program.len() - 1]), Err(WrongLength));
    assert_eq!(desk.whole(HOST, &[&program[..], &[0]].concat()), Err(WrongLength));
    assert_eq!(desk.says(HOST, (0, &program[..10], true)), Err(WrongLength));
    assert_eq!(desk.says(HOST, (0, b"", false)), Err(WrongLength));
    // Nothing is left of it, so nothing can follow.
    assert_eq!(desk.says(HOST, (10, &program[10..20], false)), Err(OutOfTurn));
    for second in [9, 11, usize::from(u16::MAX), u32::MAX as usize] {
        assert_eq!(desk.says(HOST, (0, &program[..10], false)), Ok(None));
        assert_eq!(desk.says(HOST, (second, &program[10..20], false)), Err(OutOfTurn));
        assert_eq!(desk.says(HOST, (10, &program[10..20], false)), Err(OutOfTurn));
    }
    assert!(!desk.is_there());
    assert_eq!(desk.whole(SERVICE, program), Ok(Some(1)));
    assert!(desk.is_there() && desk.store.holder(&plan.images[1]) == &program[..]);
    assert_eq!(desk.whole(SERVICE, program), Err(Complete));
    assert_eq!(desk.says(HOST, (0, &[0xff; 10], false)), Err(Complete), "never written again");
    assert!(desk.store.holder(&plan.images[1]) == &program[..]);
}

#[test]
fn one_delivery_is_open_at_a_time_and_nobody_else_touches_it() {
    use DeliveryError::{Busy, OutOfTurn};
    let compiled = later().good();
    let (encoded, program, mut room) =
        (compiled.plan().encode(), &compiled.store, vec![0; compiled.store.len()]);
    let plan = archived::Plan::access(&encoded).unwrap();
    let mut desk = Desk::new(plan, &mut room);
    assert_eq!(desk.says(SERVICE, (0, &program[..500], false)), Ok(None));
    assert_eq!(desk.says(HOST, (0, &program[..500], false)), Err(Busy));
    assert_eq!(desk.says(HOST, (500, &program[500..600], false)), Err(OutOfTurn));
    desk.now += STALLED - 1;
    assert_eq!(desk.whole(HOST, program), Err(Busy));
    assert_eq!(desk.says(SERVICE, (500, &program[500..600], false)), Ok(None), "as if nothing had been said");
    // It stands still for too long.
    desk.now += STALLED;
    assert_eq!(desk.says(HOST, (0, &program[..700], false)), Ok(None));
    assert_eq!(desk.says(SERVICE, (600, &program[600..700], false)), Err(OutOfTurn));
    assert_eq!(desk.says(HOST, (700, &program[700..800], false)), Ok(None));
    assert_eq!((desk.store.abandon(SERVICE), desk.store.abandon(HOST)), (None, plan.find("client")));
    assert_eq!(desk.says(HOST, (800, &program[800..900], false)), Err(OutOfTurn));
    assert_eq!(desk.whole(SERVICE, program), Ok(Some(1)));
}

#[test]
fn what_is_no_piece_of_a_program_that_is_awaited_is_refused() {
    let compiled = later().good();
    let (encoded, mut room) = (compiled.plan().encode(), vec![0; compiled.store.len()]);
    let plan = archived::Plan::access(&encoded).unwrap();
    let mut desk = Desk::new(plan, &mut room);
    let refused =
        |service: Option<&str>, code| NotTaken { service: service.and_then(|name| plan.find(name)), code };
    let (malformed, unknown) = (SupervisorError::Malformed.code(), SupervisorError::NoSuchService.code());
    assert_eq!(desk.store.take(plan, b"\x01\x06", HOST, 0), Err(refused(None, malformed)));
    assert_eq!(desk.piece(HOST, "cleint", (0, b"x", true)), Err(refused(None, unknown)));
    let packed = refused(Some("server"), DeliveryError::NotAwaited.code());
    assert_eq!(desk.piece(HOST, "server", (0, b"x", true)), Err(packed));
}

proptest! {
    #![proptest_config(property::config(500))]

    /// Whatever anybody says in whatever order, what is complete is the planned program.
    #[test]
    fn nothing_else_is_ever_complete(
        steps in prop::collection::vec((0u8..20, 0usize..12, 1usize..4, any::<bool>(), 0u64..6_000_000), 1..60),
    ) {
        let compiled = later().good();
        let (encoded, program, mut room) =
            (compiled.plan().encode(), &compiled.store, vec![0; compiled.store.len()]);
        let plan = archived::Plan::access(&encoded).unwrap();
        let mut desk = Desk::new(plan, &mut room);
        let mut next = 0;
        for (who, at, length, right, pause) in steps {
            desk.now += pause;
            let by = if who < 19 { HOST } else { SERVICE };
            // Mostly what comes next, else anything; mostly rightly.
            let begin = if who < 18 { next } else { at * 700 }.min(program.len() - 1);
            let end = (begin + length * 300).min(program.len());
            let mut bytes = program[begin..end].to_vec();
            if !right && at == 0 && length == 1 {
                bytes[0] ^= 1;
            }
            let outcome = desk.says(by, (begin, &bytes, end == program.len()));
            next = if outcome.is_ok() { end % program.len() } else { 0 };
            prop_assert!(!desk.is_there() || desk.store.holder(&plan.images[1]) == &program[..]);
            prop_assert_eq!(outcome == Ok(Some(1)), outcome.is_ok() && end == program.len());
        }
    }
}
