// SPDX-License-Identifier: BSD-2-Clause
//! Recorded boots: what released what, what is on the critical chain, and records that are not whole.

mod support;

use partenza_analysis::boot::{
    self, Chain, Outcome, Release, Timeline, blame, blame_json, chain_json, chart, critical_chain,
};
use partenza_analysis::text::Paint;
use support::{golden, small};

const BOOT: &str = include_str!("golden/boot.jsonl");

fn read(lines: &str) -> Timeline {
    Timeline::read(lines.lines()).unwrap()
}

fn chain(timeline: &Timeline) -> Vec<&str> {
    Chain::of(timeline).links.iter().map(|link| timeline.services[link.service].name.as_str()).collect()
}

#[test]
fn a_recorded_boot_in_every_form() {
    let mut timeline = read(BOOT);
    golden("blame.txt", &blame(&timeline, Paint::Plain));
    golden("blame.json", &format!("{:#}\n", blame_json(&timeline)));
    golden("critical-chain.txt", &critical_chain(&timeline, Paint::Plain));
    golden("critical-chain.json", &format!("{:#}\n", chain_json(&timeline)));
    timeline.add_budgets(&small().plan());
    golden("bootchart.svg", &chart(&timeline));
}

#[test]
fn the_chain_goes_back_through_whatever_released_each_start() {
    let timeline = read(BOOT);
    assert_eq!(chain(&timeline), ["log", "keys", "disk", "clock", "files", "shell"]);
    let links = Chain::of(&timeline).links;
    let released: Vec<Release> = links.iter().map(|link| link.released).collect();
    use Release::{Built, Layer, Ready};
    assert_eq!(released, [Layer(2), Ready(0), Layer(3), Built(2), Ready(3), Layer(5)]);
    // disk itself was ready earlier than clock: it is on the chain for keeping Init busy.
    let built_only: Vec<bool> = links.iter().map(|link| link.built_only).collect();
    assert_eq!(built_only, [false, false, true, false, false, false]);
}

#[test]
fn links_follow_each_other_in_time() {
    let links = Chain::of(&read(BOOT)).links;
    assert!(links.windows(2).all(|pair| pair[0].until <= pair[1].starting));
}

#[test]
fn a_service_that_starts_after_the_boot_is_not_on_the_chain() {
    let timeline = read(BOOT);
    let late = timeline.services.iter().find(|track| track.name == "late").unwrap();
    assert_eq!(late.attempts[0].released, Release::Booted);
    assert!(!chain(&timeline).contains(&"late"));
}

#[test]
fn a_boot_that_failed_leads_to_its_culprit() {
    let until = BOOT.find("{\"sequence\":16,").unwrap();
    let mut lines = BOOT[..until].to_owned();
    lines.push_str(
        "{\"time_us\":40000,\"event\":\"Failed\",\"service\":\"keys\",\"code\":\"PZ-E0120\"}\n\
         {\"time_us\":40100,\"event\":\"BootFailed\",\"code\":\"PZ-E0120\",\"culprit\":\"keys\",\"text\":\"Boot failed\"}\n",
    );
    let timeline = read(&lines);
    assert_eq!(chain(&timeline), ["log", "keys"]);
    let failed = timeline.services[1].attempts[0].end.clone();
    assert_eq!(failed, Some((40_000, Outcome::Failed("PZ-E0120".to_owned()))));
    assert!(critical_chain(&timeline, Paint::Plain).starts_with("Boot failed @40.100 ms\n"));
    let picture = chart(&timeline);
    assert!(picture.contains("failed PZ-E0120") && picture.contains("did not begin"));
}

#[test]
fn a_restarted_service_has_several_attempts() {
    let mut lines = BOOT.to_owned();
    for (time, event) in [(90_000, "Crashed"), (95_000, "Starting"), (95_100, "Created"), (99_000, "Ready")] {
        lines.push_str(&format!("{{\"time_us\":{time},\"event\":\"{event}\",\"service\":\"files\"}}\n"));
    }
    let timeline = read(&lines);
    let files = &timeline.services[4];
    assert_eq!(files.attempts.len(), 2);
    assert_eq!(files.attempts[0].end, Some((90_000, Outcome::Crashed)));
    assert_eq!((files.attempts[1].released, files.attempts[1].ready), (Release::Again, Some(99_000)));
    assert_eq!(chain(&timeline), chain(&read(BOOT)));
}

#[test]
fn a_machine_that_reboots_begins_again() {
    let twice = [BOOT, BOOT].concat();
    assert_eq!(chain(&read(&twice)), chain(&read(BOOT)));
    assert_eq!(read(&twice).services.len(), 7);
}

#[test]
fn a_record_that_is_cut_anywhere_is_still_shown() {
    let lines: Vec<&str> = BOOT.lines().collect();
    for end in 0..lines.len() {
        let timeline = Timeline::read(lines[..end].iter().copied()).unwrap();
        for text in
            [chart(&timeline), blame(&timeline, Paint::Plain), critical_chain(&timeline, Paint::Plain)]
        {
            assert!(text.ends_with('\n'));
        }
    }
}

#[test]
fn times_from_beyond_the_end_are_drawn_all_the_same() {
    let lines = BOOT.replace("61000,", "18446744073709551615,").replace("31050,", "0,");
    let mut timeline = read(&lines);
    timeline.add_budgets(&small().plan());
    assert!(chart(&timeline).ends_with("</svg>\n"));
    assert!(critical_chain(&timeline, Paint::Plain).contains("Init"));
    assert!(blame(&timeline, Paint::Plain).contains("files"));
}

#[test]
fn lines_that_make_no_sense_are_named_by_number() {
    let bad = |text: &str| Timeline::read(text.lines()).unwrap_err();
    assert_eq!(bad("\n\nhello\n").line, 3);
    assert_eq!(bad("[]").why, "an event is a JSON object");
    assert_eq!(bad("{\"event\":\"Ready\",\"service\":\"x\"}").why, "`x` was not registered before");
    let unknown = "{\"event\":\"FromTheFuture\",\"service\":\"x\"}";
    assert!(Timeline::read([unknown]).unwrap().is_empty());
    assert!(boot::chart(&Timeline::default()).contains("</svg>"));
}
