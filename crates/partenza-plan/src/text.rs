// SPDX-License-Identifier: BSD-2-Clause
//! Text in a plan: in the archive an offset to bytes behind the record, on the host a slice of the archive's bytes.

use rkyv::boxed::{ArchivedBox, BoxResolver};
use rkyv::rancor::{Failure, Fallible};
use rkyv::with::{ArchiveWith, DeserializeWith, InlineAsBox, SerializeWith};
use rkyv::{ArchiveUnsized, Place, SerializeUnsized};

/// A text, or bytes, that the plan's own bytes hold: borrowed on the host, by offset in the archive.
pub struct InPlace;

/// What texts are borrowed from when a plan is decoded.
pub(crate) struct Texts<'a> {
    pub(crate) bytes: &'a [u8],
    /// Where the aligned copy begins that is decoded from.
    pub(crate) copy: usize,
}

impl Fallible for Texts<'_> {
    type Error = Failure;
}

/// Gives back what lies at the place of a slice of the copy.
trait Borrow<'a>: Fallible {
    fn borrow(&self, slice: &[u8]) -> Result<&'a [u8], Failure>;
}

impl<'a> Borrow<'a> for Texts<'a> {
    fn borrow(&self, slice: &[u8]) -> Result<&'a [u8], Failure> {
        let at = slice.as_ptr().addr().wrapping_sub(self.copy);
        self.bytes.get(at..).and_then(|bytes| bytes.get(..slice.len())).ok_or(Failure)
    }
}

impl<T: ArchiveUnsized + ?Sized> ArchiveWith<&T> for InPlace {
    type Archived = ArchivedBox<T::Archived>;
    type Resolver = BoxResolver;

    fn resolve_with(field: &&T, resolver: Self::Resolver, out: Place<Self::Archived>) {
        InlineAsBox::resolve_with(field, resolver, out);
    }
}

impl<T: SerializeUnsized<S> + ?Sized, S: Fallible + ?Sized> SerializeWith<&T, S> for InPlace {
    fn serialize_with(field: &&T, serializer: &mut S) -> Result<Self::Resolver, S::Error> {
        InlineAsBox::serialize_with(field, serializer)
    }
}

impl<'a, D: Borrow<'a> + Fallible<Error = Failure>> DeserializeWith<ArchivedBox<str>, &'a str, D>
    for InPlace
{
    fn deserialize_with(field: &ArchivedBox<str>, texts: &mut D) -> Result<&'a str, Failure> {
        core::str::from_utf8(texts.borrow(field.as_bytes())?).map_err(|_| Failure)
    }
}

impl<'a, D: Borrow<'a> + Fallible<Error = Failure>> DeserializeWith<ArchivedBox<[u8]>, &'a [u8], D>
    for InPlace
{
    fn deserialize_with(field: &ArchivedBox<[u8]>, texts: &mut D) -> Result<&'a [u8], Failure> {
        texts.borrow(field)
    }
}
