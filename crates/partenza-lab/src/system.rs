// SPDX-License-Identifier: BSD-2-Clause
//! Systems made for one case: services and channels in Rust, written out as the three files of a real system.
//!
//! Channel ids are given out in the order of [`System::call`], from 0 at each end; the channel to the Supervisor is the
//! tool's choice.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;

/// One protection domain and its manifest.
#[derive(Clone, Debug)]
pub struct Service {
    pub name: String,
    /// The ELF file, without `.elf`.
    pub program: String,
    pub layer: u8,
    /// `None`: as its layer has it.
    pub critical: Option<bool>,
    pub priority: u8,
    pub version: String,
    /// Interface and version.
    pub provides: Option<(String, String)>,
    /// Names of services.
    pub requires: Vec<String>,
    pub args: Vec<String>,
    pub startup_timeout: String,
    /// Operations of the Supervisor.
    pub operations: Vec<String>,
    pub stack: u32,
    /// Nothing is restarted unless a case asks for it.
    restart: String,
}

impl Service {
    #[must_use]
    pub fn new(name: &str, program: &str, layer: u8) -> Self {
        Self {
            name: name.to_owned(),
            program: program.to_owned(),
            layer,
            critical: None,
            priority: 100,
            version: "0.1.0".to_owned(),
            provides: None,
            requires: Vec::new(),
            args: Vec::new(),
            startup_timeout: "500ms".to_owned(),
            operations: Vec::new(),
            stack: 0x2000,
            restart: "{policy: never}".to_owned(),
        }
    }

    /// What follows a failure, as the manifest's `restart` says it.
    #[must_use]
    pub fn restart(mut self, policy: &str) -> Self {
        self.restart = policy.to_owned();
        self
    }

    #[must_use]
    pub fn critical(mut self, critical: bool) -> Self {
        self.critical = Some(critical);
        self
    }

    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    #[must_use]
    pub fn provides(mut self, interface: &str) -> Self {
        self.provides = Some((interface.to_owned(), "1.0.0".to_owned()));
        self
    }

    #[must_use]
    pub fn requires(mut self, service: &str) -> Self {
        self.requires.push(service.to_owned());
        self
    }

    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    #[must_use]
    pub fn args(self, args: &[&str]) -> Self {
        args.iter().fold(self, |service, arg| service.arg(arg))
    }

    #[must_use]
    pub fn startup_timeout(mut self, duration: &str) -> Self {
        self.startup_timeout = duration.to_owned();
        self
    }

    #[must_use]
    pub fn may(mut self, operation: &str) -> Self {
        self.operations.push(operation.to_owned());
        self
    }
}

/// A client calls a server.
#[derive(Clone, Debug)]
struct Call {
    client: usize,
    client_id: u8,
    server: usize,
    server_id: u8,
    interface: String,
}

/// A whole system.
#[derive(Clone, Debug)]
pub struct System {
    name: String,
    services: Vec<Service>,
    calls: Vec<Call>,
    parallel: bool,
    budgets: Vec<(u8, String)>,
    /// Bytes of a memory region that the first service holds, to need memory.
    ballast: u64,
}

