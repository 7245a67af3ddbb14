// SPDX-License-Identifier: BSD-2-Clause
//! Runs a [`Hub`]: one thread that moves bytes between the line and the clients, and never waits for any of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::hub::{ClientId, Hub, Outbox, full};
use super::socket::Control;

/// Clients at once; a further one is told that there are too many.
const MAX_CLIENTS: usize = 64;
/// Bytes that are still read when the hub is told to stop: more than waits on any line whose machine is gone.
const LAST_BYTES: usize = 2 << 20;
/// How long clients have to take what is left for them when the hub ends.
const PARTING: Duration = Duration::from_secs(2);

/// Who reads the line's bytes beside the clients.
pub type Observer = Box<dyn FnMut(&[u8]) + Send>;

/// The line's two ends for us, which never block; of a device or socket both are the same.
pub struct Ends {
    pub from: File,
    pub to: File,
}

impl Ends {
    pub fn both(line: File) -> io::Result<Self> {
        Ok(Self { from: line.try_clone()?, to: line })
    }
}

/// What a hub works with.
pub struct Wiring {
    pub line: Ends,
    pub control: Option<(Control, UnixListener)>,
    /// Clients that are there from the beginning.
    pub clients: Vec<UnixStream>,
    pub observer: Option<Observer>,
}

/// A hub at work; ends, and takes its control socket away, when dropped, and by itself when the line is gone.
pub struct Serving {
    /// What is said here is a kernel's last words; the end of it is the hub's.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub fn start(wiring: Wiring) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let thread = thread::Builder::new().name("hub".to_owned()).spawn(move || serve(wiring, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }

    /// The kernel has halted: whoever waits for an answer, or for an event, is told with these words.
    pub fn kernel_halted(&self, words: &str) {
        if let Some(mut stop) = self.stop.as_ref() {
            // A hub that has ended has nobody to tell. The zero says that these are words, however few.
            let _ = stop.write_all(format!("\0{words}").as_bytes());
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It held no state that anybody needs.
            let _ = thread.join();
        }
    }
}

fn serve(wiring: Wiring, stopped: &UnixStream) {
    let (control, listener) = wiring.control.unzip();
    let mut served =
        Served { hub: Hub::default(), line: wiring.line, clients: Vec::new(), observer: wiring.observer };
    for stream in wiring.clients {
        served.admit(stream);
    }
    // What fails here fails for good: the line or the kernel's means are gone.
    while let Ok(Going::On) = served.turn(listener.as_ref(), stopped) {}
    // Nobody comes to a hub that ends.
    drop((control, listener));
    served.hear_out();
    served.part();
}

/// Whether there is anything left to serve.
#[derive(PartialEq, Eq)]
enum Going {
    On,
    Ended,
}

/// What the line had.
#[derive(PartialEq, Eq)]
enum Heard {
    Bytes(usize),
    Nothing,
    End,
}

struct Served {
    hub: Hub,
    line: Ends,
    clients: Vec<(ClientId, UnixStream)>,
    observer: Option<Observer>,
}

impl Served {
    fn admit(&mut self, stream: UnixStream) {
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        if self.clients.len() < MAX_CLIENTS {
            let id = self.hub.connect();
            self.clients.push((id, stream));
        } else if let Some(frame) = full() {
            // Nothing was written to it before, so this has room; who is gone does not read it.
            let _ = (&stream).write(&frame);
        }
    }

