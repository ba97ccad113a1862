"""A machine of its own to install on: this one, with folders over it that take what is written; nothing of it stays."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e import installed

COVERED = ("/etc", "/opt", "/root", "/usr/local", "/var")
"""What an installation writes to; systemd is told that it is not running here."""
_SOURCES = ("casefleet_cli", ".ci", "fixtures", "pyproject.toml", "README.md", "LICENSE", "Makefile")


class Machine:
    """Runs commands as root logs in, in a mount namespace."""

    def __init__(self, folder: Path, keeper: int) -> None:
        self.folder = folder
        self.inside = ("nsenter", "--target", str(keeper), "--mount")
        self.clone = folder / "clone"
        self.clone.mkdir()
        for name in _SOURCES:
            whole = installed.ROOT / name
            if whole.is_dir():
                shutil.copytree(whole, self.clone / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(whole, self.clone)
        kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "http"))}
        self.environment = {
            **kept, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
            "LANG": "C.UTF-8", "TZ": "UTC", "COLUMNS": "132", "SYSTEMD_OFFLINE": "1",
        }  # fmt: skip

    def run(self, command: str, *, code: int = 0, **options: object) -> str:
        """What a line typed by root prints, in the clone; it must end with this exit code."""
        done = self.start(["/bin/bash", "-c", command], **options)
        assert done.returncode == code, f"{command}\n{done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        """A command, inside."""
        return subprocess.run([*self.inside, f"--wd={self.clone}", *words],
                              **{"stdin": subprocess.DEVNULL, "capture_output": True, "text": True,
                                 "env": self.environment, **options})  # type: ignore[call-overload]  # fmt: skip


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine, as long as the block lasts; `folder` is seen from inside and outside alike."""
    installed.need("unshare", "nsenter", "mount", "runuser", "make", "sh")
    over = " ".join(COVERED)
    script = f"""set -e
        mount -t tmpfs -o size=3g,mode=755 none {folder}/over
        for covered in {over}; do
            mkdir -p {folder}/over$covered/new {folder}/over$covered/work
            mount -t overlay -o lowerdir=$covered,upperdir={folder}/over$covered/new,workdir={folder}/over$covered/work overlay $covered
        done
        echo ready
        exec sleep infinity"""
    (folder / "over").mkdir()
    keeper = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    try:
        assert keeper.stdout is not None
        if keeper.stdout.readline() != "ready\n":
            installed.missing("the right to mount an overlay")
        yield Machine(folder, keeper.pid)
    finally:
        keeper.send_signal(signal.SIGKILL)
        keeper.communicate()
