"""The systemd unit for `casefleet lmtp` (systemd.service(5), systemd.exec(5))."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from casefleet_cli.errors import ConfigError

if TYPE_CHECKING:
    from casefleet_cli.install.mailserver import Installation

NAME = "casefleet-lmtp.service"
_RUN = "/run/casefleet/"
_HOMES = ("/home/", "/root/", "/run/user/")


def lmtp_unit(installation: Installation, group: str) -> str:
    """The unit: the owner of the database, in a sandbox that holds the database's folder and nothing else.

    `group` is that of the mail server, which alone may reach the socket. Raises ConfigError for a path that a unit
    cannot hold.
    """
    listen = installation.lmtp or ""
    program = " ".join(_word(word) for word in installation.program)
    folder = os.path.dirname(installation.database)  # noqa: PTH120
    local = listen.startswith("unix:")
    lines = [
        "[Unit]",
        "Description=casefleet: e-mail logging by LMTP",
        "Before=postfix.service",
        "",
        "[Service]",
        "Type=notify",
        f"User={installation.user}",
        f"Group={group}",
        f"ExecStart={program} --db {_word(installation.database)} lmtp --listen {_word(listen)}",
        "Restart=always",
        "RestartSec=1",
        "UMask=0077",
    ]
    if listen.startswith(f"unix:{_RUN}"):
        lines += ["RuntimeDirectory=casefleet", "RuntimeDirectoryMode=0750"]
    lines += [
        f"ReadWritePaths={_word(folder)}" + ("" if not local or _in_run(listen) else f" {_word(_folder_of(listen))}"),
        "ProtectSystem=strict",
        f"ProtectHome={'read-only' if _at_home(installation) else 'yes'}",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        f"PrivateNetwork={'yes' if local else 'no'}",
        f"RestrictAddressFamilies=AF_UNIX{'' if local else ' AF_INET AF_INET6'}",
        *([] if local else ["IPAddressDeny=any", "IPAddressAllow=localhost"]),
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "AmbientCapabilities=",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "SystemCallArchitectures=native",
        "MemoryDenyWriteExecute=yes",
        "ProtectKernelTunables=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelLogs=yes",
        "ProtectControlGroups=yes",
        "ProtectClock=yes",
        "ProtectHostname=yes",
        "ProtectProc=invisible",
        "ProcSubset=pid",
        "LockPersonality=yes",
        "RestrictNamespaces=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


def _in_run(listen: str) -> bool:
    return listen.startswith(f"unix:{_RUN}")


def _folder_of(listen: str) -> str:
    return os.path.dirname(listen.removeprefix("unix:"))  # noqa: PTH120


def _at_home(installation: Installation) -> bool:
    return any(path.startswith(_HOMES) for path in (*installation.program, installation.database))


def _word(word: str) -> str:
    """A word of a unit file, where % and $ begin something and blanks end a word."""
    if any(letter in '"\\\n' for letter in word):
        raise ConfigError(f"A unit cannot hold a path with quotes or backslashes: {word}; move it.")
    escaped = word.replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if any(letter.isspace() or letter in "';" for letter in word) else escaped
