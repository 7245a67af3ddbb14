// SPDX-License-Identifier: BSD-2-Clause
//! The system that the tool makes around a module, within which it can be watched.
//!
//! | service | program | is there to |
//! |---|---|---|
//! | the module | its own | be judged |
//! | `stub_N`, or the module that is required by name | `trivial` | provide what it requires: it answers every call with an error |
//! | `idle` | `trivial` | get to run at priority 1, when everybody else waits |
//! | `knocker` | `knocker` | call what the module provides, when it is told to start |

use std::fmt::Write;
use std::path::{Path, PathBuf};

use partenza_compiler::kinds::{Access, Kind};
use partenza_compiler::manifest::{Manifest, Need, Required};
use semver::{Op, Version, VersionReq};

use super::subject::Subject;
use crate::Unable;
use crate::image::{Ground, write};

/// Programs of the tool that are in every such system.
pub const PROGRAMS: &[&str] = &["trivial", "knocker"];
pub const IDLE: &str = "idle";
pub const KNOCKER: &str = "knocker";

/// Where the module is, if the author did not say.
const LAYER: u8 = 5;
const PRIORITY: u64 = 100;
/// What a stub is above the module, which it is called by.
const ABOVE: u64 = 50;
/// Highest priority of a service.
const HIGHEST: u64 = 254;
const STACK: u64 = 0x4000;
/// Bytes of a memory region that the module asks for; the author says no size.
const REGION: u64 = 0x10_000;
/// Where such regions are mapped.
const REGIONS_AT: u64 = 0x1000_0000;

/// A system with the module in it.
pub struct Bench {
    pub folder: PathBuf,
    /// Name of the folder for the image.
    pub name: String,
    /// It is the author's own, without what the tool adds.
    pub own: bool,
    /// Whether there is something to call.
    pub knocks: bool,
}

impl Bench {
    pub fn around(subject: &Subject, ground: &Ground) -> Result<Self, Unable> {
        let name = subject.manifest.id.value.clone();
        let folder = ground.folder(&name)?;
        if subject.folder.join("system.xml").is_file() {
            return Ok(Self { folder: subject.folder.clone(), name, own: true, knocks: false });
        }
        let mut parts = Parts::of(&subject.manifest)?;
        let knocks = parts.knocks(&subject.manifest);
        parts.write(subject, &folder)?;
        Ok(Self { folder, name, own: false, knocks })
    }
}

/// Somebody who provides what the module requires.
struct Stub {
    name: String,
    /// Interface and version.
    provides: Option<(String, Version)>,
    /// The module's channel to it.
    channel: Option<u8>,
}

/// What is put together.
struct Parts {
    layer: u8,
    priority: u64,
    stack: u64,
    stubs: Vec<Stub>,
    /// Lines of `grants`, by kind.
    grants: Vec<(&'static str, Vec<String>)>,
    /// Names of memory regions, with rights.
    regions: Vec<(String, Access)>,
    channels: u8,
    /// Signals go this way: the module's channel, and the stub.
    knocker: Option<(u8, String)>,
}

impl Parts {
    fn of(manifest: &Manifest) -> Result<Self, Unable> {
        let bound = |bound: &Option<partenza_compiler::Spanned<u64>>, usual: u64| {
            bound.as_ref().map_or(usual, |bound| bound.value.min(usual))
        };
        let mut parts = Self {
            layer: manifest.layer.as_ref().map_or(LAYER, |layer| layer.value),
            priority: bound(&manifest.resources.priority, PRIORITY).max(3),
            stack: bound(&manifest.resources.stack, STACK),
            stubs: Vec::new(),
            grants: Vec::new(),
            regions: Vec::new(),
            channels: 0,
            knocker: None,
        };
        for requirement in manifest.requires.iter().filter(|requirement| !requirement.optional) {
            let version = requirement.version.as_ref().map(|range| &range.value);
            parts.require(&requirement.what, version);
        }
        for name in manifest.fallback.iter().chain(&manifest.sidecars) {
            parts.named(&name.value);
        }
        for need in manifest.needs.iter().filter(|need| need.optional.is_none()) {
            parts.need(need)?;
        }
        Ok(parts)
    }

    fn require(&mut self, what: &Required, range: Option<&VersionReq>) {
        match what {
            Required::Module(name) => self.named(&name.value),
            Required::Interface(interface) => {
                let provides = Some((interface.value.clone(), version_in(range)));
                let name = format!("stub_{}", self.stubs.len() + 1);
                self.stubs.push(Stub { name, provides, channel: None });
            }
        }
    }

    fn named(&mut self, name: &str) {
        if self.stubs.iter().all(|stub| stub.name != name) {
            self.stubs.push(Stub { name: name.to_owned(), provides: None, channel: None });
        }
    }

