// SPDX-License-Identifier: BSD-2-Clause
//! Names of services, for whoever completes a command line.

use super::connect::ConnectArgs;
use super::session::{Place, Session};

/// Services of the one system that runs here; none where that is not clear, or it does not answer.
pub fn names_of_running() -> Vec<String> {
    let mut session = match ConnectArgs::default().connect() {
        Ok(client) => Session::new(client, Place::Command),
        Err(_) => return Vec::new(),
    };
    let listed = session.client.list().unwrap_or_default();
    listed.into_iter().map(|service| service.name).collect()
}
