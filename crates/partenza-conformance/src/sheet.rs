// SPDX-License-Identifier: BSD-2-Clause
//! The sheet that a run fills: a verdict for each rule, given once. The first word counts, but a failure outweighs a pass.

use std::marker::PhantomData;

use crate::report::{Row, Verdict};
use crate::rule::Ruled;

/// Verdicts so far.
pub struct Sheet<R> {
    rows: Vec<Option<(Verdict, String)>>,
    table: PhantomData<R>,
}

impl<R: Ruled> Default for Sheet<R> {
    fn default() -> Self {
        Self { rows: vec![None; R::TABLE.len()], table: PhantomData }
    }
}

impl<R: Ruled> Sheet<R> {
    pub fn pass(&mut self, rule: R, seen: impl Into<String>) {
        self.rows[rule.place()].get_or_insert_with(|| (Verdict::Passed, seen.into()));
    }

    pub fn fail(&mut self, rule: R, seen: impl Into<String>) {
        let row = &mut self.rows[rule.place()];
        match row {
            Some((Verdict::Failed, said)) => {
                said.push('\n');
                said.push_str(&seen.into());
            }
            _ => *row = Some((Verdict::Failed, seen.into())),
        }
    }

    /// There is nothing of the kind in the subject, or nobody outside can see it.
    pub fn does_not_apply(&mut self, rule: R, why: impl Into<String>) {
        self.rows[rule.place()].get_or_insert_with(|| (Verdict::NotApplicable, why.into()));
    }

    /// Passes, or fails with what was seen instead.
    pub fn judge(&mut self, rule: R, outcome: Result<String, String>) {
        match outcome {
            Ok(seen) => self.pass(rule, seen),
            Err(seen) => self.fail(rule, seen),
        }
    }

    /// Judges one aspect of a rule that has several: what was seen of each is told, and all must hold.
    pub fn aspect(&mut self, rule: R, holds: bool, seen: impl Into<String>) {
        let seen = seen.into();
        match (&mut self.rows[rule.place()], holds) {
            (Some((Verdict::Passed, said)), true) => {
                // The same of several machines is said once.
                if !said.split("; ").any(|known| known == seen) {
                    said.push_str("; ");
                    said.push_str(&seen);
                }
            }
            (_, true) => self.pass(rule, seen),
            (_, false) => self.fail(rule, seen),
        }
    }

    /// Whether it has a verdict.
    #[must_use]
    pub fn is_judged(&self, rule: R) -> bool {
        self.rows[rule.place()].is_some()
    }

    /// Passes each of these that has no verdict yet.
    pub fn pass_rest(&mut self, rules: &[R], seen: &str) {
        for rule in rules {
            self.pass(*rule, seen);
        }
    }

    #[must_use]
    pub fn has_failed(&self, rule: R) -> bool {
        matches!(self.rows[rule.place()], Some((Verdict::Failed, _)))
    }

    /// The first rule that failed.
    #[must_use]
    pub fn first_failure(&self) -> Option<&'static str> {
        let failed = |row: &Option<(Verdict, String)>| matches!(row, Some((Verdict::Failed, _)));
        self.rows.iter().position(failed).map(|at| R::TABLE[at].number)
    }

    /// Every rule with its verdict; what has none was not judged, because of the first failure.
    #[must_use]
    pub fn finish(self) -> Vec<Row> {
        let because = self.first_failure().map(|number| format!("{number} failed"));
        let because = because.unwrap_or_else(|| "the run ended before it".to_owned());
        let rows = self.rows.into_iter().zip(R::TABLE);
        rows.map(|(row, rule)| {
            let (verdict, seen) = row.unwrap_or_else(|| (Verdict::NotJudged, because.clone()));
            Row { rule, verdict, seen }
        })
        .collect()
    }
}
