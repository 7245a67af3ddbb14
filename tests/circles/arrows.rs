// SPDX-License-Identifier: BSD-2-Clause
//! Which file uses what another one defines.
//!
//! An arrow is an import that is no re-export, a path in code, a path in a macro's tokens, or a call of a method that an
//! `impl` block in another file defines. To name a module is none; to name what is in it is one to the file that defines
//! that, through any number of re-exports.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprMethodCall, FnArg, ImplItemFn, Item, ItemFn, ItemImpl, ItemMacro, ItemUse,
    Local, Macro, Member, Pat, PatIdent, Signature, TraitItemFn, Visibility,
};

use crate::source::{Crate, Id, Target, is_for_tests, is_shown, leaves};
use crate::types::{Known, Types, known, parameter};

/// Whether a call of a method counts, or paths alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    Count,
    Ignored,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    pub from: PathBuf,
    pub to: PathBuf,
    pub line: usize,
    /// As it stands there, or nearly so.
    pub what: String,
}

/// All arrows between two files of a crate.
#[must_use]
pub fn arrows(krate: &Crate, calls: Calls) -> Vec<Arrow> {
    let types = Types::of(krate);
    let mut found = Vec::new();
    for (module, part) in krate.modules.iter().enumerate() {
        let mut reader = Reader {
            krate,
            types: &types,
            calls,
            module,
            own: None,
            variables: HashMap::new(),
            bound: HashSet::new(),
            found: &mut found,
        };
        for item in &part.items {
            reader.visit_item(item);
        }
    }
    found.sort();
    found.dedup_by(|a, b| (&a.from, &a.to, &a.what) == (&b.from, &b.to, &b.what));
    found
}

struct Reader<'a> {
    krate: &'a Crate,
    types: &'a Types,
    calls: Calls,
    module: Id,
    /// What `Self` is.
    own: Option<Target>,
    /// Of the function that is read: those whose types are known, and the names of all.
    variables: HashMap<String, Known>,
    bound: HashSet<String>,
    found: &'a mut Vec<Arrow>,
}

impl Reader<'_> {
    fn file(&self) -> &Path {
        &self.krate.modules[self.module].file
    }

    fn arrow(&mut self, to: Id, line: usize, what: String) {
        let to = self.krate.modules[to].file.clone();
        if self.file() != to {
            self.found.push(Arrow { from: self.file().to_owned(), to, line, what });
        }
    }

    /// A path, in code or in a macro's tokens.
    fn path(&mut self, names: &[String], line: usize) {
        let own = (names.first().map(String::as_str) == Some("Self")).then(|| self.own.clone()).flatten();
        let target = own.clone().or_else(|| self.krate.resolve(self.module, names));
        let Some(target @ Target::Item(..)) = target else { return };
        if let Target::Item(module, _) = &target
            && own.is_none()
        {
            self.arrow(*module, line, names.join("::"));
        }
        if let Some(name) = names.last() {
            self.call(&Known::Own(target), name, line, &names.join("::"));
        }
    }

    fn call(&mut self, of: &Known, name: &str, line: usize, what: &str) {
        if self.calls == Calls::Count
            && let Some(method) = self.types.method(of, name)
        {
            self.arrow(method.module, line, format!("{what}()"));
        }
    }

    fn known(&self, expression: &Expr) -> Option<Known> {
        match expression {
            Expr::Path(path) => {
                let name = path.path.get_ident()?;
                self.variables.get(&name.to_string()).cloned()
            }
            Expr::Reference(reference) => self.known(&reference.expr),
            Expr::Paren(inner) => self.known(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => self.known(&unary.expr),
            Expr::Field(field) => {
                let name = match &field.member {
                    Member::Named(name) => name.to_string(),
                    Member::Unnamed(index) => index.index.to_string(),
                };
                self.types.field(&self.known(&field.base)?, &name)
            }
            Expr::Index(index) => match self.known(&index.expr)? {
                Known::Sequence(element) => Some(*element),
                Known::Own(_) => None,
            },
            Expr::MethodCall(call) => {
                let of = self.known(&call.receiver)?;
                self.types.method(&of, &call.method.to_string())?.result()
            }
            Expr::Struct(made) => {
                let names: Vec<String> = made.path.segments.iter().map(|s| s.ident.to_string()).collect();
                self.krate.resolve(self.module, &names).map(Known::Own)
            }
            _ => None,
        }
    }

    fn enter(&mut self, signature: &Signature, body: Option<&Block>) {
        self.variables.clear();
        self.bound.clear();
        let mut names = Names(&mut self.bound);
        names.visit_signature(signature);
        if let Some(body) = body {
            names.visit_block(body);
        }
        for argument in &signature.inputs {
            if let Some((name, known)) = parameter(self.krate, self.module, argument, self.own.as_ref()) {
                self.variables.insert(name, known);
            }
        }
    }

    /// A function: what its signature names, then its body. One inside another is read as if it stood alone.
    fn function(&mut self, signature: &Signature, body: Option<&Block>) {
        let (variables, bound) = (self.variables.clone(), self.bound.clone());
        self.enter(signature, body);
        self.visit_generics(&signature.generics);
        for argument in &signature.inputs {
            if let FnArg::Typed(typed) = argument {
                self.visit_type(&typed.ty);
            }
        }
        self.visit_return_type(&signature.output);
        if let Some(body) = body {
            self.visit_block(body);
        }
        (self.variables, self.bound) = (variables, bound);
    }

    fn is_variable(&self, names: &[String]) -> bool {
        matches!(names, [name] if self.bound.contains(name))
    }

    /// Paths and calls on `self` among the tokens of a macro, which may be anything.
    fn tokens(&mut self, tokens: &TokenStream) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.tokens(&group.stream());
                    at += 1;
                }
                TokenTree::Ident(_) => at = self.name(&tokens, at),
                _ => at += 1,
            }
        }
    }

    /// A path that begins at a token; where it ends.
    fn name(&mut self, tokens: &[TokenTree], begin: usize) -> usize {
        let is_punct =
            |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
        let ident = |at: usize| match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
            _ => None,
        };
        let line = tokens[begin].span().start().line;
        let mut names = vec![ident(begin).unwrap_or_default()];
        let mut at = begin + 1;
        while is_punct(at, ':') && is_punct(at + 1, ':') {
            let Some(next) = ident(at + 2) else { break };
            names.push(next);
            at += 3;
        }
        let is_member = begin > 0 && is_punct(begin - 1, '.') && !(begin > 1 && is_punct(begin - 2, '.'));
        let is_foreign = begin > 1 && is_punct(begin - 1, ':') && is_punct(begin - 2, ':');
        if is_member || is_foreign {
            return at;
        }
        // `self.a.b(`: fields, then a method.
        if names.len() == 1
            && is_punct(at, '.')
            && let Some(mut of) = self.variables.get(&names[0]).cloned()
        {
            while is_punct(at, '.') {
                let Some(member) = ident(at + 1) else { return at };
                let is_call = matches!(tokens.get(at + 2), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis);
                if is_call {
                    self.call(&of, &member, line, &format!("{}.{member}", names[0]));
                    return at + 2;
                }
                let Some(field) = self.types.field(&of, &member) else { return at + 2 };
                of = field;
                at += 2;
            }
            return at;
        }
        if !self.is_variable(&names) {
            self.path(&names, line);
        }
        at
    }
}

