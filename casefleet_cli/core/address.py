"""Addresses as they are compared, and domains as they are written in them."""

from __future__ import annotations

_LONGEST_DOMAIN = 253
"""RFC 1035 section 3.1; IDNA refuses longer ones, too, but not in linear time."""


def normal(address: str) -> str:
    """The form addresses are compared in: lower-case, domain in IDNA A-labels (UTS #46); no plus- or dot-folding.

    A domain that IDNA refuses stays as it is, lower-cased.
    """
    address = address.strip().lower()
    if address.isascii():
        return address.rstrip(".") if address.endswith(".") else address
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii() or len(domain) > _LONGEST_DOMAIN:
        return address
    ascii_domain = ascii_domain_of(domain)
    return address if ascii_domain is None else f"{local}@{ascii_domain.rstrip('.')}"


def ascii_domain_of(domain: str) -> str | None:
    """A domain in IDNA A-labels (UTS #46, non-transitional); None when IDNA refuses it."""
    import idna  # noqa: PLC0415 - its tables are large and few domains need them

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, ValueError, IndexError):
        return None
