// SPDX-License-Identifier: BSD-2-Clause
//! Today's costs beside another revision's, for `make bench AGAINST=REV`.
//!
//! Each revision is measured by its own bench: events and plans have other forms in each, so none can read another's. Both
//! tell the same things in the same JSON, and each row is read from both by the same rule. A row that a revision does not
//! tell is empty, never estimated. A restart is compared with one of the same size of memory alone.

use std::fmt;

use serde_json::{Map, Value, json};

/// Where a row's number is in a report's JSON.
type Read = fn(&Value) -> Option<u64>;

/// What is compared.
const ROWS: &[(&str, Read)] = &[
    ("trivial service, create to ready, at most, of 200", |report| most(report, 200)),
    ("trivial service, create to ready, at most, of 12", |report| most(report, 12)),
    ("fault to ready again, 16 KiB of writable memory", |report| restart(report, 16 << 10)),
    ("fault to ready again, 1 MiB of writable memory", |report| restart(report, (1 << 20) + (8 << 10))),
    ("handoff of 200 trivial services", |report| handoff(trivial(report, 200)?)),
    ("handoff of 12 trivial services", |report| handoff(trivial(report, 12)?)),
    ("handoff of the reference system", |report| handoff(report.get("reference")?)),
    ("handoff and boot of 12 trivial services", |report| trivial(report, 12)?.get("instructions")?.as_u64()),
    ("handoff and boot of the reference system", |report| {
        report.get("reference")?.get("instructions")?.as_u64()
    }),
    ("root task, text and data, in bytes", |report| report.get("root_task_bytes")?.as_u64()),
];

fn trivial(report: &Value, services: u64) -> Option<&Value> {
    let of_size = |system: &&Value| system.get("services").and_then(Value::as_u64) == Some(services);
    report.get("trivial")?.as_array()?.iter().find(of_size)?.get("boot")
}

fn most(report: &Value, services: u64) -> Option<u64> {
    let costs = trivial(report, services)?.get("services")?.as_array()?;
    costs.iter().map(|cost| cost.get("instructions").and_then(Value::as_u64)).max()?
}

fn handoff(boot: &Value) -> Option<u64> {
    let phases = boot.get("phases")?.as_array()?;
    let is_handoff = |phase: &&Value| phase.get("name").and_then(Value::as_str) == Some("handoff");
    phases.iter().find(is_handoff)?.get("instructions")?.as_u64()
}

fn restart(report: &Value, memory: u64) -> Option<u64> {
    let of_size = |restart: &&Value| restart.get("memory").and_then(Value::as_u64) == Some(memory);
    report.get("restarts")?.as_array()?.iter().find(of_size)?.get("instructions")?.as_u64()
}

/// One thing, as it was and as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub what: &'static str,
    pub then: Option<u64>,
    pub now: Option<u64>,
}

impl Row {
    /// What is left of it: 0.5 is half the cost. `None` where one of them is not told, or was nothing.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let (then, now) = (self.then?, self.now?);
        (then > 0).then(|| now as f64 / then as f64)
    }
}

/// A revision's costs beside today's.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// As the user named it.
    pub revision: String,
    pub rows: Vec<Row>,
}

impl Comparison {
    /// Compares two reports, each in the form of [`super::Report::json`].
    ///
    /// # Errors
    /// What the revision printed is no report, or none of the rows is in it.
    pub fn of(revision: &str, then: &str, now: &Value) -> Result<Self, String> {
        // What its make said before comes first.
        let begin = then.lines().position(|line| line.trim_end() == "{");
        let text: String = then.lines().skip(begin.unwrap_or(0)).flat_map(|line| [line, "\n"]).collect();
        let then: Value = serde_json::from_str(&text)
            .map_err(|error| format!("what the bench of {revision} printed is not JSON: {error}"))?;
        let row = |(what, read): &(&'static str, Read)| Row { what, then: read(&then), now: read(now) };
        let rows: Vec<Row> = ROWS.iter().map(row).collect();
        if rows.iter().all(|row| row.then.is_none()) {
            return Err(format!("the bench of {revision} tells none of what is compared"));
        }
        Ok(Self { revision: revision.to_owned(), rows })
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let row =
            |row: &Row| json!({"what": row.what, "then": row.then, "now": row.now, "ratio": row.ratio()});
        let mut object = Map::new();
        object.insert("revision".to_owned(), self.revision.as_str().into());
        object.insert("rows".to_owned(), self.rows.iter().map(row).collect());
        Value::Object(object)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |n| n.to_string());
        writeln!(f, "{:<52} {:>12} {:>12} {:>6}", "Instructions", self.revision, "now", "ratio")?;
        for row in &self.rows {
            let ratio = row.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
            writeln!(f, "  {:<50} {:>12} {:>12} {ratio:>6}", row.what, number(row.then), number(row.now))?;
        }
        if self.rows.iter().any(|row| row.then.is_none() || row.now.is_none()) {
            writeln!(f, "- : the bench of that revision does not measure it")?;
        }
        writeln!(f, "Each column was measured by the bench of its own revision.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(handoff: u64, memory: u64) -> Value {
        let boot = |services: u64| {
            let services: Vec<Value> = (0..services).map(|n| json!({"instructions": 40_000 + n})).collect();
            let phases =
                json!([{"name": "handoff", "instructions": handoff}, {"name": "boot", "instructions": 5}]);
            json!({"instructions": handoff + 5, "phases": phases, "services": services})
        };
        let trivial: Vec<Value> =
            [12, 200].map(|size| json!({"services": size, "boot": boot(size)})).to_vec();
        json!({
            "reference": boot(12),
            "trivial": trivial,
            "restarts": [{"memory": memory, "instructions": 44_000}],
            "root_task_bytes": 200_000,
        })
    }

    fn row<'a>(comparison: &'a Comparison, what: &str) -> &'a Row {
        comparison.rows.iter().find(|row| row.what.starts_with(what)).expect("there is such a row")
    }

    #[test]
    fn rows_are_read_from_both_reports_by_the_same_rule() {
        let then = format!("Building\n{:#}\n", report(100, 16 << 10));
        let found = Comparison::of("v1", &then, &report(25, 16 << 10)).unwrap();
        let handoff = row(&found, "handoff of 200");
        assert_eq!((handoff.then, handoff.now, handoff.ratio()), (Some(100), Some(25), Some(0.25)));
        assert_eq!(row(&found, "trivial service, create to ready, at most, of 200").now, Some(40_199));
        assert_eq!(row(&found, "handoff and boot of 12").now, Some(30));
        assert_eq!(row(&found, "fault to ready again, 16").ratio(), Some(1.0));
        assert_eq!(found.json()["rows"][4]["ratio"], 0.25);
    }

    #[test]
    fn what_a_revision_does_not_tell_is_empty_and_said() {
        let mut then = report(100, 20 << 10);
        then["reference"] = Value::Null;
        let found = Comparison::of("v1", &then.to_string(), &report(25, 16 << 10)).unwrap();
        let restart = row(&found, "fault to ready again, 16");
        assert_eq!((restart.then, restart.now, restart.ratio()), (None, Some(44_000), None));
        assert_eq!(row(&found, "handoff of the reference").then, None);
        assert!(found.to_string().contains("does not measure it"), "{found}");
        assert!(found.json()["rows"][2]["then"].is_null());
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        let now = report(25, 16 << 10);
        assert!(Comparison::of("v1", "make: *** no rule", &now).unwrap_err().contains("not JSON"));
        assert!(Comparison::of("v1", "{}", &now).unwrap_err().contains("none of what is compared"));
    }
}
