"""Addresses as they are compared, and domains as they are written in them."""

from __future__ import annotations

_LONGEST_DOMAIN = 253
"""RFC 1035 section 3.1; IDNA refuses longer ones, too, but not in linear time."""
_WRAPPINGS = ("smtp:", "mailto:")
"""What Exchange and links put before an address."""
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
)
"""Marks that nobody sees: soft hyphen, joiners, directions, byte order mark."""


def normal(address: str) -> str:
    """The form addresses are compared in: lower-case, unquoted, domain in IDNA A-labels (UTS #46).

    Invisible marks and "SMTP:" or "mailto:" before it don't count; there is no plus- or dot-folding. Quotes around a
    local part mean nothing (RFC 5321 section 4.1.2). A domain that IDNA refuses stays as it is, lower-cased.
    """
    address = address.strip().lower()
    if not address.isascii():
        address = address.translate(_INVISIBLE).strip()
    for wrapping in _WRAPPINGS:
        address = address.removeprefix(wrapping)
    local, at, domain = address.rpartition("@")
    if local[:1] == '"' == local[-1:] and len(local) > 2:
        local = _unquoted(local)
    domain = domain.rstrip(".")
    if at and not domain.isascii() and len(domain) <= _LONGEST_DOMAIN:
        domain = (ascii_domain_of(domain) or domain).rstrip(".")
    return f"{local}{at}{domain}"


def untagged(address: str) -> tuple[str, str]:
    """An address (normal form) without the plus and what follows it in its local part, and what follows (RFC 5233)."""
    local, at, domain = address.rpartition("@")
    user, _, detail = local.partition("+")
    return f"{user}{at}{domain}", detail


def _unquoted(local: str) -> str:
    """A quoted string without its quotes and the backslashes of its pairs (RFC 5322 section 3.2.4)."""
    letters: list[str] = []
    is_pair = False
    for letter in local[1:-1]:
        if letter == "\\" and not is_pair:
            is_pair = True
            continue
        letters.append(letter)
        is_pair = False
    return "".join(letters)


def ascii_domain_of(domain: str) -> str | None:
    """A domain in IDNA A-labels (UTS #46, non-transitional); None when IDNA refuses it."""
    import idna  # noqa: PLC0415 - its tables are large and few domains need them

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, ValueError, IndexError):
        return None
