// SPDX-License-Identifier: BSD-2-Clause
//! What services are to each other beside requiring: fallbacks, sidecars, extensions, providers of one interface, and
//! the time that they share.

mod support;

use partenza_compiler::{Code, Compiled};
use partenza_plan::policy::{OnExhausted, Probe};
use partenza_plan::{Class, Health, Restart, ServiceId};
use support::Bench;

/// Services of layer 2 (or as their lines say), each with further lines for its manifest.
fn bench(services: &[(&str, &str)]) -> Bench {
    let bench = Bench::new();
    let mut xml = String::from("<system>\n");
    for (name, lines) in services {
        xml += &format!(
            "<protection_domain name=\"{name}\" priority=\"9\"><program_image path=\"a.elf\"/></protection_domain>\n"
        );
        let layer = if lines.contains("layer:") { "" } else { "layer: 2\n" };
        bench.file(
            &format!("manifests/{name}.yaml"),
            format!("partenza: \"1.0\"\nid: {name}\nversion: 1.0.0\n{layer}health: {{startup_timeout: 100ms}}\n{lines}"),
        );
    }
    bench.file("system.xml", xml + "</system>\n");
    bench.file("partenza.yaml", "partenza: \"1.0\"\n");
    bench
}

fn id(compiled: &Compiled, name: &str) -> ServiceId {
    compiled.plan().find(name).unwrap()
}

#[test]
fn policies_are_resolved_by_class_and_reach_the_plan() {
    let bench = bench(&[
        ("plain", "class: driver\n"),
        (
            "own",
            "class: core\nrestart: {policy: always, max: 1, backoff: 1.25, on_exhausted: retry-forever}\n",
        ),
        ("moved", "class: user\n"),
    ]);
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices: {moved: {class: system}}\n");
    let compiled = bench.good();
    let plan = compiled.plan();
    let of = |name: &str| plan.service(id(&compiled, name));
    assert_eq!(of("plain").restart, Restart::of(Class::Driver));
    assert_eq!((of("moved").class, of("moved").restart), (Class::System, Restart::of(Class::System)));
    let own = of("own").restart;
    assert_eq!((own.max, own.backoff_percent, own.window), (1, 125, 60_000_000));
    assert_eq!(own.on_exhausted, OnExhausted::RetryForever);
    assert_eq!(of("plain").health, Health::NONE);
}

#[test]
fn what_the_integrator_says_of_the_whole_reaches_the_plan() {
    let bench = bench(&[
        ("a", "health: {probe: heartbeat, interval: 3s}\n"),
        ("b", "requires: [{module: a, restart-with: true}]\n"),
    ]);
    bench.edit("manifests/a.yaml", "health: {startup_timeout: 100ms}\n", "");
    bench.file(
        "partenza.yaml",
        "partenza: \"1.0\"\nboot: {max_attempts: 3}\nstorm: {restarts: 20, window: 10s}\n\
         recovery: {services: [a], soften: [b->a]}\n",
    );
    let compiled = bench.good();
    let plan = compiled.plan();
    let (a, b) = (id(&compiled, "a"), id(&compiled, "b"));
    assert_eq!(plan.storm.map(|storm| (storm.restarts, storm.window)), Some((20, 10_000_000)));
    assert_eq!((plan.recovery.max_attempts, plan.recovery.services.as_slice()), (3, &[a][..]));
    assert_eq!(plan.recovery.soften, [(b, a)]);
    assert!(plan.service(b).requires[0].restart_with);
    let health = plan.service(a).health;
    assert_eq!((health.probe, health.interval, health.timeout), (Probe::Heartbeat, 3_000_000, 1_000_000));
}

#[test]
fn calls_are_made_again_where_the_grant_says_so() {
    let bench = Bench::pair();
    assert!(bench.good().plan().services[1].repeated_calls.is_empty());
    bench.edit("partenza.yaml", "{channel: 3}", "{channel: 3, on-dead: repeat}");
    assert_eq!(bench.good().plan().services[1].repeated_calls, [74 + 3]);
    bench.edit("partenza.yaml", "on-dead: repeat", "on-dead: retry");
    bench.error(Code::BadValue, "partenza.yaml:11:", "expected error, repeat");
}

