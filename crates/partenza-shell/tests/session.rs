// SPDX-License-Identifier: BSD-2-Clause
//! Whole sessions at the shell, against a Supervisor made of values.

use partenza_interfaces::{Info, Message, ServiceError};
use partenza_protocol::error::{LookupError, SupervisorError};
use partenza_protocol::event::{BootState, CapKind, Event, Mismatch, Record, ServiceState};
use partenza_protocol::request::{
    Audit, BootPage, BootRow, Found, GrantRow, GrantsOf, GrantsPage, Health, ListPage, LogFrom, LogPage,
    Lookup, PAGE, Page, Status, Summary, Switch, Target, Uptime, Version,
};
use partenza_protocol::{Code, Incarnation, MalformedMessage, Op, ServiceId, VERSION};
use partenza_shell::{PROMPT, Shell, System};

/// Twelve services named as numbers, a log of 40 records of which 3 are gone.
struct Fake {
    names: Vec<String>,
    asked: Vec<Op>,
    crashed: Option<&'static str>,
    /// What an audit finds.
    wrong: bool,
}

const RECORDS: u64 = 40;
const GONE: u64 = 3;
/// Service, slot and what is wrong there; the first is another service's.
const FINDINGS: [(u16, u32, Mismatch); 3] =
    [(3, 1, Mismatch::Wrong), (1, 77, Mismatch::Missing), (1, 400, Mismatch::Surplus)];

impl Fake {
    fn new() -> Self {
        let names = ["axiom", "policy", "process_manager", "process_watcher"].map(String::from);
        let more = (4..12).map(|n| format!("service_{n}"));
        Self {
            names: names.into_iter().chain(more).collect(),
            asked: Vec::new(),
            crashed: None,
            wrong: false,
        }
    }

    fn state(&self, name: &str) -> ServiceState {
        if self.crashed == Some(name) { ServiceState::Crashed } else { ServiceState::Running }
    }

    fn known(&self, name: &str) -> Result<usize, Code> {
        self.names.iter().position(|known| known == name).ok_or(SupervisorError::NoSuchService.code())
    }

    /// After the audit there is a record more for each of its findings.
    fn log_page(&self, from: u64) -> Vec<u8> {
        let findings: &[_] = if self.wrong && self.asked.contains(&Op::Audit) { &FINDINGS } else { &[] };
        let records = RECORDS + findings.len() as u64;
        let first = from.max(GONE).min(records);
        let count = (records - first).min(7);
        let page = LogPage { count: count as u8, lost: first.saturating_sub(from), next: first + count };
        let mut bytes = vec![VERSION];
        bytes = postcard::to_extend(&page, bytes).unwrap();
        for sequence in first..first + count {
            let time = sequence * 1_000;
            let event = match sequence.checked_sub(RECORDS).map(|nth| findings[nth as usize]) {
                Some((service, cptr, what)) => {
                    Event::AuditMismatch { service: ServiceId(service), cptr, what }
                }
                None => Event::Ready { service: ServiceId((sequence % 12) as u16) },
            };
            bytes = postcard::to_extend(&Record { sequence, time, event }, bytes).unwrap();
        }
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }
}

fn malformed(_: MalformedMessage) -> Code {
    SupervisorError::Malformed.code()
}

