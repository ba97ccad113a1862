"""A `casefleet lmtp` of the installed program, as the unprivileged user, on a socket that Postfix reaches."""

from __future__ import annotations

import grp
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.conftest import Office


class Lmtp:
    """The server; `where` is what --listen and --lmtp take."""

    def __init__(self, office: Office, folder: Path) -> None:
        self._office = office
        self._group = grp.getgrnam("postfix").gr_gid
        folder.mkdir(mode=0o750)
        subprocess.run(["chown", f"{office.unix.pw_uid}:{self._group}", folder], check=True)
        self.where = f"unix:{folder}/lmtp"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *wrapper: str, **environment: str) -> Lmtp:
        """Start, and return when it listens; `wrapper` are words before the command, for which it is root."""
        office = self._office
        user = {} if wrapper else {"user": office.unix.pw_uid, "group": self._group, "extra_groups": []}
        self.process = subprocess.Popen(
            [*wrapper, office.program, "--db", office.path, "lmtp", "--listen", self.where], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, cwd="/", env={"PATH": "/usr/bin:/bin", **environment},
            umask=0o077, **user,
        )  # fmt: skip
        assert b"Listening" in self.process.stdout.readline()
        return self

    def stop(self) -> int:
        """End it gracefully; its exit code."""
        self.process.terminate()
        return self.process.wait(30)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
