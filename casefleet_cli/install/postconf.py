"""What the Postfix of this machine is configured to do, asked of its own programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import NamedTuple

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Service(NamedTuple):
    """A line of master.cf."""

    program: str
    """The Postfix program: "pipe", "lmtp", …"""
    words: str
    """What follows it."""

    @property
    def user(self) -> str | None:
        """The unix user that a pipe runs as."""
        match = re.search(r"(?:^|\s)user=([^\s:]+)", self.words)
        return match[1] if match else None


class Queued(NamedTuple):
    """What `postqueue -j` says."""

    lines: list[str]
    """A mail each, in JSON."""
    is_down: bool
    """Whether Postfix is not running."""


class Postconf:
    """Reads one configuration; everything is empty where there is no Postfix."""

    def __init__(self, folder: str | None = None) -> None:
        # Postfix lives where the PATH of an unprivileged user does not lead.
        self._path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
        self._where = ["-c", folder] if folder else []

    def here(self) -> bool:
        """Whether there is a Postfix to ask."""
        return shutil.which("postconf", path=self._path) is not None

    def value(self, name: str) -> str:
        """A setting of main.cf with its references resolved; "" when it is not set."""
        return self._asked("postconf", "-x", "-h", name)

    def items(self, name: str) -> list[str]:
        """A setting that is a list, item by item; braces hold an item with blanks together."""
        found, depth = [""], 0
        for letter in self.value(name):
            depth += (letter == "{") - (letter == "}")
            if depth == 0 and (letter.isspace() or letter == ","):
                found.append("")
            else:
                found[-1] += letter
        return [item for item in found if item]

    def seconds(self, name: str) -> float | None:
        """A setting that is a time; None when it can't be read."""
        match = re.fullmatch(r"(\d+)\s*([smhdw]?)", self.value(name))
        return int(match[1]) * _SECONDS[match[2]] if match else None

    def looked_up(self, tables: list[str], key: str) -> str | None:
        """What the first table that knows the key says."""
        for table in tables:
            if ":" in table and (found := self._asked("postmap", "-q", key, table)):
                return found
        return None

    def listed(self, name: str, domain: str) -> bool:
        """Whether a domain is in a setting that is a list of domains and tables."""
        items = self.items(name)
        return domain in (item.lower() for item in items) or self.looked_up(items, domain) is not None

    def services(self, name: str) -> list[Service]:
        """The transports of master.cf that have this name; Postfix uses the last."""
        lines = (line.split(None, 8) for line in self._asked("postconf", "-M", f"{name}/unix").splitlines())
        return [Service(words[7], words[8] if len(words) > 8 else "") for words in lines if len(words) > 7]

    def transport(self, domain: str) -> tuple[str, str]:
        """The name of the transport that mail for a domain takes, and its next hop ("" where it needs none)."""
        chosen = self.looked_up(self.items("transport_maps"), domain)
        if not chosen:
            relayed = self.listed("relay_domains", domain)
            chosen = self.value("relay_transport" if relayed else "virtual_transport")
        name, _, next_hop = chosen.partition(":")
        return name, next_hop

    def queue(self) -> Queued | None:
        """What is in the queue; None where this user cannot ask. Where Postfix never ran, nothing is."""
        if not os.path.isdir(os.path.join(self.value("queue_directory"), "deferred")):  # noqa: PTH112, PTH118
            return Queued([], is_down=True)
        done = self._run("postqueue", "-j")
        if done is None or done.returncode:
            return None
        return Queued(done.stdout.splitlines(), "Mail system is down" in done.stderr)

    def knows(self, kind: str) -> bool:
        """Whether it can read tables of a kind, as "sqlite"."""
        return kind in self._asked("postconf", "-m").split()

    def _asked(self, program: str, *words: str) -> str:
        done = self._run(program, *words)
        return "" if done is None else done.stdout.strip()

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str] | None:
        found = shutil.which(program, path=self._path)
        if found is None:
            return None
        try:
            return subprocess.run(
                [found, *self._where, *words],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=60,
            )
        except (subprocess.TimeoutExpired, OSError):
            return None
