// SPDX-License-Identifier: BSD-2-Clause
//! The rows of the README's table of costs, as they were measured: two digits of each number, so that they change when
//! the costs do, and not with every commit.

use super::Report;

/// `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// The number with its first two digits, rounded.
fn two_digits(number: u64) -> u64 {
    let unit = 10u64.pow(number.max(1).ilog10().saturating_sub(1));
    (number + unit / 2) / unit * unit
}

fn about(number: u64) -> String {
    grouped(two_digits(number))
}

/// The table's rows, in the README's order.
///
/// # Panics
/// A report without restarts or systems.
#[must_use]
pub fn rows(report: &Report) -> Vec<String> {
    let (services, many) = report.trivial.last().expect("a system was measured");
    let most = |of: fn(&super::Cost) -> u64| many.sorted(of).last().copied().unwrap_or(0);
    let (small, large) = report.restarts.first().zip(report.restarts.last()).expect("restarts were measured");
    let further = large.instructions.saturating_sub(small.instructions);
    // Hundredths of an instruction.
    let per_byte = further * 100 / (large.memory - small.memory).max(1);
    let tenths = (report.reference.instructions() + 50_000) / 100_000;
    let answer = |what: &str| {
        let answers = &report.supervisor.answers;
        answers.iter().find(|(request, _)| request.starts_with(what)).map_or(0, |(_, cost)| *cost)
    };
    vec![
        format!(
            "| from the kernel's drop to user mode to BootComplete, twelve services | {}.{} M instructions |",
            tenths / 10,
            tenths % 10
        ),
        format!(
            "| a trivial service, from create to ready, at most of {services} | {} instructions, {} system calls |",
            about(most(|cost| cost.instructions)),
            most(|cost| cost.calls)
        ),
        format!(
            "| a trivial service, from its fault to ready again, {} KiB of writable memory | {} instructions, {} system \
             calls; 0.{per_byte:02} more for each further byte |",
            small.memory / 1024,
            about(small.instructions),
            small.calls
        ),
        format!(
            "| a request to the Supervisor and its answer | {} (`uptime`) to {} (`status`) |",
            about(answer("uptime")),
            about(answer("status"))
        ),
        format!("| text and data of the root task | {} KiB |", report.root_task_bytes.div_ceil(1024)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_with_two_digits() {
        let shown = [7, 42, 999, 2_547, 39_139, 1_234_567].map(about);
        assert_eq!(shown, ["7", "42", "1,000", "2,500", "39,000", "1,200,000"]);
    }
}
