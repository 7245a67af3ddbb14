// SPDX-License-Identifier: BSD-2-Clause
//! What a compiled plan means, and what a recorded boot did.
#![forbid(unsafe_code)]
