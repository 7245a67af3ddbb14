// SPDX-License-Identifier: BSD-2-Clause
//! The hub at work, on a socket pair that we play the system at.

use std::sync::mpsc;
use std::time::Duration;

use partenza_lab::line::Line;
use partenza_protocol::Op;
use tempfile::TempDir;

use super::*;
use crate::host::client::{Client, Trouble};
use crate::host::frames::{Letter, Piece, Splitter};
use crate::host::hub::MAX_WAITING;
use crate::host::line;
use crate::host::socket;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A system that answers each request with its payload, and events in between.
struct System {
    line: UnixStream,
}

impl System {
    fn requests(&self, count: usize) -> Vec<Letter> {
        let (mut splitter, mut letters) = (Splitter::default(), Vec::new());
        let mut buffer = [0; 1024];
        self.line.set_read_timeout(Some(PATIENCE)).unwrap();
        while letters.len() < count {
            let read = (&self.line).read(&mut buffer).unwrap();
            assert!(read > 0, "the hub is gone");
            for piece in splitter.feed(&buffer[..read]) {
                let Piece::Request(letter) = piece else { panic!("{piece:?}") };
                letters.push(letter);
            }
        }
        letters
    }

    fn say(&self, piece: &Piece) {
        (&self.line).write_all(&piece.wire().unwrap()).unwrap();
    }

    /// Answers every request with its own payload until the hub is gone.
    fn echo(self) -> JoinHandle<()> {
        thread::spawn(move || {
            let mut splitter = Splitter::default();
            let mut buffer = [0; 1024];
            while let Ok(read) = (&self.line).read(&mut buffer) {
                if read == 0 {
                    return;
                }
                for piece in splitter.feed(&buffer[..read]) {
                    let Piece::Request(letter) = piece else { continue };
                    let payload = letter.payload;
                    self.say(&Piece::Event(vec![7; 50]));
                    self.say(&Piece::Answer(Letter { label: 0, payload, ..letter }));
                }
            }
        })
    }
}

fn hub(control: Option<(Control, UnixListener)>, observer: Option<Observer>) -> (System, Serving) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let line = Ends::both(line::nonblocking(theirs).unwrap()).unwrap();
    let serving = Serving::start(Wiring { line, control, clients: Vec::new(), observer }).unwrap();
    (System { line: ours }, serving)
}

#[test]
fn many_clients_at_once_get_their_own_answers() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    let (system, serving) = hub(Some(Control::take(&path).unwrap()), None);
    let echo = system.echo();
    let ask = |number: u32| {
        let path = path.clone();
        thread::spawn(move || {
            let mut client = Client::new(socket::connect(&path).unwrap(), None);
            for round in 0..50u32 {
                let answer = client.ask(Op::Status, &(number, round)).unwrap();
                assert_eq!(partenza_protocol::decode(&answer), Ok((number, round)));
            }
        })
    };
    let clients: Vec<_> = (0..8).map(ask).collect();
    for client in clients {
        client.join().unwrap();
    }
    drop(serving);
    assert!(!path.exists(), "the socket goes with the hub");
    echo.join().unwrap();
}

/// A client that the hub knows: its question has come to the system.
fn admitted(path: &std::path::Path, system: &System) -> Client {
    let mut client = Client::new(socket::connect(path).unwrap(), None);
    client.post(Op::Uptime, &()).unwrap();
    let asked = system.requests(1).remove(0);
    system.say(&Piece::Answer(Letter { label: 0, ..asked }));
    client
}

#[test]
fn the_observer_sees_every_byte_and_a_client_that_reads_nothing_holds_nobody() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    let (sender, bytes) = mpsc::channel();
    let observer: Observer = Box::new(move |bytes: &[u8]| sender.send(bytes.len()).unwrap());
    let (system, _serving) = hub(Some(Control::take(&path).unwrap()), Some(observer));
    let _asleep = admitted(&path, &system);
    let mut awake = admitted(&path, &system);
    let answers: usize = bytes.recv_timeout(PATIENCE).unwrap() + bytes.recv_timeout(PATIENCE).unwrap();
    assert!(answers > 0);
    let frame = Piece::Event(vec![9; 400]).wire().unwrap();
    // More than the sleeping client's socket and the hub's room for it take together; no more at a time than the hub
    // keeps for one that is only slow.
    let (batches, frames) = (8, MAX_WAITING / 2 / frame.len());
    for _ in 0..batches {
        for _ in 0..frames {
            (&system.line).write_all(&frame).unwrap();
        }
        for _ in 0..frames {
            assert!(awake.event(Some(Instant::now() + PATIENCE)).unwrap().is_some());
        }
        let mut left = frames * frame.len();
        while left > 0 {
            left -= bytes.recv_timeout(PATIENCE).unwrap();
        }
    }
}

/// A run tells its hub to stop when the machine is gone. What the machine said last is on the line then.
#[test]
fn a_hub_that_is_told_to_stop_hears_the_line_out() {
    let (entered, is_in) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let observer: Observer = Box::new(move |_: &[u8]| {
        entered.send(()).unwrap();
        // Until the test has said everything, and told the hub to stop.
        let _ = gate.recv();
    });
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let line = Ends::both(line::nonblocking(theirs).unwrap()).unwrap();
    let wiring = Wiring { line, control: None, clients: vec![far], observer: Some(observer) };
    let mut serving = Serving::start(wiring).unwrap();
    let system = System { line: ours };
    let mut client = Client::new(near, None);
    client.post(Op::Shutdown, &()).unwrap();
    let asked = system.requests(1).remove(0);
    system.say(&Piece::Event(vec![1]));
    is_in.recv_timeout(PATIENCE).unwrap();
    system.say(&Piece::Answer(Letter { label: 0, payload: vec![7], ..asked }));
    for number in 2..200 {
        system.say(&Piece::Event(vec![number; 100]));
    }
    serving.stop = None;
    drop(open);
    let until = Some(Instant::now() + PATIENCE);
    let answer = loop {
        if let Some(answer) = client.answer() {
            break answer.unwrap();
        }
        assert!(client.receive(until).unwrap());
    };
    assert_eq!(answer, [7]);
    assert_eq!(client.event(until).unwrap(), Some(vec![1]));
    for number in 2..200 {
        assert_eq!(client.event(until).unwrap(), Some(vec![number; 100]));
    }
    assert!(matches!(client.event(until), Err(Trouble::Gone)));
}

