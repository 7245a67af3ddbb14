// SPDX-License-Identifier: BSD-2-Clause
//! The modules of a crate, and where a path leads.
//!
//! Read from source text alone, so it works for every target and every feature. What the text does not tell is not known:
//! a name that a macro makes is taken to be defined in the module that the path names, and what `#[cfg(test)]` guards is
//! left out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, ItemMod, Meta, UseTree, Visibility};

/// Uses that lead to uses: more than this is a circle of its own, which rustc reports.
const DEPTH: usize = 24;

/// A place in [`Crate::modules`].
pub type Id = usize;

pub struct Module {
    pub file: PathBuf,
    parent: Option<Id>,
    names: HashMap<String, Vec<Name>>,
    /// `use PATH::*`.
    globs: Vec<Vec<String>>,
    pub items: Vec<Item>,
}

#[derive(Clone)]
enum Name {
    Item,
    Module(Id),
    Use(Vec<String>),
}

/// What a path names: a module as such, or an item of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    Module(Id),
    Item(Id, String),
}

enum Lookup {
    Found(Target),
    /// It comes from another crate.
    Foreign,
    Unknown,
}

/// A use of a name: the path, and whether others see it, which makes it a re-export.
pub struct Use {
    pub path: Vec<String>,
    pub name: Option<String>,
    pub line: usize,
}

pub struct Crate {
    pub modules: Vec<Module>,
    /// Macros, which are also found by textual order.
    macros: HashMap<String, Id>,
}

impl Crate {
    /// Reads the crate whose root is `root`, with `read` for its files.
    ///
    /// # Errors
    /// A file is missing or is no Rust.
    pub fn read(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Result<Self, String> {
        let mut found = Self { modules: Vec::new(), macros: HashMap::new() };
        found.file(root, None, read)?;
        Ok(found)
    }

    fn file(
        &mut self,
        file: &Path,
        parent: Option<Id>,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Id, String> {
        let text = read(file).ok_or_else(|| format!("{}: cannot be read", file.display()))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "main" | "mod") => file.with_file_name(""),
            _ if parent.is_none() => file.with_file_name(""),
            _ => file.with_extension(""),
        };
        self.module(file, &folder, parent, parsed.items, read)
    }

