// SPDX-License-Identifier: BSD-2-Clause
//! QEMU's monitor (QMP): what a machine's processor and memory are like, and why the machine went off, which no program in it
//! can tell.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long QEMU may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The interrupt flag.
const IF: u64 = 1 << 9;

/// A conversation with one QEMU.
pub struct Monitor {
    stream: UnixStream,
    input: Vec<u8>,
    /// What the last `SHUTDOWN` event says: `guest-reset`, `guest-shutdown`.
    reason: Option<String>,
}

/// What the processor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processor {
    Works,
    /// It waits in the kernel with interrupts off, and nothing can wake it. User programs cannot bring it there.
    Halted,
}

/// QEMU's option for a monitor on that socket.
#[must_use]
pub fn option(socket: &Path) -> [String; 2] {
    let place = crate::line::escaped(&socket.display().to_string());
    ["-qmp".to_owned(), format!("unix:{place},server=on,wait=off")]
}

impl Monitor {
    /// # Errors
    /// QEMU does not listen there (yet), or is no QEMU.
    pub fn connect(socket: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        let mut monitor = Self { stream, input: Vec::new(), reason: None };
        let until = Instant::now() + PATIENCE;
        while monitor.message(until)?.get("QMP").is_none() {}
        monitor.execute("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }

    /// # Errors
    /// QEMU refuses, is gone, or does not answer in time.
    pub fn execute(&mut self, command: &str, arguments: &Value) -> io::Result<Value> {
        let request = json!({"execute": command, "arguments": arguments});
        writeln!(self.stream, "{request}")?;
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.message(until)?;
            if let Some(value) = answer.get("return") {
                return Ok(value.clone());
            }
            if let Some(error) = answer.get("error") {
                return Err(io::Error::other(format!("{request}: {error}")));
            }
        }
    }

    /// # Errors
    /// As [`Monitor::execute`].
    pub fn processor(&mut self) -> io::Result<Processor> {
        let said = self.execute("human-monitor-command", &json!({"command-line": "info registers"}))?;
        Ok(processor(said.as_str().unwrap_or_default()))
    }

    /// QEMU is gone: why it says that the machine went off.
    pub fn last_reason(&mut self) -> Option<String> {
        // What it said last is here already.
        while self.message(Instant::now()).is_ok() {}
        self.reason.take()
    }

    /// The next line of QEMU's.
    fn message(&mut self, until: Instant) -> io::Result<Value> {
        loop {
            if let Some(end) = self.input.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.input.drain(..=end).collect();
                let message: Value = serde_json::from_slice(&line)?;
                if message["event"] == "SHUTDOWN" {
                    self.reason = message["data"]["reason"].as_str().map(str::to_owned);
                }
                return Ok(message);
            }
            let left = until.saturating_duration_since(Instant::now());
            // A timeout of nothing means for ever there.
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => self.input.extend_from_slice(&bytes[..count]),
            }
        }
    }
}

/// Reads `info registers`: `EFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1`.
fn processor(registers: &str) -> Processor {
    let field = |name: &str| registers.split_whitespace().find_map(|word| word.strip_prefix(name));
    let flags = field("EFL=").or(field("RFL=")).and_then(|flags| u64::from_str_radix(flags, 16).ok());
    let masked = flags.is_some_and(|flags| flags & IF == 0);
    if masked && field("CPL=") == Some("0") && field("HLT=") == Some("1") {
        Processor::Halted
    } else {
        Processor::Works
    }
}

/// Lines that a kernel's last words begin with: an exception in its own code, an assertion, and the Arm kernels' words.
const LAST_WORDS: [&str; 5] = [
    "========== KERNEL EXCEPTION",
    "seL4 failed assertion",
    "seL4 called fail at",
    "KERNEL DATA ABORT!",
    "KERNEL PREFETCH ABORT!",
];
/// Lines of them that are worth telling: up to the stack dump of an exception.
const LINES: usize = 10;

/// What a debug kernel says on the console when it halts; `None` where it says nothing. It proves nothing: services may print
/// the same.
#[must_use]
pub fn last_words(console: &str) -> Option<String> {
    let lines: Vec<&str> = console.lines().map(str::trim_end).collect();
    let begins = |line: &&str| LAST_WORDS.iter().any(|words| line.contains(words));
    let first = lines.iter().rposition(begins).or_else(|| {
        // `halting...` alone, after whatever made it halt.
        lines.iter().rposition(|line| line.contains("halting...")).map(|at| at.saturating_sub(2))
    })?;
    let words = lines[first..].iter().filter(|line| !line.is_empty()).take(LINES);
    Some(words.copied().collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_processor_that_nothing_can_wake_has_halted() {
        let registers = |flags: &str, level: u8, halted: u8| {
            format!(
                "RAX=0 RBX=1\nRIP=ffffffff80719f09 RFL={flags} [---Z-P-] CPL={level} II=0 A20=1 SMM=0 HLT={halted}\nES =0 0 0"
            )
        };
        assert_eq!(processor(&registers("00000046", 0, 1)), Processor::Halted);
        // Idle: the next interrupt wakes it.
        assert_eq!(processor(&registers("00000246", 0, 1)), Processor::Works);
        assert_eq!(processor(&registers("00000046", 0, 0)), Processor::Works);
        assert_eq!(processor(&registers("00000046", 3, 1)), Processor::Works);
        assert_eq!(processor("nothing of the kind"), Processor::Works);
    }

    #[test]
    fn the_kernels_last_words_are_found_behind_what_services_said() {
        let exception = "clock heard 4\n\n========== KERNEL EXCEPTION ==========\nVector:  0xd\nErrCode: 0x3a2\n\
            IP:      0xffffffff8072\n\nStack Dump:\n*0x1 == 0x2\n\nHalting...\nhalting...\nKernel entry via Interrupt, irq 7\n";
        let words = last_words(exception).unwrap();
        assert!(
            words.starts_with("========== KERNEL EXCEPTION ==========\nVector:  0xd\nErrCode: 0x3a2\n"),
            "{words}"
        );
        let assertion = "ok\nseL4 failed assertion 'x' at src/a.c:5 in function f\nhalting...";
        assert!(last_words(assertion).unwrap().starts_with("seL4 failed assertion 'x'"));
        assert_eq!(last_words("a\nb\nc\nhalting...").as_deref(), Some("b\nc\nhalting..."));
        assert_eq!(last_words("all is well\n"), None);
    }
}
