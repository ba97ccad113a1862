"""Time and chance: the only place that asks the machine for either."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta, tzinfo

TOKEN_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105 - the letters, not a secret
"""Lower-case letters and digits without look-alikes (no 0, 1, i, l, o): 31 letters, 4.95 bits each."""
TOKEN_LENGTH = 17
"""17 letters of 31 are 84 bits."""


def now() -> datetime:
    """The present moment, aware, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime | None = None) -> str:
    """The moment (default: now) as the database writes it: `YYYY-MM-DDTHH:MM:SSZ`, always UTC, always sortable."""
    at = (moment or now()).astimezone(UTC)
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}Z"


def parsed(text: str) -> datetime:
    """The moment of a stamp; raises ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


class _MachineZone(tzinfo):
    """The time zone of this machine, as its C library knows it: $TZ, else /etc/localtime."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, dt: datetime | None) -> timedelta | None:  # noqa: ARG002 - the library does not say
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime) -> datetime:
        there = dt.replace(tzinfo=UTC).astimezone()
        local = there.replace(tzinfo=self, fold=0)
        return local if local.utcoffset() == there.utcoffset() else local.replace(fold=1)


_ZONE = _MachineZone()


def zone() -> tzinfo:
    """The time zone of this machine."""
    return _ZONE


def zone_name() -> str:
    """What this machine calls its time zone: a name of the IANA database where that can be told."""
    named = os.environ.get("TZ", "").lstrip(":") or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    return named or time.tzname[0]


def token(length: int = TOKEN_LENGTH) -> str:
    """A secret of `length` letters from the operating system's random source, every letter equally likely."""
    letters: list[str] = []
    limit = 256 - 256 % len(TOKEN_ALPHABET)
    while len(letters) < length:
        letters += [TOKEN_ALPHABET[byte % len(TOKEN_ALPHABET)] for byte in os.urandom(2 * length) if byte < limit]
    return "".join(letters[:length])


def ticks() -> float:
    """Seconds on a clock that only goes forward, for measuring how long something took."""
    return time.monotonic()


def salt() -> bytes:
    """16 octets (128 bits) from the operating system's random source, so that nobody can guess what a digest is of."""
    return os.urandom(16)


def pause(seconds: float) -> None:
    """Do nothing for a while, so that others come to their turn."""
    time.sleep(seconds)
