// SPDX-License-Identifier: BSD-2-Clause
//! The startup page: what an incarnation finds in memory before its first instruction.
//!
//! One read-only 4 KiB page, little endian, written by `partenza` at build time except for the fields that only a
//! start knows (marked *start*), which Init fills in. C services read the same bytes.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | magic `PZSU` |
//! | 4 | 2 | layout version, [`LAYOUT`] |
//! | 6 | 2 | bytes used in all |
//! | 8 | 8 | address of the IPC buffer |
//! | 16 | 16 | secret (*start*) |
//! | 32 | 4 | incarnation (*start*) |
//! | 36 | 4 | optional grants: bit n is the n-th of the manifest |
//! | 40 | 2 | service id |
//! | 42 | 1 | supervisor channel id, 255 for none |
//! | 43 | 1 | channel the service serves on, 255 for none |
//! | 44 | 2+2 | name: offset, length |
//! | 48 | 2+2 | version: offset, length |
//! | 52 | 2+2 | arguments: offset of the first, count; each is `u16 length, bytes` |
//! | 56 | 2+2 | environment: the same, `NAME=VALUE` |
//! | 60 | 2+2 | provides: the same, `interface@version` |
//! | 64 | 2+2 | channels: offset of the first, count; each `u8 id, u8 rights, u16 length, name bytes` |
//! | 68 | 16 | what the Supervisor answers `hello` with (*start*) |
//!
//! A channel's name is the interface that it was granted for, or the peer's name; at the serving end it is the
//! client's name, and `rights` (bit 0 write, bit 1 read) is what that client was granted.

use crate::control::Welcome;
use crate::{Incarnation, Secret};

/// Version of this layout.
pub const LAYOUT: u16 = 2;
pub const MAGIC: [u8; 4] = *b"PZSU";
pub const PAGE_SIZE: usize = 4096;
pub const HEADER: usize = 84;

/// Where Init writes the secret.
const SECRET_AT: usize = 16;
/// Where Init writes what it will answer.
const SUPERVISOR_SECRET_AT: usize = 68;
/// Where Init writes the incarnation.
const INCARNATION_AT: usize = 32;

/// A client may ask for changes.
pub const RIGHT_WRITE: u8 = 1;
/// A client may ask for contents.
pub const RIGHT_READ: u8 = 2;

/// What only one incarnation and the Supervisor know. The service shows the first, and only who wrote the page can answer
/// with the second: what is at the other end of the supervisor channel is the Supervisor, and not who heard the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secrets {
    pub service: Secret,
    pub supervisor: Secret,
}

impl Secrets {
    /// Of nobody.
    pub const NONE: Self = Self { service: Secret([0; 16]), supervisor: Secret([0; 16]) };
}

/// What goes into a page; [`build`] writes it.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    pub ipc_buffer: u64,
    pub optional: u32,
    pub service: u16,
    pub supervisor_channel: Option<u8>,
    pub serves: Option<u8>,
    pub name: &'a str,
    pub version: &'a str,
    pub args: &'a [&'a str],
    pub env: &'a [&'a str],
    /// `interface@version`
    pub provides: &'a [&'a str],
    pub channels: &'a [Channel<'a>],
}

/// A channel as the service knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel<'a> {
    pub id: u8,
    pub rights: u8,
    pub name: &'a str,
}

/// The contents do not fit one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFull;

/// Writes `contents` to `page` and returns the bytes used.
///
/// # Errors
/// [`PageFull`].
pub fn build(contents: &Contents<'_>, page: &mut [u8; PAGE_SIZE]) -> Result<usize, PageFull> {
    let mut writer = Writer { page, at: HEADER };
    let name = writer.text(contents.name)?;
    let version = writer.text(contents.version)?;
    let args = writer.list(contents.args)?;
    let env = writer.list(contents.env)?;
    let provides = writer.list(contents.provides)?;
    let channels = writer.at;
    for channel in contents.channels {
        writer.put(&[channel.id, channel.rights])?;
        writer.put(&length(channel.name)?.to_le_bytes())?;
        writer.put(channel.name.as_bytes())?;
    }
    let used = writer.at;
    let mut header = Writer { page, at: 0 };
    header.put(&MAGIC)?;
    header.put(&LAYOUT.to_le_bytes())?;
    header.short(used)?;
    header.put(&contents.ipc_buffer.to_le_bytes())?;
    header.put(&[0; 16 + 4])?;
    header.put(&contents.optional.to_le_bytes())?;
    header.put(&contents.service.to_le_bytes())?;
    header.put(&[contents.supervisor_channel.unwrap_or(255), contents.serves.unwrap_or(255)])?;
    for (at, count) in [
        name,
        version,
        (args, contents.args.len()),
        (env, contents.env.len()),
        (provides, contents.provides.len()),
        (channels, contents.channels.len()),
    ] {
        header.short(at)?;
        header.short(count)?;
    }
    Ok(used)
}