#[test]
fn a_fallback_is_another_service_that_waits() {
    let with = |fallback: &str, spare: &str| bench(&[("main", fallback), ("spare", spare)]);
    let good = with("fallback: spare\n", "start: on-demand\n");
    let compiled = good.good();
    let main = compiled.plan().service(id(&compiled, "main")).clone();
    assert_eq!(main.fallback, Some(id(&compiled, "spare")));
    assert_eq!(main.restart.on_exhausted, OnExhausted::Fallback, "one that is named is used");
    // The integrator's word comes first.
    good.file("partenza.yaml", "partenza: \"1.0\"\nservices: {main: {fallback: other}}\n");
    good.error(Code::UnknownService, "partenza.yaml:2:", "`other`");
    with("fallback: main\n", "").error(Code::BadFallback, "main.yaml:6:11", "its own fallback");
    with("restart: {on_exhausted: fallback}\n", "").error(
        Code::BadFallback,
        "main.yaml:6:25",
        "has no fallback",
    );
    assert_eq!(with("fallback: spare\n", "").remarks(), [Code::BadFallback], "it runs already");
    let idle = with("fallback: spare\nrestart: {on_exhausted: stop}\n", "start: on-demand\n");
    assert_eq!(idle.remarks(), [Code::BadFallback], "nothing starts it");
    let circle = with("fallback: spare\nstart: on-demand\n", "fallback: main\nstart: on-demand\n");
    circle.error(Code::BadFallback, "main.yaml:6:11", "main > spare > main");
    // It starts when that one is lost, so it cannot wait for it, nor for one that does.
    let needs = |module: &str| format!("start: on-demand\nrequires: [{{module: {module}}}]\n");
    let waits = with("fallback: spare\n", &needs("main"));
    waits.error(
        Code::BadFallback,
        "spare.yaml:7:21",
        "the fallback `spare` requires `main`, which it stands in for",
    );
    let three = [("main", "fallback: spare\n"), ("mid", &needs("main")), ("spare", &needs("mid"))];
    let around = bench(&three.map(|(name, more)| (name, more as &str)));
    around.error(Code::BadFallback, "spare.yaml:7:21", "spare requires mid, which requires main");
    let soft = needs("main").replace("main}", "main, optional: true}");
    with("fallback: spare\n", &soft).good();
}

#[test]
fn a_sidecar_starts_before_its_one_service() {
    let two = bench(&[("main", "sidecars: [proxy]\n"), ("proxy", "")]);
    let compiled = two.good();
    let (main, proxy) = (id(&compiled, "main"), id(&compiled, "proxy"));
    let plan = compiled.plan();
    assert_eq!(plan.service(proxy).sidecar_of, Some(main));
    assert!(proxy < main && plan.service(main).requires.iter().any(|d| d.on == proxy && d.required));
    bench(&[("main", "sidecars: [main]\n")]).error(
        Code::BadSidecar,
        "main.yaml:6:12",
        "cannot accompany itself",
    );
    bench(&[("main", "sidecars: [prxy]\n"), ("proxy", "")]).error(
        Code::UnknownService,
        "main.yaml:6:12",
        "did you mean `proxy`?",
    );
    let twice = bench(&[("a", "sidecars: [proxy]\n"), ("b", "sidecars: [proxy]\n"), ("proxy", "")]);
    twice.error(Code::BadSidecar, "b.yaml:6:12", "already accompanies `a`");
    // A sidecar that requires its service would wait for it.
    let knot = bench(&[("main", "sidecars: [proxy]\n"), ("proxy", "requires: [{module: main}]\n")]);
    knot.errors(&[Code::DependencyCycle]);
}

const REGISTRY: &str = "partenza: \"1.0\"\nextensions:\n  log: {version: 1.0.0, core: true}\n  \
    tracing: {version: 1.4.0, module: tracer, works-with: {metrics: \">=2\"}}\n  \
    metrics: {version: 2.1.0, module: meter}\n";