    /// Waits until something can move, and moves it.
    fn turn(&mut self, control: Option<&UnixListener>, stopped: &UnixStream) -> io::Result<Going> {
        const FIRST_CLIENT: usize = 3;
        let out = |out: &Outbox| if out.next().is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        let line_out = out(self.hub.line());
        let mut fds = vec![
            PollFd::new(stopped, PollFlags::IN),
            PollFd::new(&self.line.from, PollFlags::IN),
            PollFd::new(&self.line.to, line_out),
        ];
        for (id, stream) in &self.clients {
            let wants = self.hub.client(*id).map_or(PollFlags::empty(), |waiting| out(waiting));
            fds.push(PollFd::new(stream, PollFlags::IN | wants));
        }
        fds.extend(control.map(|listener| PollFd::new(listener, PollFlags::IN)));
        let timeout =
            self.hub.deadline().map(|deadline| timespec(deadline.saturating_duration_since(Instant::now())));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
        drop(fds);
        if !ready[0].is_empty() {
            let mut words = [0; 4096];
            match (&mut &*stopped).read(&mut words)? {
                0 => return Ok(Going::Ended),
                count => self.hub.kernel_halted(&String::from_utf8_lossy(&words[1..count])),
            }
        }
        let now = Instant::now();
        let mut ids = self.clients.iter().map(|(id, _)| *id).collect::<Vec<_>>().into_iter();
        for ready in &ready[FIRST_CLIENT..FIRST_CLIENT + self.clients.len()] {
            if let (Some(id), false) = (ids.next(), ready.is_empty()) {
                self.client(id, now);
            }
        }
        if control.is_some() && ready.last().is_some_and(|ready| !ready.is_empty()) {
            // Whoever connected may be gone already.
            if let Some(Ok((stream, _))) = control.map(UnixListener::accept) {
                self.admit(stream);
            }
        }
        let heard = if ready[1].is_empty() { Heard::Nothing } else { self.read_line(now)? };
        self.hub.tick(now);
        push(&mut &self.line.to, self.hub.line())?;
        for (id, stream) in &self.clients {
            if let Some(out) = self.hub.client(*id) {
                // A client that is gone shows when it is read from.
                let _ = push(&mut &*stream, out);
            }
        }
        Ok(if heard == Heard::End { Going::Ended } else { Going::On })
    }

    fn read_line(&mut self, now: Instant) -> io::Result<Heard> {
        let mut buffer = [0; 4096];
        match (&self.line.from).read(&mut buffer) {
            Ok(0) => Ok(Heard::End),
            Ok(count) => {
                if let Some(observer) = &mut self.observer {
                    observer(&buffer[..count]);
                }
                self.hub.line_says(&buffer[..count], now);
                Ok(Heard::Bytes(count))
            }
            Err(error) if passing(&error) => Ok(Heard::Nothing),
            Err(error) => Err(error),
        }
    }

    fn client(&mut self, id: ClientId, now: Instant) {
        let Some(at) = self.clients.iter().position(|(known, _)| *known == id) else { return };
        let mut buffer = [0; 4096];
        let stays = match (&self.clients[at].1).read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => self.hub.client_says(id, &buffer[..count], now).is_ok(),
            Err(error) => passing(&error),
        };
        if !stays {
            self.hub.disconnect(id);
            self.clients.remove(at);
        }
    }

    /// What the machine said last may still be on the line when its run ends: whoever waits for an answer or for the
    /// last word gets it.
    fn hear_out(&mut self) {
        let now = Instant::now();
        let mut left = LAST_BYTES;
        while left > 0 {
            match self.read_line(now) {
                Ok(Heard::Bytes(count)) => left = left.saturating_sub(count),
                Ok(Heard::Nothing | Heard::End) | Err(_) => return,
            }
        }
    }

    /// Clients get what is left for them, as long as they take it.
    fn part(&mut self) {
        // Whoever watches the line beside the clients has all of it.
        self.observer = None;
        let until = Instant::now() + PARTING;
        loop {
            let hub = &mut self.hub;
            self.clients.retain(|(id, stream)| {
                // One that is gone needs nothing more.
                hub.client(*id).is_some_and(|out| push(&mut &*stream, out).is_ok() && !out.next().is_empty())
            });
            let left = until.saturating_duration_since(Instant::now());
            if self.clients.is_empty() || left.is_zero() {
                return;
            }
            let mut fds: Vec<PollFd<'_>> =
                self.clients.iter().map(|(_, stream)| PollFd::new(stream, PollFlags::OUT)).collect();
            match poll(&mut fds, Some(&timespec(left))) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) }
}

/// Writes as much as is taken now.
fn push(to: &mut impl Write, out: &mut Outbox) -> io::Result<()> {
    while !out.next().is_empty() {
        match to.write(out.next()) {
            Ok(0) => return Ok(()),
            Ok(count) => out.advance(count),
            Err(error) if passing(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;
