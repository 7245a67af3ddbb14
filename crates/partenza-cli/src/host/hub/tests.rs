// SPDX-License-Identifier: BSD-2-Clause
//! The hub with a clock of our own and a system that we play.

use super::*;

fn request(tag: u8, op: Op, payload: &[u8]) -> Vec<u8> {
    Piece::Request(Letter { tag, label: op.label() as u16, payload: payload.to_vec() }).wire().unwrap()
}

fn answer(tag: u8, label: u16, payload: &[u8]) -> Vec<u8> {
    Piece::Answer(Letter { tag, label, payload: payload.to_vec() }).wire().unwrap()
}

fn event(number: u8) -> Vec<u8> {
    Piece::Event(vec![number; 100]).wire().unwrap()
}

/// Everything that waits, as if it was written at once.
fn drained(out: &mut Outbox) -> Vec<Piece> {
    let mut splitter = Splitter::default();
    let mut pieces = Vec::new();
    while !out.next().is_empty() {
        let bytes = out.next().to_vec();
        pieces.extend(splitter.feed(&bytes));
        out.advance(bytes.len());
    }
    pieces
}

struct Bench {
    hub: Hub,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self { hub: Hub::default(), now: Instant::now() }
    }

    fn ask(&mut self, client: ClientId, tag: u8, op: Op) {
        self.hub.client_says(client, &request(tag, op, &[1, 2, 3]), self.now).unwrap();
    }

    fn line(&mut self, bytes: &[u8]) {
        self.hub.line_says(bytes, self.now);
    }

    /// What the hub has put on the line.
    fn asked(&mut self) -> Vec<Letter> {
        let letter = |piece| if let Piece::Request(letter) = piece { letter } else { panic!("{piece:?}") };
        drained(self.hub.line()).into_iter().map(letter).collect()
    }

    fn told(&mut self, client: ClientId) -> Vec<Piece> {
        drained(self.hub.client(client).unwrap())
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.hub.tick(self.now);
    }
}

fn letter(tag: u8, label: u16, payload: &[u8]) -> Piece {
    Piece::Answer(Letter { tag, label, payload: payload.to_vec() })
}

#[test]
fn one_request_is_on_the_line_at_a_time_and_answers_go_to_who_asked() {
    let mut bench = Bench::new();
    let (a, b) = (bench.hub.connect(), bench.hub.connect());
    bench.ask(a, 7, Op::Uptime);
    bench.ask(b, 7, Op::Version);
    let first = bench.asked();
    assert_eq!(first.len(), 1);
    assert_eq!(
        (u64::from(first[0].label), first[0].payload.as_slice()),
        (Op::Uptime.label(), &[1, 2, 3][..])
    );
    bench.line(&answer(first[0].tag, 0, b"up"));
    let second = bench.asked();
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].tag, first[0].tag);
    bench.line(&answer(second[0].tag, 404, b""));
    assert_eq!(bench.told(a), [letter(7, 0, b"up")]);
    assert_eq!(bench.told(b), [letter(7, 404, b"")]);
    assert_eq!(bench.asked(), []);
    assert_eq!(bench.hub.deadline(), None);
}

#[test]
fn events_go_to_everybody_from_their_connection_on() {
    let mut bench = Bench::new();
    let a = bench.hub.connect();
    bench.line(&event(1));
    let b = bench.hub.connect();
    bench.line(&event(2));
    assert_eq!(bench.told(a), [Piece::Event(vec![1; 100]), Piece::Event(vec![2; 100])]);
    assert_eq!(bench.told(b), [Piece::Event(vec![2; 100])]);
}

#[test]
fn damage_on_the_line_costs_what_was_damaged_and_the_request_is_sent_again() {
    let mut bench = Bench::new();
    let a = bench.hub.connect();
    bench.ask(a, 1, Op::List);
    let sent = bench.asked().remove(0);
    let mut damaged = answer(sent.tag, 0, b"the list");
    damaged[4] ^= 1;
    let bytes: Vec<u8> = [b"noise\0".to_vec(), event(3), damaged, event(4)].concat();
    bench.line(&bytes);
    assert_eq!(bench.told(a), [Piece::Event(vec![3; 100]), Piece::Event(vec![4; 100])]);
    bench.pass(ATTEMPT);
    assert_eq!(bench.asked(), std::slice::from_ref(&sent), "the same request under the same tag");
    bench.line(&answer(sent.tag, 0, b"the list"));
    assert_eq!(bench.told(a), [letter(1, 0, b"the list")]);
}

#[test]
fn a_silent_system_is_asked_three_times_and_then_its_client_is_told() {
    let mut bench = Bench::new();
    let a = bench.hub.connect();
    bench.ask(a, 1, Op::List);
    bench.ask(a, 2, Op::Uptime);
    let mut tags = Vec::new();
    for _ in 0..ATTEMPTS {
        tags.extend(bench.asked().iter().map(|letter| letter.tag));
        bench.pass(ATTEMPT - Duration::from_millis(1));
        assert_eq!(bench.asked(), [], "before the time is up");
        bench.pass(Duration::from_millis(1));
    }
    assert_eq!(tags, [tags[0]; ATTEMPTS as usize]);
    assert_eq!(bench.told(a), [letter(1, NO_ANSWER, b"")]);
    // The answer comes too late: it is nobody's, and not that of the next request.
    bench.line(&answer(tags[0], 0, b"the list"));
    assert_eq!(bench.told(a), []);
    let next = bench.asked().remove(0);
    bench.line(&answer(next.tag, 0, b"up"));
    assert_eq!(bench.told(a), [letter(2, 0, b"up")]);
}

