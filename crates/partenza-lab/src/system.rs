// SPDX-License-Identifier: BSD-2-Clause
//! Systems made for one case: services and channels in Rust, written out as the three files of a real system.
//!
//! Channel ids are given out in the order of [`System::call`], from 0 at each end; the channel to the Supervisor is the
//! tool's choice. What only few cases need they write as a user would, as lines of YAML.

mod files;

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
    /// Items of the manifest's `requires`.
    requires: Vec<String>,
    pub args: Vec<String>,
    pub startup_timeout: String,
    /// Operations of the Supervisor.
    pub operations: Vec<String>,
    pub stack: u32,
    /// Nothing is restarted unless a case asks for it.
    restart: String,
    /// More of the manifest's `health`.
    health: String,
    /// More lines of the manifest.
    manifest: Vec<String>,
    /// More lines of its entry in partenza.yaml.
    entry: Vec<String>,
    /// The service that it stands in, and its id there.
    parent: Option<(String, u8)>,
    /// What it holds besides: as its manifest, partenza.yaml and system.xml say it.
    holds: Vec<[String; 3]>,
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
            health: String::new(),
            manifest: Vec::new(),
            entry: Vec::new(),
            parent: None,
            holds: Vec::new(),
        }
    }

    /// It stands in that service, as the child of this id (SPEC J-3).
    #[must_use]
    pub fn inside(mut self, parent: &str, id: u8) -> Self {
        self.parent = Some((parent.to_owned(), id));
        self
    }

    /// Something that it needs (`{irq: rtc}`), the integrator's grant of it (`irq: {rtc: 5}`) and what system.xml gives it.
    #[must_use]
    pub fn holds(mut self, need: &str, grant: &str, element: &str) -> Self {
        self.holds.push([need, grant, element].map(str::to_owned));
        self
    }

    /// How it is probed: fields of the manifest's `health`, as in `probe: call, interval: 20ms`.
    #[must_use]
    pub fn health(mut self, fields: &str) -> Self {
        self.health = format!(", {fields}");
        self
    }

    /// A line more of its manifest.
    #[must_use]
    pub fn manifest(mut self, line: &str) -> Self {
        self.manifest.push(line.to_owned());
        self
    }

    /// A line more of its entry in partenza.yaml.
    #[must_use]
    pub fn entry(mut self, line: &str) -> Self {
        self.entry.push(line.to_owned());
        self
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
        self.requires.push(format!("{{module: {service}}}"));
        self
    }

    /// Whoever provides that interface will do (SPEC S-2).
    #[must_use]
    pub fn requires_interface(mut self, interface: &str) -> Self {
        self.requires.push(format!("{{interface: {interface}}}"));
        self
    }

    /// SPEC L-5: it is stopped and started again when that service is.
    #[must_use]
    pub fn restarts_with(mut self, service: &str) -> Self {
        self.requires.push(format!("{{module: {service}, restart-with: true}}"));
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
    /// More of the grant, as in `on-dead: repeat`.
    more: String,
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
    /// Names, bytes and physical addresses of more memory regions.
    regions: Vec<(String, u64, Option<u64>)>,
    /// More of partenza.yaml's `boot`.
    boot: String,
    /// More lines of partenza.yaml.
    config: Vec<String>,
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
            regions: Vec::new(),
            boot: String::new(),
            config: Vec::new(),
        }
    }

    /// Another line of partenza.yaml's `boot`, as in `max_attempts: 3`.
    #[must_use]
    pub fn boot(mut self, line: &str) -> Self {
        self.boot += &format!("  {line}\n");
        self
    }

    /// Another line of partenza.yaml.
    #[must_use]
    pub fn config(mut self, line: &str) -> Self {
        self.config.push(line.to_owned());
        self
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

    /// A memory region, for services that hold it.
    #[must_use]
    pub fn region(mut self, name: &str, bytes: u64) -> Self {
        self.regions.push((name.to_owned(), bytes, None));
        self
    }

    /// A memory region at a physical address, for services that hold it.
    #[must_use]
    pub fn device(mut self, name: &str, bytes: u64, physical: u64) -> Self {
        self.regions.push((name.to_owned(), bytes, Some(physical)));
        self
    }

    /// A channel on which `client` calls `server`, by the interface that `server` provides.
    ///
    /// # Panics
    /// There is no such service, or it provides nothing.
    #[must_use]
    pub fn call(self, client: &str, server: &str) -> Self {
        self.call_with(client, server, "")
    }

    /// As [`System::call`]; when the server dies, a call is made again to its next incarnation (SPEC J-4).
    ///
    /// # Panics
    /// As [`System::call`].
    #[must_use]
    pub fn repeated_call(self, client: &str, server: &str) -> Self {
        self.call_with(client, server, ", on-dead: repeat")
    }

    /// As [`System::call`], with more of the grant: `, bind: lookup`.
    ///
    /// # Panics
    /// As [`System::call`].
    #[must_use]
    pub fn call_with(mut self, client: &str, server: &str, more: &str) -> Self {
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
        let more = more.to_owned();
        self.calls.push(Call { client, client_id, server, server_id, interface, more });
        self
    }
}
