// SPDX-License-Identifier: BSD-2-Clause
//! As much of types as it takes to see whose method a call means: of `self`, parameters, `let`s and fields whose types are
//! written out. What takes inference stays unknown, and is no arrow.

use std::collections::HashMap;

use syn::{FnArg, GenericArgument, ImplItem, Item, Pat, PathArguments, ReturnType, Type};

use crate::source::{Crate, Id, Target, is_for_tests};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// A type of this crate.
    Own(Target),
    /// Something that is indexed, and what it holds.
    Sequence(Box<Known>),
}

pub struct Method {
    pub module: Id,
    result: Option<Known>,
}

/// Fields and methods of the crate's own types.
#[derive(Default)]
pub struct Types {
    fields: HashMap<(Target, String), Known>,
    methods: HashMap<(Target, String), Method>,
}

impl Types {
    #[must_use]
    pub fn of(krate: &Crate) -> Self {
        let mut types = Self::default();
        for (module, item) in krate
            .modules
            .iter()
            .enumerate()
            .flat_map(|(id, module)| module.items.iter().map(move |i| (id, i)))
        {
            match item {
                Item::Struct(item) => {
                    let own = Target::Item(module, item.ident.to_string());
                    for (index, field) in item.fields.iter().enumerate() {
                        let name = field.ident.as_ref().map_or(index.to_string(), ToString::to_string);
                        if let Some(known) = known(krate, module, &field.ty, None) {
                            types.fields.insert((own.clone(), name), known);
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let Some(Known::Own(own)) = known(krate, module, &item.self_ty, None) else { continue };
                    for part in &item.items {
                        let ImplItem::Fn(method) = part else { continue };
                        if is_for_tests(&method.attrs) {
                            continue;
                        }
                        let result = match &method.sig.output {
                            ReturnType::Type(_, result) => known(krate, module, result, Some(&own)),
                            ReturnType::Default => None,
                        };
                        let name = method.sig.ident.to_string();
                        types.methods.insert((own.clone(), name), Method { module, result });
                    }
                }
                _ => {}
            }
        }
        types
    }

    #[must_use]
    pub fn field(&self, of: &Known, name: &str) -> Option<Known> {
        let Known::Own(of) = of else { return None };
        self.fields.get(&(of.clone(), name.to_owned())).cloned()
    }

    #[must_use]
    pub fn method(&self, of: &Known, name: &str) -> Option<&Method> {
        let Known::Own(of) = of else { return None };
        self.methods.get(&(of.clone(), name.to_owned()))
    }
}

impl Method {
    #[must_use]
    pub fn result(&self) -> Option<Known> {
        self.result.clone()
    }
}

/// The type that is written there, if it is the crate's own; `own` is what `Self` means.
#[must_use]
pub fn known(krate: &Crate, module: Id, written: &Type, own: Option<&Target>) -> Option<Known> {
    match written {
        Type::Reference(reference) => known(krate, module, &reference.elem, own),
        Type::Paren(inner) => known(krate, module, &inner.elem, own),
        Type::Slice(slice) => Some(Known::Sequence(Box::new(known(krate, module, &slice.elem, own)?))),
        Type::Array(array) => Some(Known::Sequence(Box::new(known(krate, module, &array.elem, own)?))),
        Type::Path(path) if path.qself.is_none() => {
            if path.path.is_ident("Self") {
                return own.cloned().map(Known::Own);
            }
            let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
            let last = path.path.segments.last()?;
            match krate.resolve(module, &names) {
                Some(target @ Target::Item(..)) => Some(Known::Own(target)),
                Some(Target::Module(_)) => None,
                None if last.ident == "Vec" => match &last.arguments {
                    PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
                        GenericArgument::Type(element) => {
                            Some(Known::Sequence(Box::new(known(krate, module, element, own)?)))
                        }
                        _ => None,
                    },
                    _ => None,
                },
                None => None,
            }
        }
        _ => None,
    }
}

/// A parameter's name and type, where that is the crate's own.
#[must_use]
pub fn parameter(
    krate: &Crate,
    module: Id,
    argument: &FnArg,
    own: Option<&Target>,
) -> Option<(String, Known)> {
    match argument {
        FnArg::Receiver(_) => Some(("self".to_owned(), Known::Own(own?.clone()))),
        FnArg::Typed(typed) => {
            let Pat::Ident(name) = typed.pat.as_ref() else { return None };
            Some((name.ident.to_string(), known(krate, module, &typed.ty, own)?))
        }
    }
}