    fn need(&mut self, need: &Need) -> Result<(), Unable> {
        let name = need.name.as_ref().map_or("", |name| name.value.as_str());
        let word = need.kind.row().word;
        let rights = need.rights.as_ref().map(|rights| rights.value);
        match need.kind {
            Kind::Call | Kind::Axiom | Kind::Notify => {
                let channel = self.channel_to(name);
                let rights = rights.map_or_else(String::new, |rights| format!(", rights: {rights}"));
                self.grant(word, format!("{name}: {{channel: {channel}{rights}}}"));
            }
            Kind::Memory => {
                self.regions.push((name.to_owned(), rights.unwrap_or(Access::READ_WRITE)));
                self.grant(word, format!("{name}: {name}"));
            }
            Kind::Supervisor => {
                let list: Vec<&str> = need.operations.iter().map(|op| op.value.as_str()).collect();
                self.grant(word, list.join(", "));
            }
            _ => {
                return Err(Unable(format!(
                    "the module needs hardware (`{word}: {name}`): put a system.xml and a partenza.yaml that say which \
                     into its folder, with whatever else it needs to run"
                )));
            }
        }
        Ok(())
    }

    fn grant(&mut self, word: &'static str, line: String) {
        match self.grants.iter_mut().find(|(known, _)| *known == word) {
            Some((_, lines)) => lines.push(line),
            None => self.grants.push((word, vec![line])),
        }
    }

    /// The module's channel to whoever provides the interface, or is called that.
    fn channel_to(&mut self, name: &str) -> u8 {
        let provides = |stub: &Stub| {
            stub.provides.as_ref().is_some_and(|(interface, _)| interface == name) || stub.name == name
        };
        let at = self.stubs.iter().position(provides).unwrap_or_else(|| {
            let (stub, provides) =
                (format!("stub_{}", self.stubs.len() + 1), (name.to_owned(), version_in(None)));
            self.stubs.push(Stub { name: stub, provides: Some(provides), channel: None });
            self.stubs.len() - 1
        });
        let next = self.channels;
        let channel = *self.stubs[at].channel.get_or_insert(next);
        self.channels += u8::from(channel == next);
        channel
    }

    /// Makes a client of the first interface that the module provides.
    fn knocks(&mut self, manifest: &Manifest) -> bool {
        let Some(provided) = manifest.provides.first() else { return false };
        self.knocker = Some((self.channels, provided.interface.value.clone()));
        true
    }

    fn write(&self, subject: &Subject, folder: &Path) -> Result<(), Unable> {
        let id = &subject.manifest.id.value;
        let elf = subject.manifest.entrypoint.as_ref().map_or("", |entrypoint| entrypoint.value.as_str());
        write(&folder.join("system.xml"), self.xml(id, elf).as_bytes())?;
        write(&folder.join("partenza.yaml"), self.config(subject).as_bytes())?;
        let manifest = |name: &str| folder.join("manifests").join(format!("{name}.yaml"));
        write(&manifest(id), subject.text.as_bytes())?;
        for Stub { name, provides, .. } in &self.stubs {
            let provides = provides.as_ref().map_or_else(String::new, |(interface, version)| {
                format!("provides: [{{interface: {interface}, version: {version}}}]\n")
            });
            let is_fallback =
                subject.manifest.fallback.as_ref().is_some_and(|fallback| fallback.value == *name);
            let start = if is_fallback { "start: on-demand\n" } else { "" };
            let text = common(name, "trivial", self.layer) + &provides + start;
            write(&manifest(name), text.as_bytes())?;
        }
        write(&manifest(IDLE), common(IDLE, "trivial", u8::MAX).as_bytes())?;
        if let Some((_, interface)) = &self.knocker {
            let text = common(KNOCKER, "knocker", u8::MAX)
                + &format!(
                    "start: on-demand\nrequires: [{{module: {id}}}]\ncapabilities: {{required: [{{call: {interface}}}]}}\n"
                );
            write(&manifest(KNOCKER), text.as_bytes())?;
        }
        Ok(())
    }

