// SPDX-License-Identifier: BSD-2-Clause
//! Rules: what is demanded, by which item of the specification, and how to mend what does not hold.

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// It stays: reports and documents cite it.
    pub number: &'static str,
    pub name: &'static str,
    /// Items of the specification.
    pub spec: &'static str,
    /// What must hold.
    pub demands: &'static str,
    /// How to mend it.
    pub hint: &'static str,
}

/// An enum whose variants are the rows of a table, in its order.
pub trait Ruled: Copy + 'static {
    const TABLE: &'static [Rule];

    /// The row's place.
    fn place(self) -> usize;

    #[must_use]
    fn rule(self) -> &'static Rule {
        &Self::TABLE[self.place()]
    }
}

/// A table and its enum.
macro_rules! rules {
    ($(#[$doc:meta])* $ty:ident { $($variant:ident = $number:literal $name:literal, $spec:literal, $demands:literal, $hint:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $ty { $(#[doc = $demands] $variant,)* }

        impl $crate::rule::Ruled for $ty {
            const TABLE: &'static [$crate::rule::Rule] = &[
                $($crate::rule::Rule { number: $number, name: $name, spec: $spec, demands: $demands, hint: $hint },)*
            ];

            fn place(self) -> usize {
                self as usize
            }
        }
    };
}

pub(crate) use rules;
