// SPDX-License-Identifier: BSD-2-Clause
//! A look into the memory of a machine that is on, through QEMU's monitor: at what the kernel keeps, which no program in
//! the machine can see.

use std::env;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use object::LittleEndian;
use object::elf::{FileHeader64, SHT_SYMTAB};
use object::read::elf::{FileHeader, Sym};
use partenza_lab::monitor::{self, Monitor};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::tools::Kernel;

/// Where seL4's linker script for x86_64 maps physical address 0.
const KERNEL_OFFSET: u64 = 0xffff_ffff_8000_0000;
/// How long QEMU may take to answer, on a busy host.
const PATIENCE: Duration = Duration::from_secs(30);

/// QEMU's monitor (QMP), on a socket that goes away with this.
pub struct Guest {
    socket: PathBuf,
}

impl Guest {
    /// Gives the machine a monitor.
    #[must_use]
    pub fn of(machine: Machine) -> (Machine, Self) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Names of sockets are short: not below the scratch folder.
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = env::temp_dir().join(format!("partenza-qmp-{}-{nth}", std::process::id()));
        let [name, value] = monitor::option(&socket);
        (machine.option(&name, &value), Self { socket })
    }

    /// `length` bytes at `symbol` of the kernel.
    ///
    /// # Panics
    /// The kernel has no such symbol, or the monitor does not answer.
    #[must_use]
    pub fn kernel_memory(&self, kernel: Kernel, symbol: &str, length: usize) -> Vec<u8> {
        let (address, _) = kernel_symbol(kernel, symbol);
        let file = self.socket.with_extension("memory");
        let arguments =
            json!({"val": address - KERNEL_OFFSET, "size": length, "filename": file.display().to_string()});
        self.execute("pmemsave", &arguments);
        let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(bytes.len(), length, "{symbol}");
        bytes
    }

    fn execute(&self, command: &str, arguments: &Value) {
        let until = Instant::now() + PATIENCE;
        let answer = loop {
            match Monitor::connect(&self.socket).and_then(|mut monitor| monitor.execute(command, arguments)) {
                Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                answer => break answer,
            }
        };
        answer.unwrap_or_else(|error| panic!("{}: {error}", self.socket.display()));
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // QEMU takes it away when it ends in order.
        let _ = fs::remove_file(&self.socket);
    }
}

/// Overwrites memory at a virtual address, through QEMU's stub for GDB, which listens on `socket`.
///
/// # Panics
/// The stub does not take it.
pub fn overwrite(socket: &Path, address: u64, bytes: &[u8]) {
    /// Fits the stub's packets.
    const PIECE: usize = 512;
    let mut stub =
        UnixStream::connect(socket).unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
    stub.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
    let mut say = |packet: &str| {
        let sum = packet.bytes().fold(0u8, u8::wrapping_add);
        write!(stub, "+${packet}#{sum:02x}").expect("the stub listens");
        let mut heard = String::new();
        // That the machine stands still comes in between, as a packet of its own.
        while !heard.contains("$OK#") {
            let mut byte = [0];
            stub.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {packet:.20}: {heard}"));
            heard.push(byte[0].into());
            assert!(!heard.contains("$E"), "{packet:.20}: {heard}");
        }
        // The packet's sum.
        stub.read_exact(&mut [0; 2]).expect("a packet has a sum");
    };
    for (at, piece) in (address..).step_by(PIECE).zip(bytes.chunks(PIECE)) {
        let digits: String = piece.iter().map(|byte| format!("{byte:02x}")).collect();
        say(&format!("M{at:x},{:x}:{digits}", piece.len()));
    }
    // The machine, which stood still, goes on.
    say("D");
}

/// Address and size of a symbol of the kernel.
///
/// # Panics
/// The kernel cannot be read, or has none of that name.
#[must_use]
pub fn kernel_symbol(kernel: Kernel, symbol: &str) -> (u64, u64) {
    const E: LittleEndian = LittleEndian;
    let path = kernel.prefix().join("bin/kernel.elf");
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let data = bytes.as_slice();
    let header = FileHeader64::<LittleEndian>::parse(data).expect("the kernel is an ELF file");
    let sections = header.sections(E, data).expect("it has sections");
    let symbols = sections.symbols(E, data, SHT_SYMTAB).expect("it has symbols");
    let named = symbols.iter().find(|entry| entry.name(E, symbols.strings()) == Ok(symbol.as_bytes()));
    let named = named.unwrap_or_else(|| panic!("{} has no symbol {symbol}", path.display()));
    (named.st_value(E), named.st_size(E))
}