    fn xml(&self, id: &str, elf: &str) -> String {
        let mut out = String::from("<system>\n");
        for (name, _) in &self.regions {
            put(&mut out, format_args!("  <memory_region name=\"{name}\" size=\"{REGION:#x}\"/>"));
        }
        let above = (self.priority + ABOVE).min(HIGHEST);
        for Stub { name, .. } in &self.stubs {
            pd(&mut out, name, above, STACK, "trivial.elf", "");
        }
        let mut maps = String::new();
        for (at, (name, rights)) in self.regions.iter().enumerate() {
            let vaddr = REGIONS_AT + at as u64 * 2 * REGION;
            // The processor has no pages that can be written and not read.
            let perms = if rights.write { "rw".to_owned() } else { rights.to_string() };
            put(&mut maps, format_args!("    <map mr=\"{name}\" vaddr=\"{vaddr:#x}\" perms=\"{perms}\"/>"));
        }
        pd(&mut out, id, self.priority, self.stack, elf, &maps);
        pd(&mut out, IDLE, 1, STACK, "trivial.elf", "");
        if self.knocker.is_some() {
            pd(&mut out, KNOCKER, 2, STACK, "knocker.elf", "");
        }
        for stub in &self.stubs {
            if let Some(channel) = stub.channel {
                let pp = if stub.provides.is_some() { " pp=\"true\"" } else { "" };
                put(
                    &mut out,
                    format_args!(
                        "  <channel><end pd=\"{id}\" id=\"{channel}\"{pp}/>\
                         <end pd=\"{}\" id=\"0\" notify=\"false\"/></channel>",
                        stub.name
                    ),
                );
            }
        }
        if let Some((channel, _)) = &self.knocker {
            put(
                &mut out,
                format_args!(
                    "  <channel><end pd=\"{KNOCKER}\" id=\"0\" pp=\"true\"/><end pd=\"{id}\" id=\"{channel}\"/></channel>"
                ),
            );
        }
        out.push_str("</system>\n");
        out
    }

    fn config(&self, subject: &Subject) -> String {
        let id = &subject.manifest.id.value;
        let budget = subject.manifest.startup_timeout / 1000 + 10_000;
        let layer = self.layer;
        let mut out = format!(
            "partenza: \"1.0\"\nsystem: conformance\nboot: {{layers: {{{layer}: {budget}ms, 255: 10s}}}}\nservices:\n"
        );
        for Stub { name, provides, channel } in &self.stubs {
            put(&mut out, format_args!("  {name}:\n    critical: false"));
            if let (Some((interface, _)), Some(_)) = (provides, channel) {
                put(&mut out, format_args!("    provides: {{{interface}: {{channel: 0}}}}"));
            }
        }
        put(&mut out, format_args!("  {id}:\n    critical: false\n    layer: {layer}"));
        if let Some((channel, interface)) = &self.knocker {
            put(&mut out, format_args!("    provides: {{{interface}: {{channel: {channel}}}}}"));
        }
        let grants = self.grants.iter().map(|(word, lines)| match *word {
            "supervisor" => format!("{word}: [{}]", lines.join(", ")),
            _ => format!("{word}: {{{}}}", lines.join(", ")),
        });
        let grants: Vec<String> = grants.collect();
        put(&mut out, format_args!("    grants: {{{}}}", grants.join(", ")));
        put(&mut out, format_args!("  {IDLE}: {{critical: false}}"));
        if let Some((_, interface)) = &self.knocker {
            put(
                &mut out,
                format_args!("  {KNOCKER}:\n    critical: false\n    grants: {{call: {{{interface}: 0}}}}"),
            );
        }
        out
    }
}

/// What every manifest of the tool's own says.
fn common(name: &str, program: &str, layer: u8) -> String {
    format!(
        "partenza: \"1.0\"\nid: {name}\nversion: 0.1.0\nentrypoint: {program}.elf\nlayer: {layer}\n\
         health: {{startup_timeout: 1s}}\nrestart: {{policy: never}}\n"
    )
}

fn pd(out: &mut String, name: &str, priority: u64, stack: u64, elf: &str, inside: &str) {
    put(
        out,
        format_args!(
            "  <protection_domain name=\"{name}\" priority=\"{priority}\" stack_size=\"{stack:#x}\">\n    \
         <program_image path=\"{elf}\"/>\n{inside}  </protection_domain>"
        ),
    );
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}

/// A version within the range: one that its own bounds name, or the one behind it.
fn version_in(range: Option<&VersionReq>) -> Version {
    let usual = Version::new(1, 0, 0);
    let Some(range) = range.filter(|range| !range.matches(&usual)) else { return usual };
    let bounds = range.comparators.iter().flat_map(|bound| {
        let (major, minor, patch) = (bound.major, bound.minor.unwrap_or(0), bound.patch.unwrap_or(0));
        let past = if bound.op == Op::Greater { patch + 1 } else { patch };
        [Version::new(major, minor, patch), Version::new(major, minor, past), Version::new(major + 1, 0, 0)]
    });
    let zero = Version::new(0, 1, 0);
    bounds.chain([zero]).find(|version| range.matches(version)).unwrap_or(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_has_a_version_that_is_asked_for() {
        for (range, version) in [
            ("*", "1.0.0"),
            (">=1.0, <2", "1.0.0"),
            ("^2.3", "2.3.0"),
            (">1.4.1", "1.4.2"),
            ("<1", "0.1.0"),
            ("=3.0.7", "3.0.7"),
        ] {
            let range = VersionReq::parse(range).unwrap();
            assert_eq!(version_in(Some(&range)).to_string(), version, "{range}");
        }
        assert_eq!(version_in(None).to_string(), "1.0.0");
    }
}
