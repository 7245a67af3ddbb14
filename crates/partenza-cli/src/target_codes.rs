// SPDX-License-Identifier: BSD-2-Clause
//! Everything that is reported on the target: Init's and the Supervisor's errors, the services', and those of the loader that
//! starts an AArch64 machine.

use partenza_interfaces::error as services;
use partenza_loader::error::Error as Loader;
use partenza_protocol::error::{Code, Row, TABLE};

/// The loader's rows.
const LOADER: [Row; Loader::ALL.len()] = {
    let mut rows = [row(Loader::NotPacked); Loader::ALL.len()];
    let mut at = 1;
    while at < rows.len() {
        rows[at] = row(Loader::ALL[at]);
        at += 1;
    }
    rows
};

const fn row(error: Loader) -> Row {
    Row { code: Code(error.code()), name: error.name(), text: error.text(), hint: error.hint() }
}

/// All rows, those of one table together.
pub fn all() -> impl Iterator<Item = &'static Row> {
    TABLE.iter().chain(services::TABLE).chain(&LOADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_in_two_tables() {
        let mut codes: Vec<Code> = all().map(|row| row.code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
