"""What people type into the database, checked and in the form it is kept in."""

from __future__ import annotations

import re
import unicodedata

from casefleet_cli import clock
from casefleet_cli.errors import UsageError

ROLES = ("admin", "standard", "limited", "guest")
KINDS = ("person", "organisation")
_LONGEST_NAME = 200
_LONGEST_NOTE = 10_000
_LONGEST_ADDRESS = 254
"""Octets of an address (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOGIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@\\$-]{0,63}")
_PLAIN_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


class BadEntryError(UsageError):
    """Something typed that cannot be kept as it is."""


def name(text: str, what: str = "name") -> str:
    """A name or title on one line, its blanks single; raises BadEntryError when it is empty, too long or not text."""
    kept = unicodedata.normalize("NFC", " ".join(text.split()))
    if not kept:
        raise BadEntryError(f"The {what} is empty; write one.")
    if len(kept) > _LONGEST_NAME:
        raise BadEntryError(f"The {what} has {len(kept)} letters; {_LONGEST_NAME} are the most.")
    _plain(kept, what)
    return kept


def label(text: str, what: str) -> str:
    """A word that may be empty (a stage, a source, a role in a case); otherwise as `name`."""
    return name(text, what) if text.strip() else ""


def note(text: str) -> str:
    """A note of several lines; raises BadEntryError when it is too long or not text."""
    if len(text) > _LONGEST_NOTE:
        raise BadEntryError(f"The note has {len(text)} letters; {_LONGEST_NOTE} are the most.")
    lines = [line.rstrip() for line in text.splitlines()]
    for line in lines:
        _plain(line.replace("\t", " "), "note")
    return "\n".join(lines).strip("\n")


def address(text: str) -> str:
    """An e-mail address in normal form; raises BadEntryError when it is none."""
    from casefleet_cli.core.address import normal  # noqa: PLC0415

    typed = text.strip()
    kept = normal(typed) if _ADDRESS.fullmatch(typed) and typed.isprintable() else ""
    local, _, host = kept.rpartition("@")
    if not local or not host or ".." in host or host[0] in ".-" or len(kept.encode()) > _LONGEST_ADDRESS:
        raise BadEntryError(f"{text!r} is not an e-mail address; write it like ben@client.example.")
    return kept


def domain(text: str) -> str:
    """A domain name in normal form (ASCII, lower case); raises BadEntryError when mail cannot be sent to it."""
    kept = text.strip().rstrip(".").lower()
    if not kept.isascii():
        from casefleet_cli.core.address import ascii_domain_of  # noqa: PLC0415 - rare

        kept = ascii_domain_of(kept) or ""
    if len(kept) > 190 or not _DOMAIN.fullmatch(kept):
        raise BadEntryError(f"{text!r} is not a domain; write one that your mail server serves, like log.firm.example.")
    return kept


def case_number(text: str) -> str:
    """A case number as it is written, its blanks single; raises BadEntryError for what cannot be typed as one."""
    kept = " ".join(text.split())
    if not kept[:1].isalnum() or len(kept) > 60:
        raise BadEntryError(f"{text!r} cannot be a case number; begin with a letter or a digit, as in 2026-014.")
    _plain(kept, "case number")
    return kept


def one_of(text: str, choices: tuple[str, ...], what: str) -> str:
    """One of a closed set of words, however it is cased; raises BadEntryError with the choices."""
    kept = text.strip().lower()
    if kept not in choices:
        raise BadEntryError(f"{text!r} is no {what}; choose {', '.join(choices[:-1])} or {choices[-1]}.")
    return kept


def token(text: str) -> str:
    """A token for a BCC address that somebody chose; raises BadEntryError when it could be guessed or misread."""
    if not clock.TOKEN_LENGTH <= len(text) <= 40 or set(text) - set(clock.TOKEN_ALPHABET):
        raise BadEntryError(
            f"A token has {clock.TOKEN_LENGTH} to 40 letters, only these: {clock.TOKEN_ALPHABET}; or leave it out."
        )
    return text


def login(text: str) -> str:
    """The name of a unix user; raises BadEntryError for what none is called."""
    kept = text.strip()
    if not _LOGIN.fullmatch(kept):
        raise BadEntryError(f"{text!r} is no name of a unix user; give what `id -un` says for that user.")
    return kept


def slug(user_name: str) -> str:
    """The first name in plain letters, for the front of a BCC address; "log" when it has none."""
    words = [word for word in user_name.split() if not word.endswith(".")] or user_name.split()
    plain = unicodedata.normalize("NFKD", words[0].casefold().translate(_PLAIN_LETTERS)) if words else ""
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())[:20] or "log"


def _plain(text: str, what: str) -> None:
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise BadEntryError(f"The {what} {text!r} contains control characters; write it without.")