impl System for Fake {
    fn ask(&mut self, op: Op, message: &mut Message) -> Result<(), Code> {
        self.asked.push(op);
        let mut answer = Message::new();
        match op {
            Op::List => {
                let Page { from } = message.get().map_err(malformed)?;
                let from = from as usize;
                let rows = self.names.iter().enumerate().skip(from).take(PAGE).map(|(i, name)| Summary {
                    name,
                    layer: 2 + i as u8 / 4,
                    state: self.state(name),
                    incarnation: Incarnation(1),
                });
                let next = (from + PAGE < self.names.len()).then_some((from + PAGE) as u16);
                answer.put(&ListPage { total: 12, rows: rows.collect(), next })
            }
            Op::Status => {
                let Target { name } = message.get().map_err(malformed)?;
                let id = self.known(name)? as u16;
                let name = self.names[usize::from(id)].as_str();
                answer.put(&Status {
                    id,
                    name,
                    version: "0.1.0",
                    layer: 2,
                    critical: true,
                    state: self.state(name),
                    incarnation: Incarnation(2),
                    restarts: 1,
                    uptime: None,
                    last_error: Some(Code(121)),
                    priority: 150,
                    memory: 65_536,
                    rejected: 0,
                    messages: 4,
                    health: Health::NotWell(2),
                })
            }
            Op::Log => {
                let LogFrom { sequence } = message.get().map_err(malformed)?;
                message.fill(&self.log_page(sequence));
                return Ok(());
            }
            Op::Grants => {
                let GrantsOf { name, from } = message.get().map_err(malformed)?;
                self.known(name)?;
                let row = |kind, at, rights, object| GrantRow { kind, at, rights, object };
                let first =
                    [row(CapKind::Notification, 1, 2, "terminal"), row(CapKind::Endpoint, 74, 5, "policy")];
                let second = [
                    row(CapKind::Memory, 0x400_0000, 3, "buffer"),
                    row(
                        CapKind::Endpoint,
                        77,
                        if self.crashed.is_some() { 21 } else { 5 },
                        "process_manager",
                    ),
                ];
                let (rows, next) = match from {
                    0 => (first.into_iter().collect(), Some(2)),
                    _ => (second.into_iter().collect(), None),
                };
                answer.put(&GrantsPage { total: 4, rows, next })
            }
            Op::BootReport => {
                let row =
                    |name, ready| BootRow { name, layer: 2, created: Some(900), started: Some(950), ready };
                let rows = [row("axiom", Some(1_450)), row("policy", None)];
                let rows = rows.into_iter().collect();
                answer.put(&BootPage {
                    state: BootState::SupervisorMode,
                    complete: Some(7_100),
                    rows,
                    next: None,
                })
            }
            Op::Version => {
                answer.put(&Version { system: "reference", partenza: "partenza 0.1.0", kernel: "seL4 5.0.0" })
            }
            Op::Uptime => answer.put(&Uptime { micros: 61_000_000 }),
            Op::Audit => {
                let Target { name } = message.get().map_err(malformed)?;
                self.known(name)?;
                if self.crashed == Some(name) {
                    return Err(SupervisorError::NotRunning.code());
                }
                let wrong = u16::from(self.wrong);
                let diverted = u16::from(self.crashed.is_some());
                let types = true;
                answer.put(&Audit {
                    slots: 512,
                    present: 3 - wrong,
                    missing: wrong,
                    wrong: 0,
                    surplus: wrong,
                    types,
                    diverted,
                })
            }
            Op::Start | Op::Stop | Op::Restart | Op::Enable | Op::Disable | Op::Crash => {
                let Target { name } = message.get().map_err(malformed)?;
                return match self.known(name)? {
                    0 if op == Op::Stop => Err(SupervisorError::CriticalService.code()),
                    _ => Ok(()),
                };
            }
            Op::Lookup => {
                let Lookup { interface, at_least, below } = message.get().map_err(malformed)?;
                if interface != "storage/files" || at_least.major > 1 || below.is_some() {
                    return Err(LookupError::NotFound.code());
                }
                answer.put(&Found { channel: Some(2), provider: "policy", version: "1.2.0" })
            }
            Op::Switch => {
                let Switch { interface, provider } = message.get().map_err(malformed)?;
                self.known(provider)?;
                return if interface == "storage/files" { Ok(()) } else { Err(LookupError::NotFound.code()) };
            }
            Op::Shutdown | Op::Reboot => return Err(SupervisorError::Denied.code()),
            other => panic!("{other:?}"),
        }
        .unwrap();
        *message = answer;
        Ok(())
    }

    fn name(&self) -> &str {
        "process_watcher"
    }

    fn info(&mut self, cptr: u64, message: &mut Message) -> Result<(), Code> {
        let name = match cptr {
            74 => return Err(ServiceError::Malformed.code()),
            77 => "process_manager",
            other => panic!("{other}"),
        };
        let text = "no disk\x1b[2J\nsecond line";
        let info = Info { name, version: "0.1.0", incarnation: Incarnation(3), calls: 1, text };
        message.put(&info).unwrap();
        Ok(())
    }
}

