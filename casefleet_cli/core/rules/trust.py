"""Whether the firm's own server vouches for the From of a mail (RFC 8601, Authentication-Results)."""

from __future__ import annotations

import re

from casefleet_cli.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RECEIVED, RESULTS = "received", "authentication-results"
"""The trace fields that are looked at."""
_QUOTED = r'"((?:[^"\\]|\\.)*)"?'
"""A quoted string; one that nobody closed takes the rest."""
_NOT_OF_A_NAME = r"[^\w.@-]"
_NAME = r"(?:^| )([^ =]+) ?= ?"
_COMMENT = r"\([^()]*\)"


def is_verified(trace: Sequence[tuple[str, str]], authserv_id: str, addresses: Iterable[str]) -> bool:
    """Whether the topmost Authentication-Results of our server speaks for every one of the addresses.

    `trace`: Received and Authentication-Results fields in order, names in lower case. It speaks for them when DKIM or
    SPF passed for a domain aligned with theirs, or when the client had signed in at our server. What stands below a
    Received field of a foreign server was there before our server took the mail: anybody may have written it.
    """
    domains = {address.rpartition("@")[2] for address in addresses}
    ours = authserv_id.lower()
    for name, value in trace:
        if name == RECEIVED:
            if not _is_of(value, ours):
                return False
        else:
            server, _, results = _bare(value).partition(";")
            if server.split()[:1] == [ours]:
                return bool(domains) and _speaks_for(results, domains)
    return False


def _bare(value: str) -> str:
    """A field in lower case without comments, which nobody nests here.

    A sender chooses what stands in quotes: no mark in them counts (`"a;auth=pass"@else.example` is an envelope sender).
    """
    unquoted = re.sub(_QUOTED, lambda quoted: re.sub(_NOT_OF_A_NAME, "?", quoted[1]), value.lower(), flags=re.S)
    return re.sub(_COMMENT, " ", unquoted)


def _is_of(received: str, ours: str) -> bool:
    """Whether a Received field was written by our server or another host of its domain."""
    words = _bare(received).replace(";", " ").split()
    host = words[words.index("by") + 1].rstrip(".") if "by" in words[:-1] else ""
    family = ours.partition(".")[2] if ours.count(".") > 1 else ours
    return "." not in host or host in (ours, family) or host.endswith("." + family)


def _speaks_for(results: str, domains: set[str]) -> bool:
    passed: set[str] = set()
    for result in results.split(";"):
        words = re.sub(_NAME, r" \1=", " ".join(result.split())).split()
        # What follows the first sign is the value: an envelope sender may be `firm.example=a@else.example`.
        said = {name: value for name, sign, value in (word.partition("=") for word in words) if sign}
        method = next(iter(said), "")
        if said.get(method) != "pass":
            continue
        method = method.partition("/")[0]
        if method == "auth":
            return True
        if method == "dkim":
            passed.add(said.get("header.d") or said.get("header.i", "").rpartition("@")[2])
        elif method == "spf":
            passed.add((said.get("smtp.mailfrom") or said.get("smtp.helo", "")).rpartition("@")[2])
    passed.discard("")
    return all(any(_is_aligned(one, domain) for one in passed) for domain in domains)


def _is_aligned(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 7489 section 3.1): the same domain, or one below the other."""
    one, other = one.rstrip("."), other.rstrip(".")
    if "." not in one or "." not in other:
        return one == other
    return one == other or one.endswith("." + other) or other.endswith("." + one)