/// Where a page tells its length, and its arguments.
const USED_AT: usize = 6;
const ARGUMENTS_AT: usize = 52;

/// Writes what an incarnation finds: `contents` as [`build`] made them, and what only its start knows. Of what the page
/// held before nothing is left.
///
/// # Panics
/// The contents are longer than a page.
pub fn begin(page: &mut [u8; PAGE_SIZE], contents: &[u8], secrets: Secrets, incarnation: Incarnation) {
    let before = usize::from(u16::from_le_bytes([page[USED_AT], page[USED_AT + 1]]));
    page[..contents.len()].copy_from_slice(contents);
    if let Some(rest) = page.get_mut(contents.len()..before) {
        rest.fill(0);
    }
    page[SECRET_AT..SECRET_AT + 16].copy_from_slice(&secrets.service.0);
    page[SUPERVISOR_SECRET_AT..SUPERVISOR_SECRET_AT + 16].copy_from_slice(&secrets.supervisor.0);
    page[INCARNATION_AT..INCARNATION_AT + 4].copy_from_slice(&incarnation.0.to_le_bytes());
}

/// Gives a page other arguments: `count` of them, each behind its length, as [`build`] writes them.
///
/// # Errors
/// [`PageFull`]; the page is then as before.
pub fn replace_arguments(page: &mut [u8; PAGE_SIZE], arguments: &[u8], count: u16) -> Result<(), PageFull> {
    let at = usize::from(u16::from_le_bytes([page[USED_AT], page[USED_AT + 1]]));
    let end = at + arguments.len();
    page.get_mut(at..end).ok_or(PageFull)?.copy_from_slice(arguments);
    page[USED_AT..USED_AT + 2].copy_from_slice(&(end as u16).to_le_bytes());
    page[ARGUMENTS_AT..ARGUMENTS_AT + 2].copy_from_slice(&(at as u16).to_le_bytes());
    page[ARGUMENTS_AT + 2..ARGUMENTS_AT + 4].copy_from_slice(&count.to_le_bytes());
    Ok(())
}

fn length(text: &str) -> Result<u16, PageFull> {
    u16::try_from(text.len()).map_err(|_| PageFull)
}

struct Writer<'p> {
    page: &'p mut [u8; PAGE_SIZE],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), PageFull> {
        let end = self.at + bytes.len();
        self.page.get_mut(self.at..end).ok_or(PageFull)?.copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }

    fn short(&mut self, value: usize) -> Result<(), PageFull> {
        self.put(&u16::try_from(value).map_err(|_| PageFull)?.to_le_bytes())
    }

    fn text(&mut self, text: &str) -> Result<(usize, usize), PageFull> {
        let at = self.at;
        self.put(text.as_bytes())?;
        Ok((at, text.len()))
    }

    fn list(&mut self, items: &[&str]) -> Result<usize, PageFull> {
        let at = self.at;
        for item in items {
            self.put(&length(item)?.to_le_bytes())?;
            self.put(item.as_bytes())?;
        }
        Ok(at)
    }
}

/// Reads a startup page. Every accessor is total: a damaged page gives empty lists, never a fault.
#[derive(Clone, Copy)]
pub struct Startup<'a> {
    page: &'a [u8],
}

impl<'a> Startup<'a> {
    /// `None` when the bytes are not a startup page of this layout.
    #[must_use]
    pub fn read(page: &'a [u8]) -> Option<Self> {
        let this = Self { page };
        (page.get(..4)? == MAGIC && this.short(4) == LAYOUT && this.short(6) as usize <= page.len())
            .then_some(this)
    }

    fn short(&self, at: usize) -> u16 {
        self.page.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
    }