/// Types `keys` and returns what the terminal showed.
fn type_keys(keys: &str) -> String {
    type_keys_to(Fake::new(), keys)
}

fn type_keys_to(mut fake: Fake, keys: &str) -> String {
    let (mut shell, mut out) = (Shell::new(), String::new());
    for byte in keys.bytes() {
        shell.byte(byte, &mut fake, &mut out).unwrap();
    }
    out
}

/// Types one line and returns what stands between its echo and the next prompt.
fn enter(line: &str) -> String {
    let out = type_keys(&format!("{line}\r"));
    let answer = out.strip_prefix(&format!("{line}\n")).unwrap_or_else(|| panic!("{out:?}"));
    answer.strip_suffix(PROMPT).unwrap_or_else(|| panic!("{out:?}")).to_owned()
}

#[test]
fn the_greeting_names_the_system_and_prompts() {
    let mut out = String::new();
    Shell::new().greet(&mut Fake::new(), &mut out).unwrap();
    assert!(out.contains("System reference, packed by partenza 0.1.0, on seL4 5.0.0\n"), "{out}");
    assert!(out.ends_with("\n\npartenza> "), "{out}");
}

#[test]
fn tables_are_aligned_and_complete() {
    let services = enter("services");
    let lines: Vec<_> = services.lines().collect();
    assert_eq!(lines.len(), 13);
    assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{services}");
    assert_eq!(lines[3], "process_manager      2  Running               1");
    let boot = enter("boot");
    assert!(
        boot.contains("axiom                2       0.900       0.950       1.450       0.500\n"),
        "{boot}"
    );
    assert!(
        boot.contains("policy               2       0.900       0.950           -           -\n"),
        "{boot}"
    );
    assert!(boot.ends_with("SupervisorMode, boot complete after 7.100 ms\n"), "{boot}");
    let grants = enter("grants policy");
    assert!(grants.contains("endpoint             0x4d  write reply       process_manager\n"), "{grants}");
    assert!(grants.ends_with("as planned; `grants --live policy` looks at what is there\n"), "{grants}");
    assert_eq!(grants.lines().count(), 6);
}

#[test]
fn help_fits_a_terminal_of_eighty_columns() {
    let help = enter("help");
    assert!(help.contains("  switch INTERFACE NAME  let another"), "{help}");
    for line in help.lines() {
        assert!(line.len() <= 80, "{line}");
    }
}

#[test]
fn providers_are_named_and_switched() {
    let found = "policy provides storage/files 1.2.0, on channel 2 of this shell\n";
    assert_eq!(enter("lookup storage/files"), found);
    assert_eq!(enter("lookup storage/files 1.0"), found);
    assert!(enter("lookup storage/files 2").starts_with("PZ-E0501 "));
    assert!(enter("lookup storage/files 1 --below 2").starts_with("PZ-E0501 "), "the option is passed on");
    let switched = enter("switch storage/files policy");
    assert!(switched.starts_with("policy serves storage/files now, or as soon as it is ready"), "{switched}");
    assert!(enter("switch storage/files nobody").starts_with("PZ-E0404 "));
    assert!(enter("switch storage/file policy").starts_with("PZ-E0501 "));
    // Services are completed where one belongs, and the option.
    assert_eq!(type_keys("switch storage/files po\t"), "switch storage/files policy ");
    assert!(type_keys("switch po\t").ends_with('\u{7}'));
    assert_eq!(type_keys("lookup storage/files --b\t"), "lookup storage/files --below ");
}

#[test]
fn status_tells_state_and_last_error() {
    let status = enter("status axiom");
    assert!(
        status.starts_with("axiom 0.1.0 (service 0, layer 2, critical)\n  state        Running\n"),
        "{status}"
    );
    assert!(status.contains("health       not well: 2 bad reports in a row\n"), "{status}");
    assert!(status.contains("last error   PZ-E0121 the service crashed before it was ready\n"), "{status}");
    assert!(status.contains("memory       64 KiB\n"), "{status}");
}