/// More than a socket holds at once, for a client that reads only later.
#[test]
fn when_the_hub_ends_a_slow_client_still_gets_everything() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let line = Ends::both(line::nonblocking(theirs).unwrap()).unwrap();
    let (sender, bytes) = mpsc::channel();
    let observer: Observer = Box::new(move |bytes: &[u8]| sender.send(bytes.len()).unwrap());
    let wiring = Wiring { line, control: None, clients: vec![far], observer: Some(observer) };
    let serving = Serving::start(wiring).unwrap();
    let frame = Piece::Event(vec![9; 20]).wire().unwrap();
    let frames = MAX_WAITING / 2 / frame.len();
    for _ in 0..frames {
        (&ours).write_all(&frame).unwrap();
    }
    drop(ours);
    // The hub has it all, and lets go of the observer before it parts from its clients.
    assert_eq!(bytes.iter().sum::<usize>(), frames * frame.len());
    let mut client = Client::new(near, Some(serving));
    for _ in 0..frames {
        assert!(client.event(Some(Instant::now() + PATIENCE)).unwrap().is_some());
    }
    assert!(matches!(client.event(None), Err(Trouble::Gone)));
}

#[test]
fn a_client_that_goes_or_sends_garbage_takes_nobody_with_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("control.sock");
    let (system, _serving) = hub(Some(Control::take(&path).unwrap()), None);
    let mut garbage = socket::connect(&path).unwrap();
    garbage.write_all(b"\x01\x02garbage\0").unwrap();
    assert_eq!(garbage.read(&mut [0; 8]).unwrap(), 0, "it is cut off");
    let gone = socket::connect(&path).unwrap();
    let request = Piece::Request(Letter { tag: 1, label: Op::Uptime.label() as u16, payload: vec![] });
    (&gone).write_all(&request.wire().unwrap()).unwrap();
    let asked = system.requests(1).remove(0);
    drop(gone);
    system.say(&Piece::Answer(Letter { label: 0, ..asked }));
    let echo = system.echo();
    let mut client = Client::new(socket::connect(&path).unwrap(), None);
    client.ask(Op::Status, &5u8).unwrap();
    drop(client);
    drop(_serving);
    echo.join().unwrap();
}

#[test]
fn when_the_line_ends_clients_get_the_last_events_and_then_the_end() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let line = Ends::both(line::nonblocking(theirs).unwrap()).unwrap();
    let wiring = Wiring { line, control: None, clients: vec![far], observer: None };
    let mut client = Client::new(near, Some(Serving::start(wiring).unwrap()));
    (&ours).write_all(&Piece::Event(vec![1]).wire().unwrap()).unwrap();
    drop(ours);
    assert_eq!(client.event(None).unwrap(), Some(vec![1]));
    assert!(matches!(client.event(None), Err(Trouble::Gone)));
    assert!(matches!(client.ask_plainly(Op::Uptime), Err(Trouble::Gone)));
}

#[test]
fn a_silent_system_is_told_to_the_client() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let line = Ends::both(line::nonblocking(theirs).unwrap()).unwrap();
    let wiring = Wiring { line, control: None, clients: vec![far], observer: None };
    let mut client = Client::new(near, Some(Serving::start(wiring).unwrap()));
    assert!(matches!(client.ask_plainly(Op::Uptime), Err(Trouble::Silent)));
    let tags: Vec<u8> = System { line: ours }.requests(3).iter().map(|letter| letter.tag).collect();
    assert_eq!(tags, [1, 1, 1]);
}

#[test]
fn a_machine_that_never_comes_does_not_hold_the_hub() {
    let dir = TempDir::new().unwrap();
    let line = Line::make(dir.path().join("line")).unwrap();
    let control = Control::take(&dir.path().join("control.sock")).unwrap();
    let wiring = Wiring { line: ends(&line), control: Some(control), clients: Vec::new(), observer: None };
    drop(Serving::start(wiring).unwrap());
    assert!(!dir.path().join("control.sock").exists());
}

#[test]
fn a_machine_that_goes_is_heard_out_and_takes_the_hub_with_it() {
    let dir = TempDir::new().unwrap();
    let line = Line::make(dir.path().join("line")).unwrap();
    let (sender, bytes) = mpsc::channel();
    let observer: Observer = Box::new(move |bytes: &[u8]| sender.send(bytes.len()).unwrap());
    let wiring = Wiring { line: ends(&line), control: None, clients: Vec::new(), observer: Some(observer) };
    let serving = Serving::start(wiring).unwrap();
    let mut machine = File::options().write(true).open(dir.path().join("line.out")).unwrap();
    for _ in 0..10_000 {
        machine.write_all(&[7]).unwrap();
    }
    drop(machine);
    assert_eq!(bytes.iter().sum::<usize>(), 10_000, "the observer goes with the hub, and saw all before");
    drop(serving);
}

fn ends(line: &Line) -> Ends {
    Ends { from: line.events.try_clone().unwrap(), to: line.requests.try_clone().unwrap() }
}
