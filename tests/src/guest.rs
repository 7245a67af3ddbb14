// SPDX-License-Identifier: BSD-2-Clause
//! A look into the memory of a machine that is on, through QEMU's monitor: at what the kernel keeps, which no program in
//! the machine can see.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use object::LittleEndian;
use object::elf::{FileHeader64, SHT_SYMTAB};
use object::read::elf::{FileHeader, Sym};
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
        let option = format!("unix:{},server=on,wait=off", socket.display());
        (machine.option("-qmp", &option), Self { socket })
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
        let mut stream = self.connect();
        let mut lines = BufReader::new(stream.try_clone().expect("a socket can be shared")).lines();
        let mut hear = || -> Value {
            let line = lines.next().expect("QEMU's monitor answers").expect("QEMU's monitor answers in time");
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        assert!(hear().get("QMP").is_some(), "QEMU's monitor greets");
        for request in
            [json!({"execute": "qmp_capabilities"}), json!({"execute": command, "arguments": arguments})]
        {
            writeln!(stream, "{request}").expect("QEMU's monitor listens");
            // Events may come in between.
            let answer = std::iter::repeat_with(&mut hear).find(|answer| answer.get("event").is_none());
            assert!(
                answer.as_ref().is_some_and(|answer| answer.get("return").is_some()),
                "{request}: {answer:?}"
            );
        }
    }

    fn connect(&self) -> UnixStream {
        let until = Instant::now() + PATIENCE;
        loop {
            match UnixStream::connect(&self.socket) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
                    return stream;
                }
                Err(error) => assert!(Instant::now() < until, "{}: {error}", self.socket.display()),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // QEMU takes it away when it ends in order.
        let _ = fs::remove_file(&self.socket);
    }
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
