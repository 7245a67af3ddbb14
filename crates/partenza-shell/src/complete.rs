// SPDX-License-Identifier: BSD-2-Clause
//! Tab: what the word before the cursor can become.

use core::fmt;

use heapless::String;
use partenza_interfaces::Message;

use crate::command::{Argument, BELOW, LIVE, SPECS, Spec, spec};
use crate::line::MAX;
use crate::system::{System, Trouble, for_each_service};

/// What Tab finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Completion {
    Nothing,
    /// To be put in at the cursor.
    Insert(String<MAX>),
    /// Several words are possible and none can be told apart further: they are to be shown.
    Ambiguous,
}

/// Collects what the candidates have in common.
#[derive(Default)]
struct Common {
    word: String<MAX>,
    found: usize,
}

impl Common {
    fn add(&mut self, candidate: &str) {
        self.found += 1;
        if self.found == 1 {
            self.word = String::try_from(candidate).unwrap_or_default();
        } else {
            let shared = self.word.bytes().zip(candidate.bytes()).take_while(|(a, b)| a == b).count();
            self.word.truncate(shared);
        }
    }
}

/// Shows to `each` every word that the last one of `head` can become.
pub fn candidates(
    head: &str,
    system: &mut dyn System,
    message: &mut Message,
    each: &mut dyn FnMut(&str) -> fmt::Result,
) -> Result<(), Trouble> {
    let (before, word) = split(head);
    let mut words = before.split_ascii_whitespace();
    let Some(name) = words.next() else {
        for spec in SPECS.iter().filter(|spec| spec.name.starts_with(word)) {
            each(spec.name)?;
        }
        return Ok(());
    };
    if name == "lookup" {
        return if word.starts_with('-') && BELOW.starts_with(word) { Ok(each(BELOW)?) } else { Ok(()) };
    }
    let option = name == "grants" && before.split_ascii_whitespace().nth(1) != Some(LIVE);
    if option && word.starts_with('-') && LIVE.starts_with(word) {
        return Ok(each(LIVE)?);
    }
    let before = words.filter(|word| *word != LIVE).count();
    let names_one = |spec: &Spec| match spec.argument {
        Argument::Service | Argument::AnyService => before == 0,
        Argument::Provider => before == 1,
        Argument::None | Argument::Count | Argument::Interface => false,
    };
    if !spec(name).is_some_and(names_one) {
        return Ok(());
    }
    for_each_service(system, message, &mut |row| {
        if row.name.starts_with(word) { each(row.name) } else { Ok(()) }
    })
}

/// Completes the last word of `head`, which is what stands before the cursor.
pub fn complete(head: &str, system: &mut dyn System, message: &mut Message) -> Result<Completion, Trouble> {
    let mut common = Common::default();
    candidates(head, system, message, &mut |candidate| {
        common.add(candidate);
        Ok(())
    })?;
    let mut rest = String::<MAX>::new();
    let (_, word) = split(head);
    // What is found begins with the word, so the rest is never longer than it.
    let _ = rest.push_str(common.word.get(word.len()..).unwrap_or(""));
    Ok(match common.found {
        0 => Completion::Nothing,
        1 => {
            let _ = rest.push(' ');
            Completion::Insert(rest)
        }
        _ if rest.is_empty() => Completion::Ambiguous,
        _ => Completion::Insert(rest),
    })
}

/// The words before the last one, and the last one, which may be empty.
fn split(head: &str) -> (&str, &str) {
    head.rsplit_once(' ').unwrap_or(("", head))
}