fn extended(uses: &str) -> Bench {
    let bench = bench(&[("main", uses), ("tracer", ""), ("meter", "")]);
    bench.file("extensions.yaml", REGISTRY);
    bench
}

#[test]
fn who_uses_an_extension_depends_on_its_service() {
    let compiled = extended("extensions: [{extension: tracing, version: ^1.2}, {extension: log}]\n").good();
    let (main, tracer) = (id(&compiled, "main"), id(&compiled, "tracer"));
    assert!(tracer < main, "it starts first");
    assert!(compiled.plan().service(main).requires.iter().any(|d| d.on == tracer && d.required));
    // A core extension needs no registry.
    bench(&[("main", "extensions: [{extension: lifecycle, version: ^1.0}]\n")]).good();
}

#[test]
fn extensions_are_known_by_name_and_version() {
    let one = |uses: &str| extended(&format!("extensions: [{uses}]\n"));
    one("{extension: tracign}").error(Code::UnknownExtension, "main.yaml:6:26", "did you mean `tracing`?");
    one("{extension: tracing, version: ^2}").error(Code::WrongExtension, "main.yaml:6:44", "it is 1.4.0");
    one("{extension: log, version: ^2}").error(Code::WrongExtension, "main.yaml:6:40", "it is 1.0.0");
    one("{extension: log}, {extension: log}").error(Code::DuplicateField, "main.yaml:6:44", "used twice");
    for optional in
        ["{extension: nothing, optional: true}", "{extension: tracing, version: ^2, optional: true}"]
    {
        assert_eq!(one(optional).remarks().len(), 1, "{optional}");
    }
}

#[test]
fn the_matrix_holds_between_extensions_that_are_used() {
    let both = extended("extensions: [{extension: tracing}, {extension: metrics}]\n");
    both.good();
    both.edit("extensions.yaml", "2.1.0", "1.9.0");
    both.error(Code::Incompatible, "extensions.yaml:4:", "works with >=2");
    both.edit("extensions.yaml", "\">=2\"", "never");
    both.error(Code::Incompatible, "extensions.yaml:4:", "never works with it");
    both.edit("manifests/main.yaml", ", {extension: metrics}", "");
    both.good();
}

#[test]
fn the_registry_is_held_against_the_orchestrator_and_the_system() {
    for (from, to, code, place) in [
        ("log: {version: 1.0.0", "logs: {version: 1.0.0", Code::UnknownExtension, "extensions.yaml:3:3"),
        ("log: {version: 1.0.0", "log: {version: 1.7.0", Code::WrongExtension, "extensions.yaml:3:18"),
        (", core: true", "", Code::Disagree, "extensions.yaml:3:3"),
        (", module: meter", "", Code::MissingField, "extensions.yaml:5:3"),
        ("module: meter", "module: metre", Code::UnknownService, "extensions.yaml:5:37"),
        ("{metrics: ", "{metrix: ", Code::UnknownExtension, "extensions.yaml:4:"),
        ("version: 2.1.0", "version: two", Code::BadVersion, "extensions.yaml:5:22"),
        ("works-with", "works_with", Code::UnknownField, "extensions.yaml:4:"),
    ] {
        let bench = extended("");
        bench.edit("extensions.yaml", from, to);
        bench.error(code, place, "");
    }
    let bench = extended("");
    bench.file("partenza.yaml", "partenza: \"1.0\"\nextensions: other.yaml\n");
    bench.error(Code::FileUnreadable, "partenza.yaml:2:13", "other.yaml is not there");
}