#[test]
fn what_must_not_be_done_twice_is_sent_once() {
    for op in [Op::Restart, Op::Crash, Op::Spawn, Op::Deliver] {
        let mut bench = Bench::new();
        let a = bench.hub.connect();
        bench.ask(a, 1, op);
        assert_eq!(bench.asked().len(), 1);
        bench.pass(ATTEMPT * ATTEMPTS - Duration::from_millis(1));
        assert_eq!((bench.asked(), bench.told(a)), (vec![], vec![]));
        bench.pass(Duration::from_millis(1));
        assert_eq!(bench.told(a), [letter(1, NO_ANSWER, b"")]);
        assert_eq!(bench.asked(), []);
    }
}

#[test]
fn a_slow_client_loses_its_oldest_events_and_no_answer_and_nobody_else_notices() {
    let mut bench = Bench::new();
    let (slow, quick) = (bench.hub.connect(), bench.hub.connect());
    bench.ask(slow, 1, Op::Uptime);
    let tag = bench.asked().remove(0).tag;
    bench.line(&event(0));
    bench.line(&answer(tag, 0, b"up"));
    // It has read half of a frame and then nothing more.
    let half = bench.hub.client(slow).unwrap().next()[..50].to_vec();
    bench.hub.client(slow).unwrap().advance(half.len());
    let frames = 2 * MAX_WAITING / event(0).len();
    for number in 0..frames {
        bench.line(&event(number as u8));
        assert_eq!(bench.told(quick).len(), if number == 0 { 2 } else { 1 });
    }
    let mut splitter = Splitter::default();
    let mut pieces = splitter.feed(&half);
    let out = bench.hub.client(slow).unwrap();
    while !out.next().is_empty() {
        let bytes = out.next().to_vec();
        pieces.extend(splitter.feed(&bytes));
        out.advance(bytes.len());
    }
    assert_eq!(pieces[..2], [Piece::Event(vec![0; 100]), letter(1, 0, b"up")]);
    let events = &pieces[2..];
    assert!((events.len() + 2) * event(0).len() <= MAX_WAITING + event(0).len());
    assert_eq!(events.last(), Some(&Piece::Event(vec![(frames - 1) as u8; 100])));
}

#[test]
fn a_client_that_vanishes_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let (a, b) = (bench.hub.connect(), bench.hub.connect());
    bench.ask(a, 1, Op::List);
    bench.ask(a, 2, Op::List);
    bench.ask(b, 3, Op::Uptime);
    let open = bench.asked().remove(0);
    bench.hub.disconnect(a);
    assert!(bench.hub.client(a).is_none());
    // What is on the line already is waited for, not repeated; what was queued is gone.
    assert_eq!(bench.asked(), []);
    bench.pass(ATTEMPT);
    let next = bench.asked();
    assert_eq!(next.len(), 1);
    assert_eq!(u64::from(next[0].label), Op::Uptime.label());
    bench.line(&answer(open.tag, 0, b"late"));
    bench.line(&answer(next[0].tag, 0, b"up"));
    assert_eq!(bench.told(b), [letter(3, 0, b"up")]);
}

#[test]
fn a_client_that_breaks_the_rules_is_cut_off() {
    let mut damaged = request(1, Op::List, b"");
    damaged[3] ^= 4;
    for bytes in [damaged, event(1), answer(1, 0, b""), b"GET / HTTP/1.1\r\n\0".to_vec()] {
        let mut bench = Bench::new();
        let a = bench.hub.connect();
        assert_eq!(bench.hub.client_says(a, &bytes, bench.now), Err(Misbehaved));
    }
    let mut bench = Bench::new();
    let a = bench.hub.connect();
    for tag in 0..MAX_OPEN {
        bench.ask(a, tag as u8, Op::Uptime);
    }
    assert_eq!(bench.hub.client_says(a, &request(99, Op::Uptime, b""), bench.now), Err(Misbehaved));
}

#[test]
fn answers_that_are_not_read_count_as_open() {
    let mut bench = Bench::new();
    let a = bench.hub.connect();
    for tag in 0..MAX_OPEN {
        bench.ask(a, tag as u8, Op::Uptime);
        let sent = bench.asked().remove(0);
        bench.line(&answer(sent.tag, 0, &[0; 900]));
    }
    assert_eq!(bench.hub.client_says(a, &request(99, Op::Uptime, b""), bench.now), Err(Misbehaved));
}

