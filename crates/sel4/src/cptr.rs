// SPDX-License-Identifier: BSD-2-Clause
//! Capability pointers, typed capabilities, and slots of a CSpace.

use core::fmt;
use core::marker::PhantomData;

use crate::{InvocationContext, IpcBuffer, NoExplicitInvocationContext, WORD_SIZE, Word};

/// The word of a CPtr.
pub type CPtrBits = Word;

/// A capability pointer, resolved with the depth of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct CPtr {
    bits: CPtrBits,
}

impl CPtr {
    /// The word.
    pub const fn bits(self) -> CPtrBits {
        self.bits
    }

    /// The CPtr with this word.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self { bits }
    }

    /// A capability of type `T` at this CPtr.
    pub const fn cast<T: CapType>(self) -> Cap<T> {
        Cap::from_cptr(self)
    }
}

/// A capability pointer with its own depth, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CPtrWithDepth {
    bits: CPtrBits,
    depth: usize,
}

impl CPtrWithDepth {
    /// A CPtr and its depth.
    pub const fn from_bits_with_depth(bits: CPtrBits, depth: usize) -> Self {
        Self { bits, depth }
    }

    /// The word.
    pub const fn bits(&self) -> CPtrBits {
        self.bits
    }

    /// The depth, in bits.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Depth 0: a CNode itself, where a retype puts objects.
    pub const fn empty() -> Self {
        Self::from_bits_with_depth(0, 0)
    }
}

impl From<CPtr> for CPtrWithDepth {
    fn from(cptr: CPtr) -> Self {
        Self::from_bits_with_depth(cptr.bits(), WORD_SIZE)
    }
}

/// Something that a CPtr with a depth can be told from.
pub trait HasCPtrWithDepth {
    /// The CPtr and its depth.
    fn cptr_with_depth(self) -> CPtrWithDepth;
}

impl HasCPtrWithDepth for CPtr {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.into()
    }
}

impl HasCPtrWithDepth for CPtrWithDepth {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self
    }
}

impl<T: CapType, C> HasCPtrWithDepth for Cap<T, C> {
    fn cptr_with_depth(self) -> CPtrWithDepth {
        self.cptr().into()
    }
}

/// A capability of type `T`, in invocation context `C`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cap<T: CapType, C = NoExplicitInvocationContext> {
    cptr: CPtr,
    invocation_context: C,
    _phantom: PhantomData<T>,
}

impl<T: CapType, C> Cap<T, C> {
    /// The CPtr.
    pub const fn cptr(&self) -> CPtr {
        self.cptr
    }

    /// The CPtr's word.
    pub const fn bits(&self) -> CPtrBits {
        self.cptr.bits()
    }

    /// The same capability, taken for another type.
    pub fn cast<T1: CapType>(self) -> Cap<T1, C> {
        Cap { cptr: self.cptr, invocation_context: self.invocation_context, _phantom: PhantomData }
    }

    /// The same capability in another context, such as `&mut IpcBuffer`.
    pub fn with<C1>(self, context: C1) -> Cap<T, C1> {
        Cap { cptr: self.cptr, invocation_context: context, _phantom: PhantomData }
    }

    /// The same capability in the implicit context.
    pub fn without_context(self) -> Cap<T> {
        self.with(NoExplicitInvocationContext::default())
    }

    /// The context.
    pub fn into_invocation_context(self) -> C {
        self.invocation_context
    }

    /// The same capability, of no particular type.
    pub fn upcast(self) -> Cap<cap_type::Unspecified, C> {
        self.cast()
    }
}

impl<T: CapType> Cap<T> {
    /// The capability at a CPtr.
    pub const fn from_cptr(cptr: CPtr) -> Self {
        Self { cptr, invocation_context: crate::ImplicitInvocationContext, _phantom: PhantomData }
    }

    /// The capability at a CPtr, by its word.
    pub const fn from_bits(bits: CPtrBits) -> Self {
        Self::from_cptr(CPtr::from_bits(bits))
    }
}

impl<C> Cap<cap_type::Unspecified, C> {
    /// The same capability, taken for type `T`.
    pub fn downcast<T: CapType>(self) -> Cap<T, C> {
        self.cast()
    }
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Runs `f` with the CPtr and the IPC buffer.
    #[inline(always)]
    pub(crate) fn invoke<R>(mut self, f: impl FnOnce(CPtrBits, &mut IpcBuffer) -> R) -> R {
        let bits = self.bits();
        self.invocation_context.with_context(|buffer| f(bits, buffer))
    }
}

impl<T: CapType, C> fmt::Debug for Cap<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple(T::NAME).field(&self.bits()).finish()
    }
}

/// A type of capability.
pub trait CapType: Copy + Clone + Eq + PartialEq + Ord + PartialOrd + core::hash::Hash {
    /// The type's name.
    const NAME: &'static str;
}

