// SPDX-License-Identifier: BSD-2-Clause
//! `authority`: each way to reach somebody, what is none, the policy's rules both ways, and that more capabilities never
//! mean less reach.

#[path = "../../partenza-compiler/tests/property/mod.rs"]
mod property;
mod support;

use partenza_analysis::authority::{self, Graph, Node, Relation, Rule, Violation, evaluate};
use partenza_analysis::text::Paint;
use partenza_protocol::Op;
use proptest::prelude::*;
use support::{Module, System, golden, module, small};

/// The services that one reaches, by name.
fn reached(system: &System, from: &str, relation: Relation) -> Vec<String> {
    let plan = system.plan();
    let graph = Graph::new(&plan, relation);
    let reach = graph.reach(graph.find(from).unwrap()).unwrap();
    reach.services().iter().map(|id| graph.names.service(*id).to_owned()).collect()
}

#[track_caller]
fn acts(system: &System, from: &str, expected: &[&str]) {
    assert_eq!(reached(system, from, Relation::Acts), expected, "{from}");
}

#[track_caller]
fn tells(system: &System, from: &str, expected: &[&str]) {
    assert_eq!(reached(system, from, Relation::Tells), expected, "{from}");
}

#[test]
fn a_caller_acts_on_its_server_and_is_told_by_it() {
    let system = System::new([module("a", 2).calls("b"), module("b", 2).calls("c"), module("c", 2)]);
    acts(&system, "a", &["b", "c"]);
    acts(&system, "b", &["c"]);
    acts(&system, "c", &[]);
    tells(&system, "c", &["a", "b"]);
}

#[test]
fn a_signal_goes_one_way() {
    let system = System::new([module("a", 2).signals("b"), module("b", 2)]);
    acts(&system, "a", &["b"]);
    acts(&system, "b", &[]);
    tells(&system, "b", &[]);
}

#[test]
fn a_writer_reaches_readers_and_readers_reach_nobody() {
    let system = System::new([
        module("writer", 2).maps("m", true),
        module("reader", 2).maps("m", false),
        module("other", 2).maps("m", false),
    ])
    .region("m", 1, None);
    acts(&system, "writer", &["reader", "other"]);
    acts(&system, "reader", &[]);
    tells(&system, "reader", &[]);
    let plan = system.plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let (reader, memory) = (graph.find("reader").unwrap(), graph.find("m").unwrap());
    assert!(graph.reach(reader).unwrap().holds(memory), "to read memory is to reach it");
}

#[test]
fn a_bus_master_reaches_everybody_and_an_isa_device_nobody() {
    let system = System::new([
        module("pci", 2).ports(0xc000, 0xc01f),
        module("isa", 2).ports(0x1f0, 0x1f7),
        module("mmio", 2).maps("bar", true),
        module("vga", 2).maps("screen", true),
        module("look", 2).maps("bar", false),
    ])
    .region("bar", 1, Some(0xfebc_0000))
    .region("screen", 1, Some(0xb_8000));
    acts(&system, "pci", &["isa", "mmio", "vga", "look"]);
    acts(&system, "mmio", &["pci", "isa", "vga", "look"]);
    acts(&system, "isa", &[]);
    acts(&system, "vga", &[]);
    acts(&system, "look", &[]);
    // Everybody's memory can be read by the device, too.
    tells(&system, "isa", &["pci", "mmio", "vga", "look"]);
}

#[test]
fn operations_on_services_reach_them_and_to_end_the_system_does_not() {
    let three = |op| System::new([module("a", 2).may(op), module("b", 2), module("c", 2)]);
    for op in [Op::Start, Op::Stop, Op::Restart, Op::Enable, Op::Disable, Op::Crash] {
        acts(&three(op), "a", &["b", "c"]);
    }
    for op in [Op::Shutdown, Op::Reboot, Op::Status, Op::Log] {
        acts(&three(op), "a", &[]);
    }
    let plan = three(Op::Shutdown).plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let Some(Node::Service(id)) = graph.find("a") else { panic!("no a") };
    assert_eq!(graph.ends_system(id), ["shutdown"]);
}

#[test]
fn that_everybody_may_call_the_supervisor_joins_nobody() {
    let system = System::new([module("a", 2), module("b", 2)]);
    acts(&system, "a", &[]);
    tells(&system, "a", &[]);
}

#[test]
fn devices_are_found_by_the_names_that_people_use() {
    let plan = small().plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let com1 = graph.find("COM1");
    assert_eq!(com1, Some(Node::Ports(0x3f8, 0x3ff)));
    assert_eq!([graph.find("com1"), graph.find("0x3f9")], [com1, com1]);
    assert_eq!(graph.find("irq 4"), Some(Node::Irq(0)));
    assert_eq!(graph.find("buffer"), Some(Node::Region(0)));
    assert_eq!([graph.find("irq 5"), graph.find("0x400"), graph.find("nobody")], [None, None, None]);
}