/// Clients come and go, the system answers or not, late or twice, frames are damaged.
#[test]
fn whatever_happens_every_request_of_a_client_that_stays_is_answered_once_and_by_its_own() {
    for seed in 0..200u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut bench = Bench::new();
        let mut clients: Vec<(ClientId, Vec<u8>)> = Vec::new();
        let mut sent: Vec<Letter> = Vec::new();
        let mut tag = 0u8;
        for _ in 0..400 {
            match random(10) {
                0 if clients.len() < 4 => clients.push((bench.hub.connect(), Vec::new())),
                1 if clients.len() > 1 && random(5) == 0 => {
                    let (id, _) = clients.remove(random(clients.len() as u64) as usize);
                    bench.hub.disconnect(id);
                }
                2..5 if !clients.is_empty() => {
                    let at = random(clients.len() as u64) as usize;
                    if clients[at].1.len() < MAX_OPEN {
                        tag = tag.wrapping_add(1);
                        let bytes = request(tag, Op::Status, &[tag]);
                        bench.hub.client_says(clients[at].0, &bytes, bench.now).unwrap();
                        clients[at].1.push(tag);
                    }
                }
                5..8 if !sent.is_empty() => {
                    let letter = sent[random(sent.len() as u64) as usize].clone();
                    let mut bytes = answer(letter.tag, 0, &letter.payload);
                    let flip = random(bytes.len() as u64 - 1) as usize;
                    bytes[flip] ^= u8::from(random(4) == 0) << 3;
                    bench.line(&bytes);
                }
                8 => bench.pass(ATTEMPT / 2),
                _ => bench.line(&event(0)),
            }
            let new = bench.asked();
            sent.extend(new);
            // A tag's second life begins only after 256 requests; older answers than these do not exist.
            let keep = sent.len().saturating_sub(20);
            sent.drain(..keep);
            for (id, open) in &mut clients {
                hear(&mut bench, *id, open);
            }
        }
        while bench.hub.deadline().is_some() {
            bench.pass(ATTEMPT);
            bench.asked();
            for (id, open) in &mut clients {
                hear(&mut bench, *id, open);
            }
        }
        assert!(clients.iter().all(|(_, open)| open.is_empty()), "seed {seed}: {clients:?}");
    }
}

fn hear(bench: &mut Bench, id: ClientId, open: &mut Vec<u8>) {
    for piece in bench.told(id) {
        if let Piece::Answer(letter) = piece {
            let at = open.iter().position(|tag| *tag == letter.tag).expect("an answer to nothing");
            open.remove(at);
            assert!(letter.label == NO_ANSWER || letter.payload == [letter.tag], "another's answer");
        }
    }
}

/// Two deliveries at once on one line would end each other: the first goes on, and the second is told to try again.
#[test]
fn one_client_delivers_at_a_time() {
    let mut bench = Bench::new();
    let (first, second) = (bench.hub.connect(), bench.hub.connect());
    let piece = |offset, last| {
        let mut bytes = [0; 64];
        let piece = Deliver { service: "plugin", offset, bytes: &[1], last };
        let used = partenza_protocol::encode(&piece, &mut bytes).unwrap();
        bytes[..used].to_vec()
    };
    let deliver = |bench: &mut Bench, client, offset, last| {
        let frame = request(1, Op::Deliver, &piece(offset, last));
        bench.hub.client_says(client, &frame, bench.now).unwrap();
        let asked = bench.asked();
        for letter in &asked {
            bench.line(&answer(letter.tag, 0, &[]));
        }
        let Some(Piece::Answer(letter)) = bench.told(client).pop() else { panic!("no answer") };
        (asked.len(), letter.label)
    };
    let busy = DeliveryError::Busy.code().0;
    assert_eq!(deliver(&mut bench, first, 0, false), (1, 0));
    assert_eq!(deliver(&mut bench, second, 0, false), (0, busy));
    assert_eq!(deliver(&mut bench, first, 1, true), (1, 0));
    // It is over.
    assert_eq!(deliver(&mut bench, second, 0, false), (1, 0));
    assert_eq!(deliver(&mut bench, first, 0, false), (0, busy));
    // One that stands still gives way, and one whose client is gone.
    bench.pass(Duration::from_micros(STALLED));
    assert_eq!(deliver(&mut bench, first, 0, false), (1, 0));
    bench.hub.disconnect(first);
    assert_eq!(deliver(&mut bench, second, 0, false), (1, 0));
}

/// Nothing that a client waits for will come, whatever it waits for; its words fit a frame, whatever their letters.
#[test]
fn the_words_of_a_halted_kernel_go_to_every_client() {
    let mut bench = Bench::new();
    let clients = [bench.hub.connect(), bench.hub.connect()];
    bench.ask(clients[0], 1, Op::Uptime);
    for words in ["", "KERNEL EXCEPTION", &"\u{fffd}".repeat(MAX_PAYLOAD)] {
        bench.hub.kernel_halted(words);
        for client in clients {
            let told = bench.told(client);
            let [Piece::Answer(letter)] = told.as_slice() else { panic!("{told:?}") };
            assert_eq!((letter.tag, letter.label), (0, KERNEL_HALTED));
            assert!(words.starts_with(std::str::from_utf8(&letter.payload).unwrap()));
        }
    }
}