    fn word(&self, at: usize) -> u32 {
        u32::from(self.short(at)) | u32::from(self.short(at + 2)) << 16
    }

    fn text(&self, at: usize, len: usize) -> &'a str {
        self.page.get(at..at + len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    fn items(&self, header_at: usize) -> Items<'a> {
        Items { page: *self, at: self.short(header_at) as usize, left: self.short(header_at + 2) }
    }

    #[must_use]
    pub fn ipc_buffer(&self) -> u64 {
        u64::from(self.word(8)) | u64::from(self.word(12)) << 32
    }

    fn secret_at(&self, at: usize) -> Secret {
        let mut secret = [0; 16];
        if let Some(bytes) = self.page.get(at..at + 16) {
            secret.copy_from_slice(bytes);
        }
        Secret(secret)
    }

    /// What the service shows in [`crate::control::Hello`].
    #[must_use]
    pub fn secret(&self) -> Secret {
        self.secret_at(SECRET_AT)
    }

    /// Whether that answer to [`crate::control::Hello`] comes from who wrote this page.
    #[must_use]
    pub fn is_answered_by(&self, welcome: &Welcome) -> bool {
        welcome.supervisor_secret.matches(&self.secret_at(SUPERVISOR_SECRET_AT))
            && welcome.incarnation == self.incarnation()
    }

    #[must_use]
    pub fn incarnation(&self) -> crate::Incarnation {
        crate::Incarnation(self.word(INCARNATION_AT))
    }

    #[must_use]
    pub fn optional(&self) -> u32 {
        self.word(36)
    }

    #[must_use]
    pub fn service(&self) -> u16 {
        self.short(40)
    }

    fn channel_id(&self, at: usize) -> Option<u8> {
        self.page.get(at).copied().filter(|id| *id != 255)
    }

    #[must_use]
    pub fn supervisor_channel(&self) -> Option<u8> {
        self.channel_id(42)
    }

    #[must_use]
    pub fn serves(&self) -> Option<u8> {
        self.channel_id(43)
    }

    #[must_use]
    pub fn name(&self) -> &'a str {
        self.text(self.short(44) as usize, self.short(46) as usize)
    }

    #[must_use]
    pub fn version(&self) -> &'a str {
        self.text(self.short(48) as usize, self.short(50) as usize)
    }

    #[must_use]
    pub fn args(&self) -> Items<'a> {
        self.items(52)
    }

    #[must_use]
    pub fn env(&self) -> Items<'a> {
        self.items(56)
    }

    /// `interface@version` each.
    #[must_use]
    pub fn provides(&self) -> Items<'a> {
        self.items(60)
    }

    #[must_use]
    pub fn channels(&self) -> Channels<'a> {
        Channels { page: *self, at: self.short(64) as usize, left: self.short(66) }
    }

    /// The channel of that name, at either end.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<Channel<'a>> {
        self.channels().find(|channel| channel.name == name)
    }
}

/// Texts with their lengths before them.
#[derive(Clone)]
pub struct Items<'a> {
    page: Startup<'a>,
    at: usize,
    left: u16,
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        let len = self.page.short(self.at) as usize;
        let text = self.page.text(self.at + 2, len);
        self.at += 2 + len;
        Some(text)
    }
}

#[derive(Clone)]
pub struct Channels<'a> {
    page: Startup<'a>,
    at: usize,
    left: u16,
}

impl<'a> Iterator for Channels<'a> {
    type Item = Channel<'a>;