#[test]
fn an_error_shows_code_text_and_hint() {
    let unknown = "PZ-E0404 no service of that name\n  hint: `services` in the shell lists them\n";
    assert_eq!(enter("status nobody"), unknown);
    assert!(enter("grants nobody").ends_with(unknown));
    assert_eq!(enter("grants --live nobody"), unknown);
    assert_eq!(enter("audit nobody"), unknown);
    assert_eq!(enter("restart nobody"), unknown);
    assert_eq!(enter("crash nobody"), unknown);
    assert_eq!(enter("info nobody"), unknown);
    assert!(enter("shutdown").starts_with("PZ-E0401 "), "{}", enter("shutdown"));
    assert_eq!(enter("frobnicate"), "no such command: frobnicate; `help` lists them\n");
    assert_eq!(enter("status"), "usage: status NAME\n");
    assert_eq!(enter("   "), "");
}

#[test]
fn the_log_is_shown_whole_or_its_last_records() {
    let all = enter("log");
    assert_eq!(all.lines().count(), 1 + (RECORDS - GONE) as usize);
    assert!(all.starts_with("(3 older records are gone)\n[    0.003000] process_watcher ready\n"), "{all}");
    let last = enter("log 2");
    assert_eq!(last, "[    0.038000] process_manager ready\n[    0.039000] process_watcher ready\n");
    assert_eq!(enter("log 0"), "");
    assert_eq!(enter("log 4000000000").lines().count(), all.lines().count());
}

#[test]
fn info_reaches_the_services_that_the_terminal_may_call() {
    let expected =
        "process_manager 0.1.0, incarnation 3, 1 call answered\n  no disk\u{fffd}[2J\n  second line\n";
    assert_eq!(enter("info process_manager"), expected);
    assert!(enter("info policy").starts_with("PZ-E0703 "));
    let unreachable = "the terminal has no channel to axiom; it may call:\n  policy\n  process_manager\n";
    assert_eq!(enter("info axiom"), unreachable);
}

#[test]
fn a_service_that_does_not_run_is_not_called() {
    let fake = Fake { crashed: Some("process_manager"), ..Fake::new() };
    let out = type_keys_to(fake, "info process_manager\r");
    assert!(
        out.contains("\nPZ-E0405 the service is not running\n  hint: `status NAME` tells why\n"),
        "{out}"
    );
}

#[test]
fn tab_completes_commands_and_names_of_services() {
    assert_eq!(type_keys("ser\t"), "services ");
    assert_eq!(type_keys("status ax\t"), "status axiom ");
    assert_eq!(
        type_keys("crash service_1\t"),
        format!("crash service_1\n{}\n{PROMPT}crash service_1", "service_10  service_11  ")
    );
    assert_eq!(type_keys("info pro\t"), "info process_");
    assert_eq!(type_keys("s\t"), format!("s\nservices  status  start  stop  switch  shutdown  \n{PROMPT}s"));
    assert_eq!(type_keys("grants --l\tax\t"), "grants --live axiom ");
    assert_eq!(type_keys("audit ax\t"), "audit axiom ");
    assert_eq!(type_keys("log \t"), "log \x07");
    assert_eq!(type_keys("nothing\t"), "nothing\x07");
    assert_eq!(type_keys("status axiom \t"), "status axiom \x07");
}

#[test]
fn live_grants_stand_beside_the_planned_ones() {
    let live = enter("grants --live policy");
    let held = |line: &str| live.lines().any(|found| found == line);
    assert!(
        held("endpoint             0x4d  held                    write reply       process_manager"),
        "{live}"
    );
    assert!(held("memory          0x4000000  planned                 read write        buffer"), "{live}");
    assert!(live.ends_with("as planned: 3 capabilities held; all 512 slots were looked at\n"), "{live}");
    let fake = Fake { wrong: true, ..Fake::new() };
    let live = type_keys_to(fake, "grants --live policy\r");
    let found = |line: &str| live.lines().any(|found| found == line);
    assert!(found("notification          0x1  held                    read              terminal"), "{live}");
    assert!(
        found("endpoint             0x4d  MISSING                 write reply       process_manager"),
        "{live}"
    );
    assert!(found("?                   0x190  NOT PLANNED             ?                 -"), "{live}");
    assert!(live.contains("NOT as planned: 2 capabilities held"), "{live}");
    let fake = Fake { crashed: Some("process_manager"), ..Fake::new() };
    let live = type_keys_to(fake, "grants --live policy\r");
    assert!(live.contains("0x4d  held, server down "), "{live}");
}