impl System {
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            services: Vec::new(),
            calls: Vec::new(),
            parallel: true,
            budgets: Vec::new(),
            ballast: 0,
        }
    }

    #[must_use]
    pub fn with(mut self, service: Service) -> Self {
        self.services.push(service);
        self
    }

    /// SPEC C-5: one after the other.
    #[must_use]
    pub fn in_sequence(mut self) -> Self {
        self.parallel = false;
        self
    }

    #[must_use]
    pub fn budget(mut self, layer: u8, duration: &str) -> Self {
        self.budgets.push((layer, duration.to_owned()));
        self
    }

    #[must_use]
    pub fn ballast(mut self, bytes: u64) -> Self {
        self.ballast = bytes;
        self
    }

    /// A channel on which `client` calls `server`, by the interface that `server` provides.
    ///
    /// # Panics
    /// There is no such service, or it provides nothing.
    #[must_use]
    pub fn call(mut self, client: &str, server: &str) -> Self {
        let find = |name: &str| self.services.iter().position(|s| s.name == name);
        let (Some(client), Some(server)) = (find(client), find(server)) else {
            panic!("{client} or {server} is not in the system");
        };
        let interface =
            self.services[server].provides.as_ref().expect("the server provides nothing").0.clone();
        let ends = |service| {
            self.calls
                .iter()
                .map(|c| usize::from(c.client == service) + usize::from(c.server == service))
                .sum::<usize>()
        };
        let (client_id, server_id) = (ends(client) as u8, ends(server) as u8);
        self.calls.push(Call { client, client_id, server, server_id, interface });
        self
    }

    /// Writes `system.xml`, `partenza.yaml` and `manifests/` to `dir`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let manifests = dir.join("manifests");
        fs::create_dir_all(&manifests)?;
        fs::write(dir.join("system.xml"), self.xml())?;
        fs::write(dir.join("partenza.yaml"), self.config())?;
        for (index, service) in self.services.iter().enumerate() {
            fs::write(manifests.join(format!("{}.yaml", service.name)), self.manifest(index))?;
        }
        Ok(())
    }

    fn xml(&self) -> String {
        let mut text = String::from("<system>\n");
        if self.ballast > 0 {
            line(&mut text, format_args!("  <memory_region name=\"ballast\" size=\"{:#x}\"/>", self.ballast));
        }
        for (index, service) in self.services.iter().enumerate() {
            let Service { name, priority, stack, program, .. } = service;
            line(
                &mut text,
                format_args!(
                    "  <protection_domain name=\"{name}\" priority=\"{priority}\" stack_size=\"{stack:#x}\">\n    \
                     <program_image path=\"{program}.elf\"/>"
                ),
            );
            if index == 0 && self.ballast > 0 {
                line(
                    &mut text,
                    format_args!("    <map mr=\"ballast\" vaddr=\"0x10_000_000\" perms=\"rw\"/>"),
                );
            }
            line(&mut text, format_args!("  </protection_domain>"));
        }
        for call in &self.calls {
            let (client, server) = (&self.services[call.client].name, &self.services[call.server].name);
            let (client_id, server_id) = (call.client_id, call.server_id);
            line(
                &mut text,
                format_args!(
                    "  <channel><end pd=\"{client}\" id=\"{client_id}\" pp=\"true\"/>\
                     <end pd=\"{server}\" id=\"{server_id}\"/></channel>"
                ),
            );
        }
        text.push_str("</system>\n");
        text
    }

    fn manifest(&self, index: usize) -> String {
        let service = &self.services[index];
        let mut text = format!(
            "partenza: \"1.0\"\nid: {}\nversion: {}\nentrypoint: {}.elf\nlayer: {}\n\
             health: {{startup_timeout: {}}}\nrestart: {}\n",
            service.name,
            service.version,
            service.program,
            service.layer,
            service.startup_timeout,
            service.restart
        );
        if let Some(critical) = service.critical {
            line(&mut text, format_args!("critical: {critical}"));
        }
        if let Some((interface, version)) = &service.provides {
            line(&mut text, format_args!("provides: [{{interface: {interface}, version: {version}}}]"));
        }
        list(&mut text, "requires", service.requires.iter().map(|name| format!("{{module: {name}}}")));
        let called = self.calls.iter().filter(|call| call.client == index);
        let mut needs: Vec<String> = called.map(|call| format!("{{call: {}}}", call.interface)).collect();
        if !service.operations.is_empty() {
            needs.push(format!("{{supervisor: [{}]}}", service.operations.join(", ")));
        }
        if index == 0 && self.ballast > 0 {
            needs.push("{memory: ballast}".to_owned());
        }
        if !needs.is_empty() {
            line(&mut text, format_args!("capabilities: {{required: [{}]}}", needs.join(", ")));
        }
        list(&mut text, "args", service.args.iter().map(|arg| format!("{arg:?}")));
        text
    }

    fn config(&self) -> String {
        let mut text = format!(
            "partenza: \"1.0\"\nsystem: {}\nboot:\n  parallel: {}\n  layers: {{",
            self.name, self.parallel
        );
        let budgets: Vec<String> =
            self.budgets.iter().map(|(layer, time)| format!("{layer}: {time}")).collect();
        line(&mut text, format_args!("{}}}\nservices:", budgets.join(", ")));
        for (index, service) in self.services.iter().enumerate() {
            let served = self.calls.iter().filter(|call| call.server == index);
            let served: Vec<String> = served.map(|call| call.server_id.to_string()).collect();
            let granted = self.calls.iter().filter(|call| call.client == index);
            let granted: Vec<String> =
                granted.map(|call| format!("{}: {}", call.interface, call.client_id)).collect();
            line(&mut text, format_args!("  {}:", service.name));
            if let (Some((interface, _)), false) = (&service.provides, served.is_empty()) {
                let served = served.join(", ");
                line(&mut text, format_args!("    provides: {{{interface}: {{channel: [{served}]}}}}"));
            }
            let mut grants = Vec::new();
            if !granted.is_empty() {
                grants.push(format!("call: {{{}}}", granted.join(", ")));
            }
            if !service.operations.is_empty() {
                grants.push(format!("supervisor: [{}]", service.operations.join(", ")));
            }
            if index == 0 && self.ballast > 0 {
                grants.push("memory: {ballast: ballast}".to_owned());
            }
            line(&mut text, format_args!("    grants: {{{}}}", grants.join(", ")));
        }
        text
    }
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{arguments}");
}

fn list(text: &mut String, field: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        line(text, format_args!("{field}: [{}]", items.join(", ")));
    }
}
