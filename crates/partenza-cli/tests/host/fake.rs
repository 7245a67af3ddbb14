// SPDX-License-Identifier: BSD-2-Clause
//! A system that is not there: it answers on a socket as a root task does on its line, and does what a case wants.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use partenza_protocol::event::{BootState, CapKind, Event, Mismatch, Record, ServiceState};
use partenza_protocol::frame::{Body, MAX_FRAME, MAX_PAYLOAD, Message, frame, unframe};
use partenza_protocol::request::{
    Audit, BootPage, BootRow, Deliver, GrantRow, GrantsOf, GrantsPage, Health, ListPage, LogFrom, LogPage,
    PAGE, Page, Status, Summary, Switch, Target, Uptime, Version,
};
use partenza_protocol::{Code, Incarnation, Op, ServiceId, decode, encode};
use serde::Serialize;
use tempfile::TempDir;

/// What is the matter with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    None,
    /// It answers nothing.
    Silent,
    /// It hangs up when asked for `uptime`.
    HangsUp,
    /// Asked for its end, it says its last word in place of an answer, and hangs up.
    EndsAtOnce,
    /// It answers, does what it was asked, and hangs up before it answers anything else.
    EndsAfterAnswer,
    /// It answers with bytes that are no value.
    Garbage,
    /// Its line is noisy: every answer comes first damaged, and whole only when asked again.
    Noisy,
}

pub struct World {
    pub quirk: Quirk,
    pub services: Vec<String>,
    /// Encoded records from number 0 on.
    pub log: Vec<Vec<u8>>,
    /// What it was asked to change.
    pub changes: Vec<(Op, String)>,
    /// What a change is answered with; 0 is yes.
    pub answer: u16,
    /// The program that was delivered so far.
    pub program: Vec<u8>,
    /// How many pieces of it come before one that does not come through.
    pub loses: Option<usize>,
    /// What happens after a change.
    pub consequences: Vec<Event<'static>>,
    /// What an audit of the last service finds.
    pub differences: u16,
    /// How far its boot is, and when it was complete.
    pub boot: (BootState, Option<u64>),
    /// A service that a recovery boot leaves out.
    pub left_out: Option<u16>,
    /// A service that has failed.
    pub failed: Option<u16>,
    /// A service that has nothing that could be audited.
    pub resting: Option<u16>,
    /// A service that was started after the boot, and when, in microseconds.
    pub started_again: Option<(u16, u64)>,
    /// Questions that were answered.
    pub answered: usize,
    line: Option<UnixStream>,
    damaged: bool,
}

/// The system, on the socket `path`.
pub struct Fake {
    pub dir: TempDir,
    pub path: PathBuf,
    shared: Arc<(Mutex<World>, Condvar)>,
}

impl Fake {
    pub fn start(services: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("line");
        let listener = UnixListener::bind(&path).unwrap();
        let world = World {
            quirk: Quirk::None,
            services: services.iter().map(|name| (*name).to_owned()).collect(),
            log: Vec::new(),
            changes: Vec::new(),
            answer: 0,
            program: Vec::new(),
            loses: None,
            consequences: Vec::new(),
            differences: 0,
            boot: (BootState::SupervisorMode, Some(9_000)),
            left_out: None,
            failed: None,
            resting: None,
            started_again: None,
            answered: 0,
            line: None,
            damaged: false,
        };
        let shared = Arc::new((Mutex::new(world), Condvar::new()));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                theirs.0.lock().unwrap().line = Some(stream.try_clone().unwrap());
                theirs.1.notify_all();
                serve(stream, &theirs);
                theirs.0.lock().unwrap().line = None;
            }
        });
        Self { dir, path, shared }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.0.lock().unwrap()
    }

    /// Until somebody is on the line.
    pub fn await_line(&self) {
        let (world, changed) = &*self.shared;
        drop(changed.wait_while(world.lock().unwrap(), |world| world.line.is_none()).unwrap());
    }

    /// Until it has answered a question.
    pub fn await_answer(&self) {
        let (world, changed) = &*self.shared;
        drop(changed.wait_while(world.lock().unwrap(), |world| world.answered == 0).unwrap());
    }

    /// Until it was asked for a change.
    pub fn await_change(&self) {
        let (world, changed) = &*self.shared;
        drop(changed.wait_while(world.lock().unwrap(), |world| world.changes.is_empty()).unwrap());
    }

    /// The line is cut.
    pub fn hang_up(&self) {
        self.ends_with(&[]);
    }

    /// The line is cut right after these events, before anything more is answered.
    pub fn ends_with(&self, events: &[Event<'_>]) {
        let mut world = self.world();
        for event in events {
            world.happens(event.clone());
        }
        if let Some(line) = world.line.take() {
            line.shutdown(std::net::Shutdown::Both).unwrap();
        }
    }

    /// Runs `partenza` on this line.
    pub fn partenza(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = partenza(self.dir.path());
        command.args(args).arg("--line").arg(&self.path);
        command
    }
}