/// Names that a function binds, anywhere in it. What begins with a capital may be a constant in a pattern.
struct Names<'a>(&'a mut HashSet<String>);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.to_string();
        if !name.starts_with(char::is_uppercase) {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_item(&mut self, item: &'ast Item) {
        // Modules have readers of their own.
        if !matches!(item, Item::Mod(_)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        // What other crates expand is their use, not this file's.
        let is_exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
        if !is_exported {
            visit::visit_item_macro(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if is_shown(&item.vis) || is_for_tests(&item.attrs) {
            return;
        }
        let mut uses = Vec::new();
        leaves(&item.tree, &mut Vec::new(), &mut uses);
        for found in uses {
            if let Some(Target::Item(module, _)) = self.krate.resolve_import(self.module, &found.path) {
                self.arrow(module, found.line, format!("use {}", found.path.join("::")));
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            if !self.is_variable(&names) {
                self.path(&names, path.span().start().line);
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'ast Macro) {
        let names: Vec<String> =
            found.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = found.path.span().start().line;
        let textual = match names.as_slice() {
            [name] if self.krate.resolve(self.module, &names).is_none() => self.krate.rules(name),
            _ => None,
        };
        match textual {
            Some(Target::Item(module, name)) => self.arrow(module, line, format!("{name}!")),
            _ => self.path(&names, line),
        }
        self.tokens(&found.tokens);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if is_for_tests(&item.attrs) {
            return;
        }
        let own = match known(self.krate, self.module, &item.self_ty, None) {
            Some(Known::Own(own)) => Some(own),
            _ => None,
        };
        let before = std::mem::replace(&mut self.own, own);
        visit::visit_item_impl(self, item);
        self.own = before;
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if is_for_tests(&item.attrs) {
            return;
        }
        self.function(&item.sig, Some(&item.block));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if is_for_tests(&item.attrs) {
            return;
        }
        self.function(&item.sig, Some(&item.block));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.function(&item.sig, item.default.as_ref());
    }

    fn visit_local(&mut self, local: &'ast Local) {
        let value = local.init.as_ref().and_then(|init| self.known(&init.expr));
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, otherwise)) = &init.diverge {
                self.visit_expr(otherwise);
            }
        }
        self.visit_pat(&local.pat);
        let (name, value) = match &local.pat {
            Pat::Ident(name) => (name, value),
            Pat::Type(typed) => match typed.pat.as_ref() {
                Pat::Ident(name) => (name, known(self.krate, self.module, &typed.ty, self.own.as_ref())),
                _ => return,
            },
            _ => return,
        };
        if let Some(value) = value {
            self.variables.insert(name.ident.to_string(), value);
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        self.variables.remove(&pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if let Some(of) = self.known(&call.receiver) {
            let name = call.method.to_string();
            self.call(&of, &name, call.method.span().start().line, &format!(".{name}"));
        }
        visit::visit_expr_method_call(self, call);
    }
}
