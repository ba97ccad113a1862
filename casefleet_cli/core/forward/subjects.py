"""What a subject says about its mail: is it forwarded, is it an answer."""

from __future__ import annotations

import re

from casefleet_cli.core.forward import words
from casefleet_cli.core.forward.labels import fold
from casefleet_cli.light import NamedTuple

_TAG = re.compile(
    r"\s*(?:\[[^\]\n]{0,80}\]|\((?:ext|external|extern|externe|spam)\)|\{[^}\n]{0,40}\}|\*{2,}[^*\n]{1,40}\*{2,})[\s:,-]*",
    re.I,
)
_PREFIX = re.compile(
    r"\s*([^\s:：\[\](){}][^:：\[\](){}]{0,24}?)\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s{0,9}[:：]\s*"
)
_BRACKETED = re.compile(r"\s*\[\s*(?:fwd?|fw|wg|tr|rv|vs|vb|i|enc|pd)\s*[:：]([^\n]*)$", re.I)
_SUFFIX = re.compile(r"\((?:fwd?|fw)\)$", re.I)

FORWARD, REPLY, PLAIN, UNKNOWN = "forward", "reply", "plain", "unknown"
_AMBIGUOUS = frozenset(("vs",))
"""Forwarded in Danish and Norwegian, an answer in Finnish and Estonian."""


class Told(NamedTuple):
    """What a subject tells."""

    kind: str
    """"forward", "reply", "plain" (no prefix), "unknown" (no subject at all)."""
    rest: str | None
    """The subject without the prefix that says so."""
    is_ambiguous: bool = False
    """The prefix means a forward in one language and an answer in another."""


_known: dict[str, frozenset[str]] = {}


def _prefixes(kind: str) -> frozenset[str]:
    """The words that say so, folded."""
    if not _known:
        _known[FORWARD] = frozenset(fold(words.FORWARD_PREFIXES).split("|"))
        _known[REPLY] = frozenset(fold(words.REPLY_PREFIXES).split("|"))
    return _known[kind]


def read(subject: str | None) -> Told:
    """Tell forwarded mail from answers by the first prefix; tags such as "[EXTERNAL]" before it don't count."""
    if subject is None or not subject.strip():
        return Told(UNKNOWN, None)
    text = subject[:2000].strip()
    bracketed = _BRACKETED.match(text)
    if bracketed:
        return Told(FORWARD, bracketed[1].strip().removesuffix("]").strip())
    position = 0
    while True:
        tag = _TAG.match(text, position)
        if tag is None or tag.end() == position:
            break
        position = tag.end()
    prefix = _PREFIX.match(text, position)
    if prefix:
        word = fold(" ".join(prefix[1].split())).rstrip(".")
        if word in _prefixes(FORWARD):
            return Told(FORWARD, text[prefix.end() :].strip(), word in _AMBIGUOUS)
        if word in _prefixes(REPLY):
            return Told(REPLY, text[prefix.end() :].strip())
    suffix = _SUFFIX.search(text[-20:])
    if suffix:
        return Told(FORWARD, text[: len(text) - len(suffix[0])].strip())
    return Told(PLAIN, text)
