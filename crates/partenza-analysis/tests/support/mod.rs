// SPDX-License-Identifier: BSD-2-Clause
//! Plans made by hand, small enough to know what must come out, and comparison with committed files.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::PathBuf;

use partenza_plan::layout::untyped_bits;
use partenza_plan::{
    AtEnd, Boot, Class, Dependency, Grant, Health, Image, Interface, Irq, Kernel, Layer, Map, Object,
    ObjectSizes, PcTimer, Permissions, Plan, Platform, Readiness, Recovery, Region, Restart, Rights, Segment,
    Service, ServiceId, Start, SystemObjects,
};
use partenza_protocol::Op;
use partenza_protocol::control::Level;
use partenza_protocol::startup::{self, Channel, Contents, PAGE_SIZE};

/// A service in words; [`System::plan`] makes a plan of them.
#[derive(Clone, Debug)]
pub struct Module {
    pub name: &'static str,
    pub version: &'static str,
    pub layer: u8,
    pub critical: bool,
    pub start: Start,
    /// Milliseconds.
    pub timeout: u64,
    /// Name, and whether it is required.
    pub requires: Vec<(&'static str, bool)>,
    pub calls: Vec<&'static str>,
    pub signals: Vec<&'static str>,
    /// Region, and whether it may be written.
    pub maps: Vec<(&'static str, bool)>,
    pub ports: Vec<(u16, u16)>,
    pub irqs: Vec<u8>,
    pub operations: Vec<Op>,
    pub stack_pages: u16,
}

pub fn module(name: &'static str, layer: u8) -> Module {
    Module {
        name,
        version: "1.0.0",
        layer,
        critical: false,
        start: Start::Eager,
        timeout: 100,
        requires: Vec::new(),
        calls: Vec::new(),
        signals: Vec::new(),
        maps: Vec::new(),
        ports: Vec::new(),
        irqs: Vec::new(),
        operations: Vec::new(),
        stack_pages: 4,
    }
}

impl Module {
    /// Requires a service and may call it.
    pub fn uses(mut self, name: &'static str) -> Self {
        self.requires.push((name, true));
        self.calls.push(name);
        self
    }

    pub fn calls(mut self, name: &'static str) -> Self {
        self.calls.push(name);
        self
    }

    pub fn signals(mut self, name: &'static str) -> Self {
        self.signals.push(name);
        self
    }

    pub fn maps(mut self, region: &'static str, writable: bool) -> Self {
        self.maps.push((region, writable));
        self
    }

    pub fn may(mut self, operation: Op) -> Self {
        self.operations.push(operation);
        self
    }

    pub fn ports(mut self, first: u16, last: u16) -> Self {
        self.ports.push((first, last));
        self
    }

    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    pub fn timeout(mut self, millis: u64) -> Self {
        self.timeout = millis;
        self
    }
}

/// Modules in boot order, and regions: name, pages, physical address.
#[derive(Clone, Debug)]
pub struct System {
    pub modules: Vec<Module>,
    pub regions: Vec<(&'static str, u32, Option<u64>)>,
    pub parallel: bool,
}

impl System {
    pub fn new(modules: impl IntoIterator<Item = Module>) -> Self {
        Self { modules: modules.into_iter().collect(), regions: Vec::new(), parallel: true }
    }

    pub fn region(mut self, name: &'static str, pages: u32, physical: Option<u64>) -> Self {
        self.regions.push((name, pages, physical));
        self
    }

    fn id(&self, name: &str) -> ServiceId {
        let at = self.modules.iter().position(|module| module.name == name);
        ServiceId(at.unwrap_or_else(|| panic!("no module {name}")) as u16)
    }

    pub fn plan(&self) -> Plan<'static> {
        let called: Vec<&str> = self.modules.iter().flat_map(|m| m.calls.iter().copied()).collect();
        let mut endpoints = Vec::new();
        for module in &self.modules {
            if called.contains(&module.name) {
                endpoints.push(module.name);
            }
        }
        let mut irqs = Vec::new();
        for (at, module) in self.modules.iter().enumerate() {
            irqs.extend(module.irqs.iter().enumerate().map(|(index, pin)| Irq {
                ioapic: 0,
                pin: *pin,
                level: false,
                active_low: false,
                vector: *pin,
                holder: ServiceId(at as u16),
                channel: 20 + index as u8,
            }));
        }
        let mut layers: Vec<u8> = self.modules.iter().map(|module| module.layer).collect();
        layers.sort_unstable();
        layers.dedup();
        let regions = self.regions.iter().map(|(name, pages, physical)| Region {
            name,
            page_bits: 12,
            pages: *pages,
            physical: *physical,
            slot: 0,
        });
        let mut plan = Plan {
            remembered: 0,
            system: "small",
            tool: "partenza test",
            kernel: Kernel {
                version: "5.0.0",
                arch: "x86_64",
                mcs: false,
                sizes: ObjectSizes { tcb: 11, endpoint: 4, notification: 5, slot: 5, table: 12 },
            },
            platform: Platform::Pc99 {
                timer: PcTimer::Hpet { address: 0xfed0_0000, pin: 20 },
                console: None,
                events: None,
                power_off: None,
            },
            boot: Boot {
                parallel: self.parallel,
                quiet: false,
                log: Level::Info,
                timeout_percent: 100,
                hold: None,
                on_failure: AtEnd::Halt,
                after_boot: None,
                verify_reclaim: false,
                handover: None,
            },
            layers: layers.into_iter().map(|number| Layer { number, budget: Some(500_000) }).collect(),
            storm: None,
            overload: partenza_plan::Overload::DEFAULT,
            recovery: Recovery::default(),
            providers: Vec::new(),
            objects: SystemObjects {
                endpoints: endpoints.len() as u16,
                endpoint_slot: 0,
                notification_slot: 0,
                signal_slot: 0,
                irq_slot: 0,
                init_slots: 64,
                slots: 0,
            },
            regions: regions.collect(),
            irqs,
            images: vec![image()],
            services: Vec::new(),
        };
        plan.services = (0..self.modules.len()).map(|at| self.service(at, &endpoints)).collect();
        slots(&mut plan);
        plan
    }

    fn service(&self, at: usize, endpoints: &[&str]) -> Service<'static> {
        let module = &self.modules[at];
        let id = ServiceId(at as u16);
        let endpoint = |name: &str| endpoints.iter().position(|known| *known == name).map(|at| at as u16);
        let grant = |cptr, object, rights, badge, name| Grant { cptr, object, rights, badge, name };
        let own = endpoint(module.name).map_or(Object::Notification(id), Object::Endpoint);
        let mut caps = vec![
            grant(1, own, Rights::READ, 0, module.name),
            grant(2, Object::FaultHandler, Rights::CALL, 0, "supervisor"),
            grant(10 + 25, Object::Supervisor, Rights::SIGNAL, 0, "supervisor"),
            grant(74 + 25, Object::Supervisor, Rights::CALL, 0, "supervisor"),
        ];
        let mut channels = Vec::new();
        for (channel, name) in module.calls.iter().enumerate() {
            let to = Object::Endpoint(endpoint(name).expect("it is called"));
            caps.push(grant(74 + channel as u32, to, Rights::CALL, 1 << 27 | channel as u64, name));
            let interface: &'static str = format!("{name}/api").leak();
            channels.push(Channel { id: channel as u8, rights: 3, name: interface });
        }
        for (channel, name) in module.signals.iter().enumerate() {
            let to = Object::Notification(self.id(name));
            caps.push(grant(10 + channel as u32, to, Rights::SIGNAL, 1 << channel, name));
        }
        let before: usize = self.modules[..at].iter().map(|module| module.irqs.len()).sum();
        for index in 0..module.irqs.len() {
            let object = Object::Irq((before + index) as u16);
            caps.push(grant(138 + index as u32, object, Rights::default(), 0, "irq"));
        }
        for (index, (first, last)) in module.ports.iter().enumerate() {
            let object = Object::IoPorts(*first, *last);
            caps.push(grant(394 + index as u32, object, Rights::default(), 0, "ports"));
        }
        caps.sort_by_key(|grant| grant.cptr);
        let maps = module.maps.iter().enumerate().map(|(at, (name, writable))| Map {
            region: self.regions.iter().position(|region| region.0 == *name).expect("a region") as u16,
            address: 0x400_0000 + 0x10_0000 * at as u64,
            writable: *writable,
            cached: true,
        });
        let permissions = Permissions::by_default();
        let requires = module.requires.iter().map(|(on, required)| Dependency {
            on: self.id(on),
            required: *required,
            restart_with: false,
            shared: false,
        });
        Service {
            name: module.name,
            version: module.version,
            image: 0,
            layer: module.layer,
            critical: module.critical,
            class: Class::System,
            start: module.start,
            health: Health::NONE,
            restart: Restart::NEVER,
            fallback: None,
            sidecar_of: None,
            requires: requires.collect(),
            provides: vec![Interface { name: format!("{}/api", module.name).leak(), version: "1.0.0" }],
            readiness: Readiness::Message,
            startup_timeout: module.timeout * 1000,
            prepare_timeout: 200_000,
            stop_timeout: 200_000,
            priority: 100,
            cnode_radix: 9,
            stack_top: 0x30_0000,
            stack_pages: module.stack_pages,
            ipc_buffer: 0x30_1000,
            startup_page: Some(0x30_2000),
            startup: page(module, &channels),
            tables: [vec![0], vec![0], vec![0x20_0000]],
            patches: Vec::new(),
            maps: maps.collect(),
            caps,
            repeated_calls: Vec::new(),
            late_calls: Vec::new(),
            optional: 0,
            permissions: module.operations.iter().fold(permissions, |set, op| set.with(*op)),
            supervisor_channel: Some(25),
            serves: None,
            service_untyped: 0,
            incarnation_untyped: 0,
            untyped_slots: (0, 0),
            slot: 0,
        }
    }
}

fn page(module: &Module, channels: &[Channel<'_>]) -> &'static [u8] {
    let contents = Contents {
        ipc_buffer: 0x30_1000,
        optional: 0,
        service: 0,
        supervisor_channel: Some(25),
        serves: None,
        name: module.name,
        version: module.version,
        args: &[],
        env: &[],
        provides: &[],
        channels,
    };
    let mut bytes = Box::new([0; PAGE_SIZE]);
    let used = startup::build(&contents, &mut bytes).expect("it fits");
    &Box::leak(bytes)[..used]
}

fn image() -> Image<'static> {
    let segment = |address, pages, writable| Segment {
        address,
        pages,
        archive: 0x1000,
        data_offset: 0,
        data_bytes: 100,
        writable,
        executable: !writable,
    };
    Image {
        file: "a.elf",
        entry: 0x20_0000,
        segments: vec![segment(0x20_0000, 3, false), segment(0x20_3000, 2, true)],
        symbols: None,
        delivered: None,
    }
}

/// As the compiler numbers them, so that [`Plan::check`] accepts the plan.
fn slots(plan: &mut Plan<'_>) {
    let services = plan.services.len() as u32;
    let mut next = plan.objects.init_slots;
    let mut take = |count: u32| {
        next += count;
        next - count
    };
    plan.objects.endpoint_slot = take(plan.objects.endpoints.into());
    plan.objects.notification_slot = take(services);
    plan.objects.signal_slot = take(services);
    plan.objects.irq_slot = take(plan.irqs.len() as u32);
    for region in &mut plan.regions {
        region.slot = take(region.pages);
    }
    let untypeds = take(2 * services);
    for index in 0..plan.services.len() {
        let service = &plan.services[index];
        let image = &plan.images[0];
        let own = untyped_bits(service.service_bytes(&plan.kernel.sizes)).max(12);
        let incarnation = untyped_bits(service.incarnation_bytes(image, &plan.kernel.sizes)).max(12);
        let service = &mut plan.services[index];
        service.service_untyped = own;
        service.incarnation_untyped = incarnation;
        service.untyped_slots = (untypeds + 2 * index as u32, untypeds + 2 * index as u32 + 1);
        service.slot = next;
        next = plan.services[index].slot_map(&plan.images[0], &plan.regions).end;
    }
    plan.objects.slots = next;
}

/// Everything that the pictures and tables can show, in seven services.
pub fn small() -> System {
    let mut late = module("late", 5).uses("files").ports(0xc000, 0xc01f);
    late.start = Start::Deferred;
    let mut shell = module("shell", 5).uses("files").uses("log").may(Op::Restart).may(Op::Shutdown);
    shell.ports = vec![(0x3f8, 0x3ff)];
    shell.irqs = vec![4];
    let mut files = module("files", 3).uses("disk").uses("log").maps("buffer", true).timeout(150);
    files.requires.push(("clock", false));
    System::new([
        module("log", 2).critical().calls("disk"),
        module("keys", 2).critical().uses("log").timeout(200),
        module("disk", 3).critical().ports(0x1f0, 0x1f7).maps("buffer", true).timeout(300),
        module("clock", 3).signals("log").maps("buffer", false),
        files,
        shell.maps("screen", true),
        late,
    ])
    .region("buffer", 16, None)
    .region("screen", 1, Some(0xb_8000))
}

/// Compares with `tests/golden/NAME`; with `UPDATE_GOLDEN` set, writes it.
#[track_caller]
pub fn golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty()) {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((at, (old, new))) =
        expected.lines().zip(actual.lines()).enumerate().find(|(_, (old, new))| old != new)
    {
        panic!("{name}:{}: expected\n{old}\nfound\n{new}\n(UPDATE_GOLDEN=1 accepts it)", at + 1);
    }
    assert_eq!(expected.lines().count(), actual.lines().count(), "{name} has another length");
}