#[test]
fn answers_in_every_form() {
    let plan = small().plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let node = |name: &str| graph.find(name).unwrap();
    golden("authority.txt", &authority::overview(&graph, Paint::Plain));
    golden("authority.json", &format!("{:#}\n", authority::overview_json(&graph)));
    golden("authority-from.txt", &authority::from(&graph, node("keys"), Paint::Plain));
    golden("authority-to.txt", &authority::to(&graph, node("log"), Paint::Plain));
    golden("authority-to.json", &format!("{:#}\n", authority::to_json(&graph, node("log"))));
    golden("authority-why.txt", &authority::why(&graph, node("keys"), node("files"), Paint::Plain));
    golden(
        "authority-why.json",
        &format!("{:#}\n", authority::path_json(&graph, node("keys"), node("files"))),
    );
    let told = Graph::new(&plan, Relation::Tells);
    golden("authority-flow.txt", &authority::overview(&told, Paint::Plain));
}

#[test]
fn no_way_is_said_to_be_none() {
    let plan = System::new([module("a", 2).calls("b"), module("b", 2)]).plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let (a, b) = (graph.find("a").unwrap(), graph.find("b").unwrap());
    let text = authority::why(&graph, b, a, Paint::Plain);
    assert_eq!(text, "b does not reach a\nThe other way round there is one: a reaches b\n");
    assert_eq!(authority::path_json(&graph, b, a)["path"], serde_json::Value::Null);
}

fn judge(system: &System, rule: Rule) -> Vec<String> {
    let plan = system.plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let found: Vec<Violation> = evaluate(&graph, &[rule]).unwrap();
    found.iter().map(|violation| graph.line(&violation.path)).collect()
}

fn allow_only(to: &str, from: &[&str]) -> Rule {
    Rule::AllowOnly { to: to.to_owned(), from: from.iter().map(|name| (*name).to_owned()).collect() }
}

#[test]
fn deny_is_broken_by_any_way_however_long() {
    let system = System::new([module("a", 2).calls("b"), module("b", 2).signals("c"), module("c", 2)]);
    let way = "a -[calls b/api]-> b -[signals]-> c";
    assert_eq!(judge(&system, Rule::deny("a -> c").unwrap()), [way]);
    assert_eq!(judge(&system, Rule::deny(" a->b ").unwrap()).len(), 1);
}

#[test]
fn deny_holds_where_there_is_no_way() {
    let system = System::new([module("a", 2).calls("b"), module("b", 2).signals("c"), module("c", 2)]);
    for rule in ["c -> a", "c -> b", "b -> a"] {
        assert_eq!(judge(&system, Rule::deny(rule).unwrap()), [""; 0], "{rule}");
    }
}

#[test]
fn allow_only_is_broken_by_who_gets_there_directly() {
    let system = System::new([
        module("shell", 2).calls("files"),
        module("files", 2).calls("disk"),
        module("log", 2).calls("disk"),
        module("disk", 2).maps("m", true),
        module("sneaky", 2).maps("m", true),
        module("boss", 2).may(Op::Restart),
    ])
    .region("m", 1, None);
    let broken = judge(&system, allow_only("disk", &["files"]));
    let expected = [
        "log -[calls disk/api]-> disk",
        "sneaky -[writes]-> memory m -[is read by]-> disk",
        "boss -[restart]-> the Supervisor -[does it to]-> disk",
    ];
    assert_eq!(broken, expected);
}

#[test]
fn allow_only_holds_when_every_way_leads_through_those_named() {
    let system =
        System::new([module("shell", 2).calls("files"), module("files", 2).calls("disk"), module("disk", 2)]);
    assert_eq!(judge(&system, allow_only("disk", &["files"])), [""; 0]);
    assert_eq!(judge(&system, allow_only("shell", &[])), [""; 0]);
    assert_eq!(judge(&system, allow_only("disk", &[])).len(), 1);
}

#[test]
fn rules_speak_of_memory_and_devices_too() {
    let plan = small();
    assert_eq!(judge(&plan, allow_only("COM1", &["shell"])), [""; 0]);
    assert_eq!(judge(&plan, allow_only("COM1", &["files"])), ["shell -[drives]-> ports 0x3f8-0x3ff (COM1)"]);
    assert_eq!(judge(&plan, allow_only("screen", &["shell", "late"])), [""; 0]);
    // Whoever masters the bus gets at memory directly.
    assert_eq!(judge(&plan, allow_only("screen", &["shell"])).len(), 1);
}

