// SPDX-License-Identifier: BSD-2-Clause
//! What protection domains and virtual machines both say of their scheduling.

use roxmltree::Node;

use super::attributes::Form;
use super::parser::Parser;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Spanned;

/// Microseconds of a thread that says nothing.
const DEFAULT_BUDGET: u64 = 1000;

impl Parser<'_> {
    /// `budget` and `period`, which is the budget where it is not written.
    pub fn budget(&mut self, node: Node<'_, '_>) -> (Option<Spanned<u64>>, Option<Spanned<u64>>) {
        let budget = self.optional_number(node, "budget", 0, u64::MAX);
        let period = self.optional_number(node, "period", 0, u64::MAX);
        let given = budget.as_ref().map_or(DEFAULT_BUDGET, |b| b.value);
        let bad_budget = budget.is_none() && self.has(node, "budget");
        if let Some(period) = period.as_ref().filter(|period| period.value < given && !bad_budget) {
            let message = format!("the period, {} us, is shorter than the budget, {given} us", period.value);
            let mut found = Diagnostic::error(Code::BadAttribute, message).at(period.span, "");
            if budget.is_none() {
                found = found.note(format!("a budget that is not written is {DEFAULT_BUDGET} us"));
            }
            self.out.push(found);
        }
        (budget, period)
    }

    /// `cpu`, a processor that the board has.
    pub fn core(&mut self, node: Node<'_, '_>) -> Option<Spanned<u64>> {
        let value = self.optional(node, "cpu")?;
        let number = self.number("cpu", &value, Form::Any, 0, u64::MAX)?;
        if number.value < u64::from(self.board.cores) {
            return Some(number);
        }
        let cores = match self.board.cores {
            1 => "one processor, 0".to_owned(),
            cores => format!("processors 0 to {}", cores - 1),
        };
        let (board, config) = (self.board.name, self.board.config);
        let message = format!("cpu=\"{}\": the configuration `{config}` of {board} has {cores}", value.value);
        let found = Diagnostic::error(Code::BadAttribute, message).at(value.span, format!("it has {cores}"));
        self.out.push(found.help(match self.board.more_cores() {
            Some((how, more)) if number.value < u64::from(more) => {
                format!("judge for the configuration with {more} processors, {how}, or write cpu=\"0\"")
            }
            _ => "write a processor that there is, or leave the attribute out".to_owned(),
        }));
        None
    }
}
