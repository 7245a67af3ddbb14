// SPDX-License-Identifier: BSD-2-Clause
//! `plan`: times, memory, and what is printed and drawn of a small plan.

mod support;

use partenza_analysis::plan::{Overlay, Report, dot, json, show, svg};
use partenza_analysis::text::Paint;
use partenza_plan::Start;
use support::{System, golden, module, small};

#[test]
fn the_plans_of_these_tests_are_ones_that_the_target_accepts() {
    assert_eq!(small().plan().check(0x10_0000, 0), Ok(()));
}

#[test]
fn a_small_plan_in_every_form() {
    let plan = small().plan();
    let report = Report::new(&plan);
    golden("plan.txt", &show(&report, Paint::Plain));
    golden("plan.json", &format!("{:#}\n", json(&report)));
    golden("plan.dot", &dot(&report, Overlay::None));
    golden("plan-authority.dot", &dot(&report, Overlay::Authority));
    golden("plan.svg", &svg(&report, Overlay::None));
    golden("plan-authority.svg", &svg(&report, Overlay::Authority));
}

#[test]
fn pictures_are_well_formed_whatever_names_a_plan_holds() {
    let plan = System::new([module("<&\"'\u{1}>", 2), module("]]>", 3).uses("<&\"'\u{1}>")]).plan();
    let report = Report::new(&plan);
    for overlay in [Overlay::None, Overlay::Authority] {
        let picture = svg(&report, overlay);
        assert!(!picture.contains("<&") && !picture.contains('\u{1}'));
        assert_eq!(picture.matches("<g>").count(), picture.matches("</g>").count());
    }
}

fn worst(system: &System) -> Vec<Option<(u64, u64)>> {
    let plan = system.plan();
    let report = Report::new(&plan);
    report.timing.services.iter().map(|w| w.map(|w| (w.start / 1000, w.ready / 1000))).collect()
}

#[test]
fn services_side_by_side_take_as_long_as_the_longest() {
    let mut system = System::new([
        module("a", 2).timeout(100),
        module("b", 2).timeout(300),
        module("c", 3).timeout(50),
        module("d", 3).uses("c").timeout(50),
    ]);
    assert_eq!(worst(&system), [Some((0, 100)), Some((0, 300)), Some((300, 350)), Some((350, 400))]);
    system.parallel = false;
    assert_eq!(worst(&system), [Some((0, 100)), Some((100, 400)), Some((400, 450)), Some((450, 500))]);
}

#[test]
fn optional_requirements_of_the_same_layer_are_waited_for() {
    let mut late = module("b", 2);
    late.requires.push(("a", false));
    assert_eq!(worst(&System::new([module("a", 2), late])), [Some((0, 100)), Some((100, 200))]);
}

#[test]
fn the_boot_waits_for_nobody_who_starts_later() {
    let mut lazy = module("lazy", 2).timeout(9000);
    lazy.start = Start::OnDemand;
    assert_eq!(worst(&System::new([lazy, module("a", 2)])), [None, Some((0, 100))]);
}

#[test]
fn the_longest_chain_is_the_one_that_ends_last() {
    let system = System::new([
        module("a", 2).timeout(300),
        module("b", 2).timeout(100),
        module("c", 2).uses("b").timeout(150),
        module("d", 2).uses("b").timeout(250),
    ]);
    let plan = system.plan();
    let report = Report::new(&plan);
    let layer = &report.timing.layers[0];
    let names: Vec<&str> = layer.chain.iter().map(|id| report.names.service(*id)).collect();
    assert_eq!((names, layer.worst), (vec!["b", "d"], 350_000));
    assert!(!layer.over_budget());
}

#[test]
fn memory_in_all_is_the_sum_of_its_parts() {
    let plan = small().plan();
    let report = Report::new(&plan);
    let reserved: u64 = report.memory.iter().map(|memory| memory.reserved).sum();
    assert_eq!(report.totals.services, reserved);
    // The screen is device memory, and takes none.
    assert_eq!(report.totals.regions, 16 * 4096);
    assert_eq!(report.totals.memory, reserved + 16 * 4096 + report.totals.objects);
    for memory in &report.memory {
        assert!(memory.reserved >= memory.objects + memory.incarnation);
    }
}

#[test]
fn five_hundred_services_are_drawn() {
    let mut modules = Vec::new();
    for at in 0..500 {
        let name: &'static str = format!("service_{at:03}").leak();
        let mut this = module(name, 2 + (at / 125) as u8);
        for step in [1, 7, 40] {
            if at >= step {
                let on: &'static str = format!("service_{:03}", at - step).leak();
                if step != 1 || at % 5 != 0 {
                    this = this.uses(on);
                }
            }
        }
        modules.push(this);
    }
    let plan = System::new(modules).plan();
    let picture = svg(&Report::new(&plan), Overlay::Authority);
    assert_eq!(picture.matches("<g>").count(), 500);
}