#[test]
fn rules_about_nobody_are_refused_by_name() {
    let plan = small().plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let rules = [Rule::deny("shell -> kays").unwrap(), allow_only("disk", &["fils"])];
    let unknown = evaluate(&graph, &rules).unwrap_err();
    let unknown: Vec<_> = unknown.iter().map(|u| (u.rule, u.name.as_str())).collect();
    assert_eq!(unknown, [(0, "kays"), (1, "fils")]);
    for text in ["", "a", "a ->", "-> b", "a -> b -> c"] {
        assert!(Rule::deny(text).is_err(), "{text}");
    }
}

#[test]
fn violations_are_drawn() {
    let plan = small().plan();
    let graph = Graph::new(&plan, Relation::Acts);
    let rules = [Rule::deny("keys -> files").unwrap(), allow_only("log", &["files", "shell", "keys"])];
    let found = evaluate(&graph, &rules).unwrap();
    golden("violations.txt", &authority::violations(&graph, &rules, &found, Paint::Plain));
    golden("violations.json", &format!("{:#}\n", authority::violations_json(&graph, &rules, &found)));
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// One more thing that a service is given.
#[derive(Clone, Copy, Debug)]
enum More {
    Call(usize),
    Signal(usize),
    Read(bool),
    Write(bool),
    Ports(bool),
    May(bool),
}

fn more() -> impl Strategy<Value = (usize, More)> {
    let what = prop_oneof![
        4 => (0..NAMES.len()).prop_map(More::Call),
        3 => (0..NAMES.len()).prop_map(More::Signal),
        2 => any::<bool>().prop_map(More::Read),
        2 => any::<bool>().prop_map(More::Write),
        1 => any::<bool>().prop_map(More::Ports),
        1 => any::<bool>().prop_map(More::May),
    ];
    (0..NAMES.len(), what)
}

fn give(modules: &mut [Module], (to, what): (usize, More)) {
    let this = &mut modules[to];
    match what {
        More::Call(peer) if peer != to => this.calls.push(NAMES[peer]),
        More::Signal(peer) if peer != to => this.signals.push(NAMES[peer]),
        More::Call(_) | More::Signal(_) => {}
        More::Read(shared) => this.maps.push((if shared { "ram" } else { "bar" }, false)),
        More::Write(shared) => this.maps.push((if shared { "ram" } else { "bar" }, true)),
        More::Ports(pci) => this.ports.push(if pci { (0xc000, 0xc00f) } else { (0x60, 0x64) }),
        More::May(control) => this.operations.push(if control { Op::Restart } else { Op::Shutdown }),
    }
}

fn system(given: &[(usize, More)]) -> System {
    let mut modules: Vec<Module> = NAMES.iter().map(|name| module(name, 2)).collect();
    given.iter().for_each(|more| give(&mut modules, *more));
    System::new(modules).region("ram", 1, None).region("bar", 1, Some(0xfebc_0000))
}

proptest! {
    #![proptest_config(property::config(300))]

    #[test]
    fn more_capabilities_never_mean_less_reach(
        given in prop::collection::vec(more(), 0..14),
        extra in more(),
    ) {
        let mut after = given.clone();
        after.push(extra);
        for relation in [Relation::Acts, Relation::Tells] {
            for name in NAMES {
                let less = reached(&system(&given), name, relation);
                let more = reached(&system(&after), name, relation);
                prop_assert!(less.iter().all(|end| more.contains(end)), "{name}: {less:?} {more:?}");
            }
        }
    }

    #[test]
    fn who_acts_on_somebody_tells_him_something(given in prop::collection::vec(more(), 0..14)) {
        for name in NAMES {
            let acts = reached(&system(&given), name, Relation::Acts);
            let tells = reached(&system(&given), name, Relation::Tells);
            prop_assert!(acts.iter().all(|end| tells.contains(end)));
        }
    }

    #[test]
    fn every_way_joins_and_allow_only_agrees_with_reach(given in prop::collection::vec(more(), 0..14)) {
        let plan = system(&given).plan();
        let graph = Graph::new(&plan, Relation::Acts);
        for from in NAMES.map(|name| graph.find(name).unwrap()) {
            let reach = graph.reach(from).unwrap();
            for to in reach.nodes() {
                let path = reach.path(to).unwrap();
                prop_assert_eq!(path.start(), Some(from));
                prop_assert_eq!(path.edges.last().map(|edge| edge.to), Some(to));
                prop_assert!(path.edges.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].how.passes()));
            }
        }
        // Nobody may: then somebody breaks the rule if and only if somebody reaches it.
        for name in NAMES {
            let broken = evaluate(&graph, &[allow_only(name, &[])]).unwrap();
            let node = graph.find(name).unwrap();
            let reached = NAMES.iter().any(|other| graph.path(graph.find(other).unwrap(), node).is_some());
            prop_assert_eq!(!broken.is_empty(), reached);
        }
    }
}