    fn next(&mut self) -> Option<Channel<'a>> {
        self.left = self.left.checked_sub(1)?;
        let [id, rights] = self.page.short(self.at).to_le_bytes();
        let len = self.page.short(self.at + 2) as usize;
        let name = self.page.text(self.at + 4, len);
        self.at += 4 + len;
        Some(Channel { id, rights, name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_read_again() {
        let contents = Contents {
            ipc_buffer: 0x3f_e000,
            optional: 5,
            service: 10,
            supervisor_channel: Some(25),
            serves: None,
            name: "terminal",
            version: "0.1.0",
            args: &["--echo", ""],
            env: &["TERM=dumb"],
            provides: &["shell/line@1.0.0"],
            channels: &[
                Channel { id: 3, rights: RIGHT_READ, name: "storage/files" },
                Channel { id: 25, rights: 0, name: "supervisor/control" },
            ],
        };
        let mut page = [0; PAGE_SIZE];
        let used = build(&contents, &mut page).unwrap();
        let template = page[..used].to_vec();
        begin(&mut page, &template, SECRETS, Incarnation(2));
        let read = Startup::read(&page).unwrap();
        assert_eq!((read.name(), read.version(), read.service()), ("terminal", "0.1.0", 10));
        assert_eq!((read.supervisor_channel(), read.serves()), (Some(25), None));
        assert_eq!((read.ipc_buffer(), read.optional()), (0x3f_e000, 5));
        assert_eq!(read.secret(), SECRETS.service);
        assert_eq!(read.incarnation(), crate::Incarnation(2));
        assert!(read.args().eq(["--echo", ""]));
        assert!(read.env().eq(["TERM=dumb"]));
        assert!(read.provides().eq(["shell/line@1.0.0"]));
        assert!(read.channels().eq(contents.channels.iter().copied()));
        assert_eq!(read.channel("storage/files").unwrap().id, 3);
        assert!(used < 200);
    }

    #[test]
    fn a_start_leaves_nothing_of_the_one_before() {
        let contents = Contents { args: &["planned"], ..nothing("mayfly") };
        let mut fresh = [0; PAGE_SIZE];
        let used = build(&contents, &mut fresh).unwrap();
        let template = fresh[..used].to_vec();
        let mut page = [0; PAGE_SIZE];
        begin(&mut page, &template, SECRETS, Incarnation(1));
        replace_arguments(&mut page, b"\x05\0asked", 1).unwrap();
        assert!(Startup::read(&page).unwrap().args().eq(["asked"]));
        begin(&mut page, &template, OTHERS, Incarnation(2));
        begin(&mut fresh, &template, OTHERS, Incarnation(2));
        assert_eq!(page, fresh);
        assert!(Startup::read(&page).unwrap().args().eq(["planned"]));
    }

    const SECRETS: Secrets = Secrets { service: Secret([7; 16]), supervisor: Secret([8; 16]) };
    const OTHERS: Secrets = Secrets { service: Secret([9; 16]), supervisor: Secret([10; 16]) };

    #[test]
    fn only_who_wrote_the_page_can_answer() {
        let mut page = [0; PAGE_SIZE];
        let used = build(&nothing("mayfly"), &mut page).unwrap();
        let template = page[..used].to_vec();
        begin(&mut page, &template, SECRETS, Incarnation(3));
        let read = Startup::read(&page).unwrap();
        let answered_by = |supervisor_secret, incarnation| {
            read.is_answered_by(&Welcome { supervisor_secret, incarnation, optional: 0 })
        };
        assert!(answered_by(SECRETS.supervisor, Incarnation(3)));
        // Who guesses; who heard the service's own secret; who was the Supervisor of an incarnation before.
        assert!(!answered_by(Secret([1; 16]), Incarnation(3)));
        assert!(!answered_by(SECRETS.service, Incarnation(3)));
        assert!(!answered_by(OTHERS.supervisor, Incarnation(3)));
        assert!(!answered_by(SECRETS.supervisor, Incarnation(2)));
    }

    fn nothing(name: &str) -> Contents<'_> {
        Contents {
            ipc_buffer: 0,
            optional: 0,
            service: 0,
            supervisor_channel: None,
            serves: None,
            name,
            version: "",
            args: &[],
            env: &[],
            provides: &[],
            channels: &[],
        }
    }

    #[test]
    fn no_bytes_make_the_reader_fault() {
        let mut page = [0xffu8; 256];
        page[..4].copy_from_slice(&MAGIC);
        page[4..6].copy_from_slice(&LAYOUT.to_le_bytes());
        page[6..8].copy_from_slice(&200u16.to_le_bytes());
        let read = Startup::read(&page).unwrap();
        assert_eq!(read.name(), "");
        assert!(read.args().take(70_000).all(|text| text.is_empty()));
        assert_eq!(read.channel("x"), None);
        assert!(Startup::read(&[]).is_none());
    }

    #[test]
    fn too_much_is_refused() {
        let long = [b'x'; 5000];
        let name = core::str::from_utf8(&long).unwrap();
        assert_eq!(build(&nothing(name), &mut [0; PAGE_SIZE]), Err(PageFull));
    }
}
