// SPDX-License-Identifier: BSD-2-Clause
//! Slots, errors, signals, and memory given back.

use sel4::init_thread::slot;
use sel4::{BADGE_BITS, CNodeCapData, CapRights, Error, ObjectBlueprint, cap, cap_type, last_failure};

use crate::{Kit, at, check};

/// Capabilities are copied, minted, moved and deleted; a CNode of our own is addressed.
pub fn slots(kit: &mut Kit) -> sel4::Result<()> {
    let endpoint: cap::Endpoint = kit.make(ObjectBlueprint::Endpoint)?;
    let (minted, moved) = (kit.slot(), kit.slot());
    let widest = (1 << BADGE_BITS) - 1;
    at(minted).mint(&at(endpoint.cptr()), CapRights::all(), widest)?;
    let wide = at(moved).mint(&at(endpoint.cptr()), CapRights::all(), widest + 1);
    check!(kit, "a badge too wide", wide == Err(Error::RangeError));
    at(moved).move_(&at(minted))?;
    check!(kit, "an empty slot", at(minted).delete() == Ok(()));
    let again = at(minted).mint(&at(moved), CapRights::all(), 1);
    check!(kit, "a badge on a badge", again == Err(Error::IllegalOperation));

    let cnode: cap::CNode = kit.make(ObjectBlueprint::CNode { size_bits: 4 })?;
    let inner = cnode.absolute_cptr_from_bits_with_depth(3, 4);
    inner.copy(&at(endpoint.cptr()), CapRights::write_only())?;
    let guarded = kit.slot();
    at(guarded).mint_cnode(&at(cnode.cptr()), CapRights::all(), CNodeCapData::skip_high_bits(4))?;
    let whole = guarded.cast::<cap_type::CNode>().absolute_cptr_from_bits_with_depth(3, 64);
    let occupied = whole.copy(&at(endpoint.cptr()), CapRights::all());
    check!(kit, "the same slot, with a guard", occupied == Err(Error::DeleteFirst));
    whole.delete()?;
    inner.copy(&at(endpoint.cptr()), CapRights::all())?;
    at(endpoint.cptr()).revoke()?;
    check!(kit, "revoked", inner.copy(&at(endpoint.cptr()), CapRights::all()) == Ok(()));
    Ok(())
}

/// What the kernel adds to an error is told.
pub fn errors(kit: &mut Kit) -> sel4::Result<()> {
    let untyped: cap::Untyped = kit.make(ObjectBlueprint::Untyped { size_bits: 12 })?;
    let to = kit.slot();
    let result = kit.make_at(untyped, ObjectBlueprint::Untyped { size_bits: 13 }, to);
    check!(kit, "not enough memory", result == Err(Error::NotEnoughMemory));
    let bytes = last_failure().and_then(|failure| failure.bytes_left());
    check!(kit, "bytes left", bytes == Some(4096));

    let empty = kit.slot();
    let result = at(to).copy(&at(empty), CapRights::all());
    check!(kit, "an empty source", result == Err(Error::FailedLookup));
    let lookup = last_failure().and_then(|failure| failure.lookup());
    check!(kit, "of the source", lookup.is_some_and(|lookup| lookup.source));

    let nobody: cap::Tcb = empty.cast();
    check!(kit, "no capability", nobody.tcb_suspend() == Err(Error::InvalidCapability));
    let name = last_failure().map(|failure| failure.invocation());
    check!(kit, "which invocation", name == Some("TCBSuspend"));
    Ok(())
}

/// Signals are counted as one until somebody looks, by their badges; a bound notification's are received with messages.
pub fn signals(kit: &mut Kit) -> sel4::Result<()> {
    let notification: cap::Notification = kit.make(ObjectBlueprint::Notification)?;
    let badged = kit.slot();
    at(badged).mint(&at(notification.cptr()), CapRights::all(), 0x100)?;
    notification.signal();
    check!(kit, "a signal", notification.poll().1 == 0 && notification.poll().1 == 0);
    badged.cast::<cap_type::Notification>().signal();
    check!(kit, "a badged signal", notification.poll().1 == 0x100);
    slot::TCB.cap().tcb_bind_notification(notification)?;
    let endpoint: cap::Endpoint = kit.make(ObjectBlueprint::Endpoint)?;
    badged.cast::<cap_type::Notification>().signal();
    check!(kit, "a bound signal", endpoint.recv(()).1 == 0x100);
    slot::TCB.cap().tcb_unbind_notification()
}

/// Revoking an untyped gives back every byte.
pub fn reuse(kit: &mut Kit) -> sel4::Result<()> {
    let untyped: cap::Untyped = kit.make(ObjectBlueprint::Untyped { size_bits: 16 })?;
    let slots: [sel4::CPtr; 3] = core::array::from_fn(|_| kit.slot());
    for round in 0..3 {
        kit.make_at(untyped, ObjectBlueprint::Tcb, slots[0])?;
        kit.make_at(untyped, ObjectBlueprint::Untyped { size_bits: 15 }, slots[1])?;
        let full = kit.make_at(untyped, ObjectBlueprint::Untyped { size_bits: 15 }, slots[2]);
        assert_eq!(full, Err(Error::NotEnoughMemory), "round {round}");
        at(untyped.cptr()).revoke()?;
    }
    kit.make_at(untyped, ObjectBlueprint::Untyped { size_bits: 16 }, slots[0])?;
    check!(kit, "memory used again, whole", last_failure().is_some());
    Ok(())
}
