"""Whether an entry of an address book is a contact that is there already: told by its addresses, never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.core.names import are_same

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet


class Holder(NamedTuple):
    """A contact that holds some of the addresses of an entry."""

    id: int
    name: str
    addresses: frozenset[str]
    """Those of the entry that it holds."""


class Joined(NamedTuple):
    """What becomes of an entry."""

    outcome: str
    """"added", "completed" (by `addresses`), "known" or "refused"."""
    contact: Holder | None = None
    """The contact that it is; None for a new one, and for none."""
    addresses: tuple[str, ...] = ()
    """What that contact has not yet, in the order of the entry."""
    is_other_name: bool = False
    """Whether the contact that it is taken for has another name."""


def joined(
    name: str, addresses: Sequence[str], holders: Sequence[Holder], *, is_nameless: bool, may_share: bool
) -> Joined:
    """What becomes of an entry with addresses (normal form), by who holds them.

    A contact of its name that holds one of them is the same, and gets the others. One of another name that holds all of
    them is taken for it and nothing is changed; holding some of them tells nothing, and the entry is refused, unless
    `may_share`: then who has another name is somebody else, who may hold the same address.
    """
    wanted = frozenset(addresses)
    same = [holder for holder in holders if is_nameless or are_same(holder.name, name)]
    whole = next((holder for holder in same if holder.addresses >= wanted), None)
    if whole is not None:
        return Joined("known", whole)
    if len(same) > 1 or (is_nameless and same):
        return Joined("refused")
    if same:
        return Joined("completed", same[0], _missing(addresses, same[0].addresses))
    if not holders or may_share:
        return Joined("added")
    whole = next((holder for holder in holders if holder.addresses >= wanted), None)
    return Joined("refused") if whole is None else Joined("known", whole, is_other_name=True)


def _missing(addresses: Sequence[str], held: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(address for address in dict.fromkeys(addresses) if address not in held)
