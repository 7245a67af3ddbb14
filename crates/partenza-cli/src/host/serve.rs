// SPDX-License-Identifier: BSD-2-Clause
//! Runs a [`Hub`]: one thread that moves bytes between the line and the clients, and never waits for any of them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::hub::{ClientId, Hub, Outbox};
use super::socket::Control;

/// Clients at once; a further one is not let in.
const MAX_CLIENTS: usize = 64;

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
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub fn start(wiring: Wiring) -> io::Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let thread = thread::Builder::new().name("hub".to_owned()).spawn(move || serve(wiring, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
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
    let (_control, listener) = wiring.control.unzip();
    let mut served =
        Served { hub: Hub::default(), line: wiring.line, clients: Vec::new(), observer: wiring.observer };
    for stream in wiring.clients {
        served.admit(stream);
    }
    // What fails here fails for good: the line or the kernel's means are gone.
    while let Ok(Going::On) = served.turn(listener.as_ref(), stopped) {}
    served.flush();
}

/// Whether there is anything left to serve.
#[derive(PartialEq, Eq)]
enum Going {
    On,
    Ended,
}

struct Served {
    hub: Hub,
    line: Ends,
    clients: Vec<(ClientId, UnixStream)>,
    observer: Option<Observer>,
}

impl Served {
    fn admit(&mut self, stream: UnixStream) {
        if self.clients.len() < MAX_CLIENTS && stream.set_nonblocking(true).is_ok() {
            let id = self.hub.connect();
            self.clients.push((id, stream));
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
        let timeout = self.hub.deadline().map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) }
        });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready: Vec<PollFlags> = fds.iter().map(PollFd::revents).collect();
        drop(fds);
        if !ready[0].is_empty() {
            return Ok(Going::Ended);
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
        let going = if ready[1].is_empty() { Going::On } else { self.read_line(now) };
        self.hub.tick(now);
        push(&mut &self.line.to, self.hub.line())?;
        for (id, stream) in &self.clients {
            if let Some(out) = self.hub.client(*id) {
                // A client that is gone shows when it is read from.
                let _ = push(&mut &*stream, out);
            }
        }
        Ok(going)
    }

    fn read_line(&mut self, now: Instant) -> Going {
        let mut buffer = [0; 4096];
        match (&self.line.from).read(&mut buffer) {
            Ok(0) => Going::Ended,
            Ok(count) => {
                if let Some(observer) = &mut self.observer {
                    observer(&buffer[..count]);
                }
                self.hub.line_says(&buffer[..count], now);
                Going::On
            }
            Err(error) if passing(&error) => Going::On,
            Err(_) => Going::Ended,
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

    /// The line is gone: clients get what they can take at once.
    fn flush(&mut self) {
        for (id, stream) in &self.clients {
            if let Some(out) = self.hub.client(*id) {
                let _ = push(&mut &*stream, out);
            }
        }
    }
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