#[test]
fn of_several_providers_the_preferred_one_is_meant_else_the_newest() {
    let files = |version: &str| format!("provides: [{{interface: storage/files, version: {version}}}]\n");
    let requires = "layer: 3\nrequires: [{interface: storage/files, version: \">=1\"}]\n";
    let bench = bench(&[
        ("old", &files("1.0")),
        ("new", &files("1.4")),
        ("other", &files("1.4")),
        ("main", requires),
    ]);
    let provider = |bench: &Bench| {
        let compiled = bench.good();
        let plan = compiled.plan();
        let on = plan.service(id(&compiled, "main")).requires[0].on;
        plan.service(on).name.to_owned()
    };
    assert_eq!(provider(&bench), "new", "the highest version, and of two the first");
    bench.file("partenza.yaml", "partenza: \"1.0\"\nproviders: {storage/files: [old, new]}\n");
    assert_eq!(provider(&bench), "old");
    bench.edit("manifests/main.yaml", "\">=1\"", "\">=1.2\"");
    assert_eq!(provider(&bench), "new", "the version comes first");
    bench.edit("partenza.yaml", "[old, new]", "[old, main]");
    bench.error(Code::NoProvider, "partenza.yaml:2:34", "`main` does not provide `storage/files`");
    bench.file("partenza.yaml", "partenza: \"1.0\"\nproviders: {storage/flies: [old]}\n");
    bench.error(Code::NoProvider, "partenza.yaml:2:13", "did you mean `storage/files`?");
}

#[test]
fn a_layer_must_have_time_for_its_longest_chain() {
    let chain = |config: &str| {
        let bench = bench(&[
            ("a", ""),
            ("b", "requires: [{module: a}]\n"),
            ("c", "requires: [{module: b}]\n"),
            ("d", ""),
            ("later", "start: deferred\nhealth: {startup_timeout: 1h}\n"),
        ]);
        bench.edit("manifests/later.yaml", "health: {startup_timeout: 100ms}\n", "");
        bench.file("partenza.yaml", format!("partenza: \"1.0\"\nboot: {{{config}}}\n"));
        bench
    };
    assert_eq!(
        chain("layers: {2: 300ms}").remarks(),
        [],
        "d starts beside them, and later is not waited for"
    );
    assert_eq!(chain("layers: {2: 299ms}").remarks(), [Code::BudgetTooSmall]);
    assert_eq!(chain("layers: {2: 300ms}, parallel: false").remarks(), [Code::BudgetTooSmall]);
    assert_eq!(chain("layers: {2: 400ms}, parallel: false").remarks(), []);
    let (_, out, sources) = chain("layers: {2: 250ms}").compile();
    let shown =
        partenza_compiler::diagnostic::text(&out, &sources, partenza_compiler::Severity::Warning, false);
    for part in
        ["may take 300ms at worst, its budget is 250ms", "a > b > c", "`b` may take 100ms", "{2: 300ms}"]
    {
        assert!(shown.contains(part), "{part} in:\n{shown}");
    }
}

#[test]
fn who_requires_itself_is_told() {
    let bench = bench(&[("a", "provides: [{interface: x/y, version: 1}]\nrequires: [{interface: x/y}]\n")]);
    assert_eq!(bench.remarks(), [Code::RequiresItself]);
}

#[test]
fn what_is_optional_and_not_there_is_worth_a_note() {
    let bench = bench(&[("a", "requires: [{interface: x/y, optional: true}]\n")]);
    assert_eq!(bench.remarks(), [Code::NoProvider]);
}

#[test]
fn the_orchestrators_interfaces_can_be_required() {
    let one = |name: &str, range: &str| {
        bench(&[("a", &format!("requires: [{{interface: {name}, version: \"{range}\"}}]\n"))])
    };
    one("supervisor/control", "^1").good();
    one("log", "1.x").good();
    one("log", "^2").error(Code::WrongVersion, "a.yaml:6:", "the orchestrator provides 1.0.0");
    one("supervisor/contrl", "^1").error(Code::NoProvider, "a.yaml:6:", "did you mean `supervisor/control`?");
}

#[test]
fn a_probe_needs_somebody_who_listens_and_endless_retries_a_pause() {
    let mute = bench(&[("a", "readiness: none\n")]);
    mute.edit("manifests/a.yaml", "health: {startup_timeout: 100ms}", "health: {probe: call}");
    mute.error(Code::Disagree, "a.yaml:5:17", "`readiness: none`");
    mute.edit("manifests/a.yaml", "probe: call", "probe: heartbeat");
    mute.good();
    let busy = bench(&[("a", "restart: {initial_delay: 0s, max_delay: 0s, on_exhausted: retry-forever}\n")]);
    busy.error(Code::Disagree, "a.yaml:6:", "without a pause");
    busy.edit("manifests/a.yaml", "max_delay: 0s", "max_delay: 1s");
    busy.good();
    let torn = bench(&[("a", ""), ("b", "requires: [{module: a, optional: true, restart-with: true}]\n")]);
    torn.error(Code::Disagree, "b.yaml:6:12", "cannot be `optional` and `restart-with`");
}

