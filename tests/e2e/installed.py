"""The installed wheel and the unprivileged user that deliveries run as, once for all workers of a test run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

ROOT = Path(__file__).parents[2]
RUN = os.environ.setdefault("CASEFLEET_TEST_RUN", token_hex(4))
"""The name of this run; its workers inherit it."""
USER = f"casefleet-{RUN}"
E2E = os.environ.get("CASEFLEET_E2E") == "1"


def missing(what: str) -> None:
    """Skip the test because something is missing; with CASEFLEET_E2E=1 that is a failure."""
    if E2E:
        pytest.fail(f"{what} is missing, and CASEFLEET_E2E=1 says it must not be")
    pytest.skip(f"{what} is missing")


def need(*programs: str) -> None:
    """Skip unless all these programs are here and the tests run as root."""
    for program in programs:
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            missing(program)
    if os.geteuid() != 0:
        missing("root")


def unprivileged_user() -> pwd.struct_passwd:
    """The user of the pipe, made when it is not there yet."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/sh", USER], check=True
        )
        return pwd.getpwnam(USER)


def readable_python(user: pwd.struct_passwd) -> str:
    """An interpreter of our version that the unprivileged user can run (ours may live in a home folder)."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    ours = Path(sys.base_prefix, "bin", f"python{version}")
    for candidate in (str(ours), f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        try:
            done = subprocess.run([candidate, "-c", "import sqlite3, venv"], user=user.pw_uid, group=user.pw_gid,
                                  extra_groups=[], cwd="/", capture_output=True)  # fmt: skip
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    missing(f"a Python {version} that {USER} can run")
    raise AssertionError


@contextlib.contextmanager
def install(folder: Path) -> Iterator[Path]:
    """The program of this tree's wheel in an environment that everybody can read; commands for people find their
    libraries in the environment of the tests. Made by the first worker that asks, removed by the last that leaves.
    """
    program = folder / "venv/bin/casefleet"
    with contextlib.ExitStack() as stack:
        with _alone(folder):
            if not program.exists():
                _install(folder)
            here = stack.enter_context((folder / "here").open("w"))
            fcntl.flock(here, fcntl.LOCK_SH)
        yield program
        with _alone(folder), contextlib.suppress(BlockingIOError):
            fcntl.flock(here, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder, there and nobody else's meanwhile."""
    while True:
        folder.mkdir(mode=0o755, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Somebody may have removed it while we waited.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), (folder / "lock").stat()):
                    yield
                    return


def _install(folder: Path) -> None:
    python = readable_python(unprivileged_user())
    with tempfile.TemporaryDirectory() as tree:
        # From a copy: other builds in the source tree may run at the same time.
        for name in ("casefleet_cli", "pyproject.toml", "README.md", "LICENSE"):
            whole = ROOT / name
            if whole.is_dir():
                shutil.copytree(whole, Path(tree, name), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(whole, tree)
        subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder / "dist", tree], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
    (wheel,) = (folder / "dist").glob("*.whl")
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", folder / "venv/bin/python", "install", "-q", "--no-deps",
         "--disable-pip-version-check", "--root-user-action=ignore", wheel], check=True,
    )  # fmt: skip
    (packages,) = (folder / "venv/lib").glob("python*/site-packages")
    (packages / "tests-libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