#[test]
fn an_audit_tells_of_one_service_or_of_all() {
    let all = type_keys_to(Fake { crashed: Some("process_manager"), ..Fake::new() }, "audit\r");
    assert_eq!(all.matches(" as planned\n").count(), 11, "{all}");
    assert!(all.contains("process_manager  holds nothing"), "{all}");
    let one = type_keys_to(Fake { wrong: true, ..Fake::new() }, "audit policy\r");
    assert!(
        one.contains("policy             512        2        1      0        1         0  NOT as planned\n"),
        "{one}"
    );
}

#[test]
fn a_change_is_asked_for_and_its_answer_shown() {
    for (line, answer) in [
        ("restart policy", "policy is to be restarted; `status policy`"),
        ("stop policy", "policy is to be stopped; `status policy`"),
        ("start policy", "policy is to be started; `status policy`"),
        ("disable policy", "policy is to be stopped, and nothing starts it"),
        ("enable policy", "policy may be started; `start policy` does"),
        ("crash policy", "policy is told to touch address 0; `status policy` and `log 5`"),
        ("stop axiom", "PZ-E0421 the system cannot do without that service\n"),
        ("reboot", "PZ-E0401 "),
    ] {
        let told = enter(line);
        assert!(told.starts_with(answer), "{told}");
    }
}

#[test]
fn a_line_is_recalled_changed_and_entered_again() {
    let out = type_keys("uptime\r\x1b[A\r");
    assert_eq!(out.matches("up 01 min 01 s\n").count(), 2, "{out:?}");
    let out = type_keys("version\ruptime\r\x1b[A\x1b[A\x1b[B\r");
    assert_eq!(out.matches("up 01 min").count(), 2, "{out:?}");
    // Typed in the wrong order and mended: "time", Ctrl-A, "up".
    assert!(type_keys("time\x01up\r").contains("up 01 min 01 s"));
    assert!(type_keys("garbage\x15uptime\r").contains("up 01 min 01 s"));
}

#[test]
fn a_line_that_is_too_long_rings_and_stays() {
    let out = type_keys(&"x".repeat(200));
    assert_eq!(out.matches('x').count(), 79 - PROMPT.len());
    assert_eq!(out.matches('\x07').count(), 200 - (79 - PROMPT.len()));
}

#[test]
fn a_lost_console_is_an_error_not_a_panic() {
    struct Gone;
    impl std::fmt::Write for Gone {
        fn write_str(&mut self, _: &str) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    let (mut shell, mut fake) = (Shell::new(), Fake::new());
    assert!(shell.greet(&mut fake, &mut Gone).is_err());
    for byte in *b"a\t\rlog\r\x1b[A\x0c\x03" {
        let _ = shell.byte(byte, &mut fake, &mut Gone);
    }
}

#[test]
fn a_supervisor_that_answers_nonsense_is_an_error_not_a_loop() {
    struct Mad(u8);
    impl System for Mad {
        fn ask(&mut self, _: Op, message: &mut Message) -> Result<(), Code> {
            let mut bytes = [self.0; 64];
            bytes[0] = VERSION;
            message.fill(&bytes);
            Ok(())
        }
        fn name(&self) -> &str {
            "mad"
        }
        fn info(&mut self, _: u64, _: &mut Message) -> Result<(), Code> {
            Ok(())
        }
    }
    for filler in 0..=255 {
        let (mut shell, mut out) = (Shell::new(), String::new());
        let commands =
            ["services", "boot", "log", "log 3", "grants a", "status a", "info a", "crash a", "uptime"];
        for byte in commands.join("\r").bytes().chain(*b"\rstatus a\t\r") {
            shell.byte(byte, &mut Mad(filler), &mut out).unwrap();
        }
        assert!(out.ends_with(PROMPT));
    }
}