/// Declares capability types: markers in a module `cap_type`, and [`Cap`] of each in a module `cap`. After `---` other names
/// of some of them.
macro_rules! declare_cap_types {
    (
        $($(#[$doc:meta])* $name:ident,)*
        $(--- $($(#[$alias_doc:meta])* $alias:ident = $of:ident,)*)?
    ) => {
        /// Markers of capability types.
        pub mod cap_type {
            $(
                $(#[$doc])*
                #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
                pub struct $name;

                impl $crate::CapType for $name {
                    const NAME: &'static str = stringify!($name);
                }
            )*
            $($($(#[$alias_doc])* pub type $alias = $of;)*)?
        }

        /// Capabilities by type: each is [`Cap`](crate::Cap) of the type of the same name.
        pub mod cap {
            $(
                $(#[$doc])*
                pub type $name<C = $crate::NoExplicitInvocationContext> =
                    $crate::Cap<super::cap_type::$name, C>;
            )*
            $($(
                $(#[$alias_doc])*
                pub type $alias<C = $crate::NoExplicitInvocationContext> = $of<C>;
            )*)?
        }
    };
}
pub(crate) use declare_cap_types;

/// What every architecture has.
mod common {
    super::declare_cap_types! {
        /// Memory of which objects are made.
        Untyped,
        /// An endpoint.
        Endpoint,
        /// A notification.
        Notification,
        /// A thread.
        Tcb,
        /// A CNode.
        CNode,
        /// Authority to make interrupt handlers.
        IrqControl,
        /// An interrupt handler.
        IrqHandler,
        /// Authority to make ASID pools.
        AsidControl,
        /// An ASID pool.
        AsidPool,
        /// Authority to move threads between domains.
        DomainSet,
        /// No capability.
        Null,
        /// A capability of a type that is not said.
        Unspecified,
        /// A page of a size that is not said.
        UnspecifiedPage,
        /// A translation table of a level that is not said.
        UnspecifiedIntermediateTranslationTable,
    }
}

/// Markers of capability types.
pub mod cap_type {
    pub use super::common::cap_type::*;
    pub use crate::arch::cap_type::*;
}

/// Capabilities by type: each is [`Cap`] of the type of the same name.
pub mod cap {
    pub use super::common::cap::*;
    pub use crate::arch::cap::*;
}

/// A slot: a path in the CSpace under a CNode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsoluteCPtr<C = NoExplicitInvocationContext> {
    root: cap::CNode<C>,
    path: CPtrWithDepth,
}

impl<C> AbsoluteCPtr<C> {
    /// The slot at `path` under `root`.
    pub const fn new(root: cap::CNode<C>, path: CPtrWithDepth) -> Self {
        Self { root, path }
    }

    /// The CNode.
    pub const fn root(&self) -> &cap::CNode<C> {
        &self.root
    }

    /// The CNode.
    pub fn into_root(self) -> cap::CNode<C> {
        self.root
    }

    /// The path.
    pub const fn path(&self) -> &CPtrWithDepth {
        &self.path
    }

    /// The same slot in another context.
    pub fn with<C1>(self, context: C1) -> AbsoluteCPtr<C1> {
        AbsoluteCPtr { root: self.root.with(context), path: self.path }
    }

    /// The same slot in the implicit context.
    pub fn without_context(self) -> AbsoluteCPtr {
        self.with(NoExplicitInvocationContext::default())
    }
}

impl<C: InvocationContext> AbsoluteCPtr<C> {
    /// Runs `f` with the CNode, the path and the IPC buffer.
    #[inline(always)]
    pub(crate) fn invoke<R>(self, f: impl FnOnce(CPtrBits, CPtrWithDepth, &mut IpcBuffer) -> R) -> R {
        let path = self.path;
        self.root.invoke(|bits, buffer| f(bits, path, buffer))
    }
}

impl<C> cap::CNode<C> {
    /// The slot at `path` under this CNode.
    pub fn absolute_cptr<T: HasCPtrWithDepth>(self, path: T) -> AbsoluteCPtr<C> {
        AbsoluteCPtr::new(self, path.cptr_with_depth())
    }

    /// The slot at a CPtr and depth under this CNode.
    pub const fn absolute_cptr_from_bits_with_depth(self, bits: CPtrBits, depth: usize) -> AbsoluteCPtr<C> {
        AbsoluteCPtr::new(self, CPtrWithDepth::from_bits_with_depth(bits, depth))
    }

    /// This CNode itself, as the place where a retype puts objects.
    pub const fn absolute_cptr_for_self(self) -> AbsoluteCPtr<C> {
        AbsoluteCPtr::new(self, CPtrWithDepth::empty())
    }
}
