// SPDX-License-Identifier: BSD-2-Clause
//! Where everything of the picture is.

use super::boxes::{Box, Row};
use crate::draw::layered::Layout;

/// Where everything is.
pub struct Scene {
    pub boxes: Vec<Box>,
    pub rows: Vec<Row>,
    /// Top and height of each row.
    pub places: Vec<(f64, f64)>,
    pub layout: Layout,
    /// What is added to each x of the layout.
    pub left: f64,
}

impl Scene {
    pub fn x(&self, item: usize) -> f64 {
        self.left + self.layout.x[item]
    }

    pub fn top(&self, item: usize) -> f64 {
        self.places[self.boxes[item].row].0
    }

    pub fn bottom(&self, item: usize) -> f64 {
        self.top(item) + self.boxes[item].height
    }
}