    fn module(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Option<Id>,
        items: Vec<Item>,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Id, String> {
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            names: HashMap::new(),
            globs: Vec::new(),
            items: Vec::new(),
        });
        let mut kept = Vec::new();
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    let child = self.child(file, folder, id, child, read)?;
                    self.name(id, name, Name::Module(child));
                }
                Item::Use(ref found) => {
                    let mut uses = Vec::new();
                    leaves(&found.tree, &mut Vec::new(), &mut uses);
                    self.import(id, uses);
                    kept.push(item);
                }
                Item::Macro(ref rules) => {
                    if let Some(name) = &rules.ident {
                        self.macros.insert(name.to_string(), id);
                        self.name(id, name.to_string(), Name::Item);
                    }
                    kept.push(item);
                }
                other => {
                    if let Some(name) = name_of(&other) {
                        self.name(id, name, Name::Item);
                    }
                    kept.push(other);
                }
            }
        }
        self.modules[id].items = kept;
        Ok(id)
    }

    fn child(
        &mut self,
        file: &Path,
        folder: &Path,
        parent: Id,
        child: ItemMod,
        read: &dyn Fn(&Path) -> Option<String>,
    ) -> Result<Id, String> {
        let name = child.ident.to_string();
        if let Some((_, items)) = child.content {
            return self.module(file, &folder.join(name), Some(parent), items, read);
        }
        if let Some(path) = path_attribute(&child.attrs) {
            return self.file(&file.with_file_name(path), Some(parent), read);
        }
        let plain = folder.join(format!("{name}.rs"));
        let nested = folder.join(&name).join("mod.rs");
        let file = if read(&plain).is_some() { plain } else { nested };
        self.file(&file, Some(parent), read)
    }

    fn name(&mut self, module: Id, name: String, what: Name) {
        self.modules[module].names.entry(name).or_default().push(what);
    }

    pub fn import(&mut self, module: Id, uses: Vec<Use>) {
        for Use { path, name, .. } in uses {
            match name {
                Some(name) => self.name(module, name, Name::Use(path)),
                None => self.modules[module].globs.push(path),
            }
        }
    }

    /// Where a path leads that stands in a module. Nothing for other crates, for what a function or a generic names.
    #[must_use]
    pub fn resolve(&self, module: Id, path: &[String]) -> Option<Target> {
        match self.walk(module, path, false, 0) {
            Lookup::Found(target) => Some(target),
            Lookup::Foreign | Lookup::Unknown => None,
        }
    }

    /// The same for the path of a `use`: a name that is a module's, too, is taken to mean that. Where it means the item,
    /// the path that uses it says so.
    #[must_use]
    pub fn resolve_import(&self, module: Id, path: &[String]) -> Option<Target> {
        if let Lookup::Found(target @ Target::Module(_)) = self.walk(module, path, true, 0) {
            return Some(target);
        }
        self.resolve(module, path)
    }

    /// The module whose file has the macro of this name, which no `use` need have brought here.
    #[must_use]
    pub fn rules(&self, name: &str) -> Option<Target> {
        self.macros.get(name).map(|module| Target::Item(*module, name.to_owned()))
    }

    /// `leads_on`: what the path names is to be a module, if there is one of that name.
    fn walk(&self, module: Id, path: &[String], leads_on: bool, depth: usize) -> Lookup {
        let Some((first, rest)) = path.split_first() else { return Lookup::Unknown };
        let begin = match first.as_str() {
            "crate" | "$crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => match self.modules[module].parent {
                Some(parent) => Target::Module(parent),
                None => return Lookup::Unknown,
            },
            name => match self.lookup(module, name, leads_on || !rest.is_empty(), depth) {
                Lookup::Found(target) => target,
                other => return other,
            },
        };
        let mut at = begin;
        for (index, segment) in rest.iter().enumerate() {
            let Target::Module(here) = at else { break };
            at = match segment.as_str() {
                "self" => Target::Module(here),
                "super" => Target::Module(self.modules[here].parent.unwrap_or(0)),
                name => match self.lookup(here, name, leads_on || index + 1 < rest.len(), depth) {
                    Lookup::Found(target) => target,
                    Lookup::Foreign => return Lookup::Foreign,
                    // A macro makes it.
                    Lookup::Unknown => Target::Item(here, name.to_owned()),
                },
            };
        }
        Lookup::Found(at)
    }

    fn lookup(&self, module: Id, name: &str, leads_on: bool, depth: usize) -> Lookup {
        if depth > DEPTH {
            return Lookup::Unknown;
        }
        let names = self.modules[module].names.get(name).map_or(&[][..], Vec::as_slice);
        let is_module = |name: &&Name| matches!(name, Name::Module(_));
        let best = names.iter().find(|name| is_module(name) == leads_on).or_else(|| names.first());
        match best {
            Some(Name::Item) => return Lookup::Found(Target::Item(module, name.to_owned())),
            Some(Name::Module(child)) => return Lookup::Found(Target::Module(*child)),
            Some(Name::Use(path)) => {
                return match self.walk(module, path, leads_on, depth + 1) {
                    Lookup::Found(target) => Lookup::Found(target),
                    Lookup::Foreign | Lookup::Unknown => Lookup::Foreign,
                };
            }
            None => {}
        }
        for glob in &self.modules[module].globs {
            let Lookup::Found(Target::Module(other)) = self.walk(module, glob, true, depth + 1) else {
                continue;
            };
            if let Lookup::Found(target) = self.lookup(other, name, leads_on, depth + 1) {
                return Lookup::Found(target);
            }
        }
        Lookup::Unknown
    }
}

/// The names that a `use` brings.
pub fn leaves(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<Use>) {
    let mut leaf = |path: Vec<String>, name: Option<String>, line| found.push(Use { path, name, line });
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before, found);
            before.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                leaves(tree, before, found);
            }
        }
        UseTree::Name(name) => {
            let line = name.ident.span().start().line;
            if name.ident == "self" {
                leaf(before.clone(), before.last().cloned(), line);
            } else {
                let path = before.iter().cloned().chain([name.ident.to_string()]).collect();
                leaf(path, Some(name.ident.to_string()), line);
            }
        }
        UseTree::Rename(rename) => {
            let mut path = before.clone();
            if rename.ident != "self" {
                path.push(rename.ident.to_string());
            }
            leaf(path, Some(rename.rename.to_string()), rename.ident.span().start().line);
        }
        UseTree::Glob(glob) => leaf(before.clone(), None, glob.star_token.spans[0].start().line),
    }
}

/// Others see what it names.
#[must_use]
pub fn is_shown(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

/// It is compiled into tests alone.
#[must_use]
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.parse_args::<Meta>().is_ok_and(|meta| needs_test(&meta))
        }
        _ => false,
    })
}

fn needs_test(meta: &Meta) -> bool {
    match meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") || list.path.is_ident("any") => {
            let parse = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            let Ok(parts) = list.parse_args_with(parse) else { return false };
            if list.path.is_ident("all") {
                parts.iter().any(needs_test)
            } else {
                !parts.is_empty() && parts.iter().all(needs_test)
            }
        }
        _ => false,
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
