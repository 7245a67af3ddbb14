// SPDX-License-Identifier: BSD-2-Clause
//! Pictures: SVG text that reads in light and dark, and the layered layout of a graph.

pub mod layered;
pub mod svg;