/// The command, in a directory.
pub fn partenza(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_partenza"));
    command.current_dir(dir).stdin(Stdio::null());
    command
}

impl World {
    /// Something happens: it is logged, and told.
    pub fn happens(&mut self, event: Event<'_>) {
        let bytes = self.logged(event);
        self.say(Body::Event(&bytes));
    }

    /// Something happens, and its frame does not come through.
    pub fn logged(&mut self, event: Event<'_>) -> Vec<u8> {
        let sequence = self.log.len() as u64;
        let record = Record { sequence, time: sequence * 1000, event };
        let bytes = postcard::to_allocvec(&record).unwrap();
        self.log.push(bytes.clone());
        bytes
    }

    fn say(&mut self, body: Body<'_>) {
        let mut out = [0; MAX_FRAME];
        let used = frame(body, &mut out).unwrap();
        if let Some(line) = &mut self.line {
            // Whoever asked may be gone.
            let _ = line.write_all(&out[..used]);
        }
    }

    fn answer(&mut self, tag: u8, label: u16, payload: &[u8]) {
        self.damaged = !self.damaged && self.quirk == Quirk::Noisy;
        if self.damaged {
            let mut out = [0; MAX_FRAME];
            let used = frame(Body::Answer(Message { tag, label, payload }), &mut out).unwrap();
            out[2] ^= 0x20;
            if let Some(line) = &mut self.line {
                let _ = line.write_all(b"noise\0").and_then(|()| line.write_all(&out[..used]));
            }
            return;
        }
        self.say(Body::Answer(Message { tag, label, payload }));
        self.answered += 1;
    }

    fn asked(&mut self, tag: u8, label: u16, payload: &[u8]) {
        let op = Op::from_label(u64::from(label)).unwrap();
        match self.quirk {
            Quirk::Silent => return,
            Quirk::HangsUp if op == Op::Uptime => {
                if let Some(line) = &self.line {
                    line.shutdown(std::net::Shutdown::Both).unwrap();
                }
                return;
            }
            Quirk::EndsAfterAnswer if !self.changes.is_empty() => {
                if let Some(line) = &self.line {
                    line.shutdown(std::net::Shutdown::Both).unwrap();
                }
                return;
            }
            Quirk::Garbage => return self.answer(tag, 0, &[1, 0xff, 0xff, 0xff, 0xff]),
            _ => {}
        }
        match op {
            Op::Restart | Op::Start | Op::Stop | Op::Enable | Op::Disable | Op::Crash => {
                let target: Target<'_> = decode(payload).unwrap();
                self.change(op, target.name, tag);
            }
            Op::Deliver => self.take_piece(payload, tag),
            // It has nothing that could be looked up or switched.
            Op::Switch => {
                let switch: Switch<'_> = decode(payload).unwrap();
                let code = self.find(switch.provider).err().unwrap_or(Code(501));
                self.answer(tag, code.0, &[]);
            }
            Op::Lookup => self.answer(tag, 501, &[]),
            Op::Shutdown if self.quirk == Quirk::EndsAtOnce => {
                self.happens(Event::Finished);
                if let Some(line) = &self.line {
                    line.shutdown(std::net::Shutdown::Both).unwrap();
                }
            }
            Op::Shutdown | Op::Reboot => {
                assert_eq!(payload, b"");
                self.change(op, "", tag);
            }
            _ => match self.question(op, payload) {
                Ok(answer) if op == Op::Audit => {
                    self.tell_of_differences(payload);
                    self.answer(tag, 0, &answer);
                }
                Ok(answer) => self.answer(tag, 0, &answer),
                Err(code) => self.answer(tag, code.0, &[]),
            },
        }
    }

