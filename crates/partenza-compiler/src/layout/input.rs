// SPDX-License-Identifier: BSD-2-Clause
//! What a plan is made of.

use typed_arena::Arena;

use crate::check::authority::Authority;
use crate::check::order::Order;
use crate::elf::Program;
use crate::kernel::Kernel;
use crate::resolve::Model;

/// What the parts of a plan borrow from.
#[derive(Default)]
pub struct Store {
    pub texts: Arena<String>,
    pub bytes: Arena<Vec<u8>>,
}

/// Everything that a plan is made of.
pub struct Input<'i> {
    pub model: &'i Model<'i>,
    pub order: &'i Order,
    /// In the model's order.
    pub authority: &'i [Authority],
    /// Distinct programs, and which of them each service of the model runs.
    pub programs: &'i [Program],
    pub image_of: &'i [usize],
    pub kernel: &'i Kernel,
    pub title: &'i str,
}
