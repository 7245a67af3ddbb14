// SPDX-License-Identifier: BSD-2-Clause
//! Layers, dependencies, versions, and who is who (SPEC C, N-1, P-1).

mod support;

use partenza_compiler::Code;
use support::Bench;

/// PDs without channels, each with its layer and the modules that it requires.
fn bench(services: &[(&str, u8, &[&str])]) -> Bench {
    let bench = Bench::new();
    let mut xml = String::from("<system>\n");
    for (name, layer, requires) in services {
        xml += &format!(
            "<protection_domain name=\"{name}\" priority=\"9\"><program_image path=\"a.elf\"/></protection_domain>\n"
        );
        let mut manifest =
            format!("partenza: \"1.0\"\nid: {name}\nversion: 1.0.0\nlayer: {layer}\nrequires:\n");
        requires.iter().for_each(|other| manifest += &format!("  - module: {other}\n"));
        bench.file(&format!("manifests/{name}.yaml"), manifest);
    }
    bench.file("system.xml", xml + "</system>");
    bench.file("partenza.yaml", "partenza: \"1.0\"\n");
    bench
}

fn order(bench: &Bench) -> Vec<String> {
    bench.good().plan().services.iter().map(|s| s.name.to_owned()).collect()
}

#[test]
fn layers_then_dependencies_then_the_order_of_the_files() {
    let bench = bench(&[("z", 3, &[]), ("c", 2, &["b"]), ("a", 2, &[]), ("b", 2, &[]), ("y", 3, &["a"])]);
    assert_eq!(order(&bench), ["a", "b", "c", "z", "y"]);
    // The order of partenza.yaml comes before that of system.xml.
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices:\n  b: {}\n  y: {}\n");
    assert_eq!(order(&bench), ["b", "c", "a", "y", "z"]);
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices:\n  z: {layer: 2}\n");
    assert_eq!(order(&bench), ["z", "a", "b", "c", "y"]);
}

#[test]
fn a_dependency_cycle_names_its_members() {
    let bench = bench(&[("a", 2, &["c"]), ("b", 2, &["a"]), ("c", 2, &["b"]), ("d", 2, &["a"])]);
    bench.error(Code::DependencyCycle, "manifests/a.yaml:6:13", "dependency cycle: a > c > b > a");
    bench.edit("manifests/b.yaml", "- module: a", "- {module: a, optional: true}");
    assert_eq!(order(&bench), ["b", "c", "a", "d"]);
}

#[test]
fn two_cycles_are_two_errors() {
    let bench = bench(&[("a", 2, &["b"]), ("b", 2, &["a"]), ("c", 2, &["d"]), ("d", 2, &["c"])]);
    bench.errors(&[Code::DependencyCycle, Code::DependencyCycle]);
}

#[test]
fn a_dependency_on_a_higher_layer() {
    let bench = bench(&[("low", 2, &["high"]), ("high", 3, &[])]);
    bench.error(Code::HigherLayer, "manifests/low.yaml:6:13", "`low` (layer 2) requires `high` (layer 3)");
    bench.edit("manifests/low.yaml", "- module: high", "- {module: high, optional: true}");
    assert_eq!(order(&bench), ["low", "high"]);
}

#[test]
fn a_requirement_that_nothing_provides() {
    let bench = bench(&[("axiom", 2, &[]), ("policy", 2, &["axoim"])]);
    bench.error(Code::NoProvider, "manifests/policy.yaml:6:13", "did you mean `axiom`?");
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", "interface: storage/files", "interface: storage/file");
    let text = bench.errors(&[Code::NoProvider]);
    assert!(text.contains("did you mean `storage/files`?"), "{text}");
}

#[test]
fn a_version_that_does_not_fit() {
    let bench = Bench::pair();
    bench.edit("manifests/client.yaml", ">=1.0, <2", ">=1.3, <2");
    bench.error(Code::WrongVersion, "manifests/client.yaml:8:14", "`server` has 1.2.0");
    let bench = Bench::pair();
    bench.edit(
        "manifests/client.yaml",
        "requires:\n",
        "requires:\n  - {interface: supervisor/control, version: \">=2\"}\n",
    );
    bench.error(Code::WrongVersion, "manifests/client.yaml:7:", "the orchestrator provides 1.0.0");
}

#[test]
fn the_preferred_provider_is_the_one_that_is_required() {
    let bench = bench(&[("fs", 2, &[]), ("ramfs", 2, &[]), ("user", 2, &[])]);
    for name in ["fs", "ramfs"] {
        bench.edit(
            &format!("manifests/{name}.yaml"),
            "requires:\n",
            "provides:\n  - {interface: storage/files, version: 1.0.0}\n",
        );
    }
    bench.edit("manifests/user.yaml", "requires:\n", "requires:\n  - interface: storage/files\n");
    let on = |bench: &Bench| {
        let compiled = bench.good();
        let plan = compiled.plan();
        let user = plan.services.iter().find(|s| s.name == "user").unwrap();
        plan.service(user.requires[0].on).name.to_owned()
    };
    assert_eq!(on(&bench), "fs");
    bench.file("partenza.yaml", "partenza: \"1.0\"\nproviders: {storage/files: [ramfs, fs]}\n");
    assert_eq!(on(&bench), "ramfs");
}