#[test]
fn a_sidecar_starts_when_its_service_does_and_has_none() {
    let late = bench(&[("main", "sidecars: [proxy]\n"), ("proxy", "start: deferred\n")]);
    late.error(Code::BadSidecar, "main.yaml:6:12", "starts deferred, `main` starts eager");
    late.edit("manifests/main.yaml", "sidecars", "start: deferred\nsidecars");
    late.good();
    let chain = bench(&[("main", "sidecars: [proxy]\n"), ("proxy", "sidecars: [guard]\n"), ("guard", "")]);
    chain.error(Code::BadSidecar, "main.yaml:6:12", "has a sidecar of its own, `guard`");
}

#[test]
fn a_service_of_the_boot_requires_services_of_the_boot() {
    for start in ["deferred", "on-demand"] {
        let with = |requirement: &str| {
            bench(&[("a", &format!("start: {start}\n")), ("b", &format!("requires: [{{{requirement}}}]\n"))])
        };
        with("module: a").error(Code::NotStarted, "b.yaml:6:21", &format!("starts {start}"));
        with("module: a, optional: true").good();
        let both = with("module: a");
        both.edit("manifests/b.yaml", "requires", "start: on-demand\nrequires");
        both.good();
    }
}

#[test]
fn a_recovery_boot_holds_together() {
    let services = [("a", ""), ("b", "requires: [{module: a}]\nsidecars: [proxy]\n"), ("proxy", "")];
    let with = |text: &str| {
        let bench = bench(&services);
        bench.file("partenza.yaml", format!("partenza: \"1.0\"\n{text}\n"));
        bench
    };
    with("boot: {max_attempts: 3}\nrecovery: {services: [a, b, proxy]}").good();
    with("boot: {max_attempts: 3}\nrecovery: {services: [b, proxy], soften: [b->a]}").good();
    with("boot: {max_attempts: 3}\nrecovery: {services: [b, proxy]}").error(
        Code::RecoveryGap,
        "partenza.yaml:3:",
        "`soften: [b->a]`",
    );
    with("boot: {max_attempts: 3}\nrecovery: {services: [a, b], soften: [b->proxy]}").error(
        Code::RecoveryGap,
        "partenza.yaml:3:",
        "does not go without it",
    );
    with("boot: {max_attempts: 3}").error(Code::RecoveryGap, "partenza.yaml:2:", "would start nothing");
    assert_eq!(with("recovery: {services: [a]}").remarks(), [Code::RecoveryGap], "never used");
    let none = with("boot: {max_attempts: 3}\nrecovery: {services: [a], soften: [a->b]}");
    assert_eq!(none.remarks(), [Code::RecoveryGap], "softens nothing");
}

#[test]
fn who_shows_a_panic_starts_on_demand_tells_when_ready_and_requires_nobody() {
    let with = |shower: &str| {
        let bench = bench(&[("a", ""), ("shower", shower)]);
        bench.file("partenza.yaml", "partenza: \"1.0\"\nrecovery: {panic: shower}\n");
        bench
    };
    with("start: on-demand\n").good();
    with("").error(Code::BadPanic, "partenza.yaml:2:", "does not start `on-demand`");
    with("start: on-demand\nreadiness: none\n").error(
        Code::BadPanic,
        "partenza.yaml:2:",
        "`readiness: none`",
    );
    with("start: on-demand\nrequires: [{module: a}]\n").error(
        Code::BadPanic,
        "partenza.yaml:2:",
        "requires `a`",
    );
    with("start: on-demand\nrequires: [{module: a, optional: true}]\n").good();
}