    /// What an audit finds is in the log before its answer is out.
    fn tell_of_differences(&mut self, payload: &[u8]) {
        let service = ServiceId(self.find(decode::<Target<'_>>(payload).unwrap().name).unwrap());
        let difference = |nth: u16| Event::AuditMismatch {
            service,
            cptr: if nth == 0 { 3 } else { 100 + u32::from(nth) },
            what: if nth == 0 { Mismatch::Missing } else { Mismatch::Surplus },
        };
        for nth in 0..self.differences_of(service.0) {
            self.happens(difference(nth));
        }
    }

    /// Of the last service, as many as a case asks for: one is missing, the others are surplus.
    fn differences_of(&self, service: u16) -> u16 {
        if usize::from(service) + 1 == self.services.len() { self.differences } else { 0 }
    }

    fn change(&mut self, op: Op, name: &str, tag: u8) {
        self.changes.push((op, name.to_owned()));
        let label = self.answer;
        self.answer(tag, label, &[]);
        for event in std::mem::take(&mut self.consequences) {
            self.happens(event);
        }
    }

    fn take_piece(&mut self, payload: &[u8], tag: u8) {
        let piece: Deliver<'_> = decode(payload).unwrap();
        if let Err(code) = self.find(piece.service) {
            return self.answer(tag, code.0, &[]);
        }
        match self.loses {
            Some(0) => return self.loses = None,
            Some(more) => self.loses = Some(more - 1),
            None => {}
        }
        if piece.offset == 0 {
            self.program.clear();
        }
        assert_eq!(piece.offset as usize, self.program.len(), "without a gap");
        self.program.extend_from_slice(piece.bytes);
        if piece.last {
            self.changes.push((Op::Deliver, piece.service.to_owned()));
        }
        let label = if piece.last { self.answer } else { 0 };
        self.answer(tag, label, &[]);
    }

    fn find(&self, name: &str) -> Result<u16, Code> {
        self.services.iter().position(|known| known == name).map(|at| at as u16).ok_or(Code(404))
    }

    /// Rows from one on, and where the next page begins.
    fn page(&self, from: u16) -> (std::ops::Range<usize>, Option<u16>) {
        let (from, total) = (usize::from(from), self.services.len());
        let end = (from + PAGE).min(total);
        (from..end, (end < total).then_some(end as u16))
    }

    fn state(&self, service: usize) -> ServiceState {
        let is_it = |which: Option<u16>| which.map(usize::from) == Some(service);
        if is_it(self.left_out) {
            ServiceState::Disabled
        } else if is_it(self.failed) {
            ServiceState::Failed
        } else {
            ServiceState::Running
        }
    }

    fn question(&self, op: Op, payload: &[u8]) -> Result<Vec<u8>, Code> {
        Ok(match op {
            Op::List => {
                let (rows, next) = self.page(decode::<Page>(payload).unwrap().from);
                let row = |at: usize| Summary {
                    name: &self.services[at],
                    layer: 2,
                    state: self.state(at),
                    incarnation: Incarnation(1),
                };
                put(&ListPage { total: self.services.len() as u16, rows: rows.map(row).collect(), next })
            }
            Op::Status => {
                let name = decode::<Target<'_>>(payload).unwrap().name;
                let id = self.find(name)?;
                put(&Status {
                    id,
                    name,
                    version: "0.1.0",
                    layer: 2,
                    critical: true,
                    state: self.state(id.into()),
                    incarnation: Incarnation(3),
                    restarts: 2,
                    uptime: Some(61_000_000),
                    last_error: Some(Code(if self.left_out == Some(id) { 425 } else { 413 })),
                    priority: 100,
                    memory: 65536,
                    rejected: 1,
                    messages: 7,
                    health: Health::Well,
                })
            }
            Op::Log => {
                let sequence = decode::<LogFrom>(payload).unwrap().sequence.min(self.log.len() as u64);
                let records: Vec<&Vec<u8>> = self.log[sequence as usize..].iter().take(3).collect();
                let next = sequence + records.len() as u64;
                let mut answer = put(&LogPage { count: records.len() as u8, lost: 0, next });
                answer.extend(records.into_iter().flatten());
                answer
            }
            Op::Grants => {
                let of: GrantsOf<'_> = decode(payload).unwrap();
                self.find(of.name)?;
                let row =
                    |at: u16| GrantRow { kind: CapKind::Endpoint, at: at.into(), rights: 5, object: "peer" };
                let end = (of.from + PAGE as u16).min(10);
                let next = (end < 10).then_some(end);
                put(&GrantsPage { total: 10, rows: (of.from..end).map(row).collect(), next })
            }
            Op::Audit => {
                let id = self.find(decode::<Target<'_>>(payload).unwrap().name)?;
                if self.resting == Some(id) {
                    return Err(Code(405));
                }
                let differences = self.differences_of(id);
                let (missing, surplus) = (differences.min(1), differences.saturating_sub(1));
                let (slots, present, types) = (128, 10 - missing, true);
                put(&Audit { slots, present, missing, wrong: 0, surplus, types, diverted: 0 })
            }
            Op::BootReport => {
                let (rows, next) = self.page(decode::<Page>(payload).unwrap().from);
                let row = |at: usize| {
                    let again = self.started_again.filter(|(which, _)| usize::from(*which) == at);
                    let again = again.map(|(_, time)| time);
                    BootRow {
                        name: &self.services[at],
                        layer: 2,
                        created: again.or(Some(1_000)),
                        started: again.or(Some(2_000)),
                        ready: again.or((at > 0).then_some(5_000)),
                    }
                };
                let (state, complete) = self.boot;
                put(&BootPage { state, complete, rows: rows.map(row).collect(), next })
            }
            Op::Version => put(&Version { system: "fake", partenza: "partenza 0", kernel: "none" }),
            Op::Uptime => put(&Uptime { micros: 61_000_000 }),
            _ => return Err(Code(408)),
        })
    }
}

fn put(value: &impl Serialize) -> Vec<u8> {
    let mut out = [0; MAX_PAYLOAD];
    let used = encode(value, &mut out).unwrap();
    out[..used].to_vec()
}

fn serve(mut stream: UnixStream, (world, changed): &(Mutex<World>, Condvar)) {
    let (mut pending, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(count) = stream.read(&mut buffer) {
        if count == 0 {
            return;
        }
        for byte in &buffer[..count] {
            if *byte != 0 {
                pending.push(*byte);
                continue;
            }
            if let Ok(Body::Request(message)) = unframe(&mut std::mem::take(&mut pending)) {
                world.lock().unwrap().asked(message.tag, message.label, message.payload);
                changed.notify_all();
            }
        }
    }
}

/// An event of the service with that number.
pub fn ready(service: u16) -> Event<'static> {
    Event::Ready { service: ServiceId(service) }
}

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