#[test]
fn names_in_partenza_yaml_must_exist() {
    let bench = bench(&[("axiom", 2, &[])]);
    bench.file(
        "partenza.yaml",
        "partenza: \"1.0\"\nservices: {axiim: {}}\nboot: {parameters: {hold: nobody}}\n\
         console: {handover: nobody}\nrecovery: {services: [nobody], soften: [axiom->nobody]}\n\
         providers: {x/y: [nobody]}\n",
    );
    let mut expected = [Code::UnknownService; 7];
    expected[6] = Code::NoProvider;
    let text = bench.errors(&expected);
    assert!(text.contains("did you mean `axiom`?"), "{text}");
}

#[test]
fn manifests_and_protection_domains_must_find_each_other() {
    let bench = bench(&[("a", 2, &[]), ("b", 2, &[])]);
    std::fs::remove_file(bench.dir.path().join("manifests/b.yaml")).unwrap();
    bench.file("manifests/c.yaml", "partenza: \"1.0\"\nid: c\nversion: 1.0.0\nlayer: 2\n");
    assert_eq!(bench.remarks(), [Code::NoManifest, Code::UnusedManifest]);
    // One manifest may serve several PDs.
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices: {b: {manifest: c}}\n");
    assert_eq!(bench.remarks(), []);
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices: {b: {manifest: d}}\n");
    bench.errors(&[Code::ManifestMissing]);
    bench.file("partenza.yaml", "partenza: \"1.0\"\nservices: {b: {manifest: c}}\n");
    bench.edit("manifests/c.yaml", "id: c", "id: d");
    bench.errors(&[Code::WrongId]);
}

#[test]
fn a_pd_without_a_manifest_is_in_the_last_layer_and_not_critical() {
    let bench = bench(&[("plain", 2, &[]), ("a", 5, &[])]);
    std::fs::remove_file(bench.dir.path().join("manifests/plain.yaml")).unwrap();
    let compiled = bench.good();
    let plan = compiled.plan();
    let plain = plan.services.iter().find(|s| s.name == "plain").unwrap();
    assert_eq!((plain.layer, plain.critical, plain.startup_page), (5, false, None));
    assert_eq!(plain.readiness, partenza_plan::Readiness::None);
    assert_eq!(plain.supervisor_channel, None);
}

#[test]
fn a_layer_is_needed_and_from_two_up() {
    let bench = bench(&[("a", 2, &[])]);
    bench.edit("manifests/a.yaml", "layer: 2\n", "");
    bench.error(Code::MissingField, "manifests/a.yaml:2:5", "no layer for `a`");
    bench.edit("manifests/a.yaml", "id: a\n", "id: a\nlayer: 1\n");
    bench.errors(&[Code::MissingField, Code::BadLayer]);
}

#[test]
fn the_entrypoint_and_the_program_image_must_be_one_file() {
    let bench = bench(&[("a", 2, &[])]);
    bench.edit("manifests/a.yaml", "layer", "entrypoint: b.elf\nlayer");
    bench.error(Code::EntrypointDiffers, "system.xml:2:", "its manifest says b.elf");
}

#[test]
fn what_follows_from_a_refused_piece_is_not_told() {
    let bench = Bench::pair();
    bench.edit("manifests/server.yaml", "version: \"1.2\"", "version: x.y");
    bench.error(Code::BadVersion, "manifests/server.yaml:8:", "`x.y` is not a version");
    let bench = Bench::pair();
    bench.edit("manifests/server.yaml", "provides:", "provids:");
    bench.error(Code::UnknownField, "manifests/server.yaml:6:", "`provids`");
    for file in ["partenza.yaml", "manifests/server.yaml"] {
        for text in ["", "# nothing yet\n\n"] {
            let bench = Bench::pair();
            bench.file(file, text);
            bench.error(Code::MissingField, &format!("{file}:1:1"), "is empty");
        }
    }
    let bench = Bench::pair();
    bench.file("system.xml", "");
    bench.errors(&[Code::XmlSyntax]);
}

#[test]
fn one_cause_is_told_once_with_everywhere_it_shows() {
    let bench = Bench::pair();
    let third = "<protection_domain name=\"third\" priority=\"100\"><program_image path=\"a.elf\"/></protection_domain>";
    bench.edit("system.xml", "  <channel>", &format!("  {third}\n  <channel>"));
    let requires = "requires: [{interface: storage/files, version: \">=1\"}]";
    let manifest = format!("partenza: \"1.0\"\nid: third\nversion: 1.0.0\nlayer: 7\n{requires}\n");
    bench.file("manifests/third.yaml", manifest);
    bench.edit("manifests/server.yaml", "version: \"1.2\"", "version: \"0.9\"");
    let (_, out, _) = bench.compile();
    let found: Vec<_> = out.iter().filter(|d| d.code == Code::WrongVersion).collect();
    assert_eq!((found.len(), found[0].labels.len()), (1, 3), "two that require it, and who provides it");
}
