"""What the tests with real mail programs share: the installed program, a firm on disk, a Postfix in front of it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.store import database
from tests.e2e import installed
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, printed
from tests.firm import Firm


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The casefleet program of the installed wheel."""
    installed.need("useradd")
    run = getattr(request.config, "workerinput", {}).get("testrunuid") or os.getpid()
    with installed.install(Path(tempfile.gettempdir(), f"casefleet-e2e-{run}")) as path:
        yield path


class Office(Firm):
    """A firm whose database belongs to the unprivileged user, with the program that is installed for it."""

    def __init__(self, folder: Path, program: Path, user: pwd.struct_passwd) -> None:
        folder.mkdir(mode=0o700)
        super().__init__(folder)
        self.folder = folder
        self.program = program
        self.unix = user
        subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", folder], check=True)

    def reopen(self) -> None:
        """Open the database again after `db.close()`."""
        self.db = database.open_database(self.path)

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        """A command of the installed program, as root."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CASEFLEET_", "PYTHON"))}
        return subprocess.run([self.program, "--db", self.path, *words], capture_output=True,
                              **{"env": clean, "text": True, **options})  # type: ignore[call-overload]  # fmt: skip

    def lines(self, *words: str) -> tuple[str, str]:
        """The lines for main.cf and master.cf that `casefleet postfix` prints."""
        done = self.run("postfix", *words)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return printed(done.stdout)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can reach (pytest's own is closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="casefleet-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    """A disk of 6 MB."""
    installed.need("mount", "umount")
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "none", disk]).returncode:
        installed.missing("the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.fixture
def office(place: Path, program: Path) -> Office:
    return Office(place / "office", program, installed.unprivileged_user())


@pytest.fixture(params=["pipe", "lmtp"])
def way(request: pytest.FixtureRequest) -> str:
    """How mail comes from Postfix; a test that is for one of them says so with `only`."""
    return request.param


def only(way: str) -> pytest.MarkDecorator:
    """Run a test with this way alone."""
    return pytest.mark.parametrize("way", [way], indirect=True)


@pytest.fixture
def server(place: Path, office: Office) -> Iterator[Lmtp]:
    """The LMTP server, not yet started."""
    installed.need("postfix")
    made = Lmtp(office, place / "run")
    yield made
    made.kill()


@pytest.fixture
def instance(place: Path, office: Office, way: str, request: pytest.FixtureRequest) -> Iterator[Postfix]:
    """A Postfix, not yet started, with exactly the lines that are printed for this installation."""
    installed.need("postfix", "postconf", "postqueue")
    words = ["--lmtp", request.getfixturevalue("server").where] if way == "lmtp" else []
    server = Postfix(place / "postfix", *office.lines(*words))
    yield server
    server.stop("abort")


@pytest.fixture
def postfix(instance: Postfix, way: str, request: pytest.FixtureRequest) -> Postfix:
    if way == "lmtp":
        request.getfixturevalue("server").start()
    return instance.start()
