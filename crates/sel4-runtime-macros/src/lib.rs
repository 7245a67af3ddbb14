// SPDX-License-Identifier: BSD-2-Clause
//! The attributes `#[root_task]` and `#[protection_domain]`: each leaves the function as it is and
//! puts the declaration macro of its crate before it, with the function's name and the
//! attribute's own arguments. Without a parser of Rust: the name is the identifier after `fn`.
#![forbid(unsafe_code)]

use proc_macro::{TokenStream, TokenTree};

/// See `sel4_root_task::root_task`.
#[proc_macro_attribute]
pub fn root_task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    declare("::sel4_root_task::declare_root_task!", "main", attribute, item)
}

/// See `sel4_microkit::protection_domain`.
#[proc_macro_attribute]
pub fn protection_domain(attribute: TokenStream, item: TokenStream) -> TokenStream {
    declare("::sel4_microkit::declare_protection_domain!", "init", attribute, item)
}

fn declare(declaration: &str, key: &str, attribute: TokenStream, item: TokenStream) -> TokenStream {
    let Some(name) = function_name(&item) else {
        return source("compile_error!(\"this attribute belongs on a function\");");
    };
    let mut output = source(&format!("{declaration} {{ {key} = {name}, {attribute} }}"));
    output.extend(item);
    output
}

fn function_name(item: &TokenStream) -> Option<String> {
    let mut tokens = item.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word.to_string() == "fn"))?;
    tokens.next().map(|name| name.to_string())
}

/// Source that this file itself made, and that therefore is Rust.
fn source(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}
