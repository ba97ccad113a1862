"""casefleet install: what is written where, again, and taken away; for a package, and below one's own folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e import installed
from tests.e2e.test_server import started

pytestmark = pytest.mark.e2e


def run(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run(words, capture_output=True, text=True, cwd="/")
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def tree(folder: Path) -> dict[str, str]:
    """Every file of a folder with its content, links with where they lead."""
    found = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    return {str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_text(errors="replace")
            for path in found if "opt/" not in str(path)}  # fmt: skip


@pytest.fixture
def stage(place: Path, program: Path) -> Path:
    """The root of a package, with the program in it and nothing else."""
    stage = place / "stage"
    home = stage / "opt/casefleet"
    shutil.copytree(program.parents[1], home, symlinks=True)
    script = home / "bin/casefleet"
    script.write_text(script.read_text().replace(str(program.parents[1]), str(home)))
    return stage


def test_a_package_runs_where_it_is_made_and_where_it_goes(stage: Path, place: Path) -> None:
    told = run(stage / "opt/casefleet/bin/casefleet", "install", "--root", stage)
    assert "unix user" not in told  # that is the machine's it goes to
    assert f"{stage}" not in told
    files = tree(stage)
    assert len([path for path in files if path.startswith("usr/local/share/man/man1/casefleet")]) > 30
    assert files["etc/casefleet.conf"] == "database = /var/lib/casefleet/casefleet.db\n"
    assert files["usr/local/bin/casefleet"] == "../../../opt/casefleet/bin/casefleet"
    assert not [path for path, text in files.items() if str(place) in text]
    assert (stage / "var/lib/casefleet").stat().st_mode & 0o777 == 0o700
    for path in files:
        assert (stage / path).is_symlink() or (stage / path).stat().st_mode & 0o777 == 0o644
    assert run(stage / "usr/local/bin/casefleet", "--version").startswith("casefleet ")
    moved = stage.rename(place / "elsewhere")
    assert run(moved / "usr/local/bin/casefleet", "--version").startswith("casefleet ")


def test_again_changes_nothing_and_keeps_what_the_admin_wrote(stage: Path) -> None:
    called = (stage / "opt/casefleet/bin/casefleet", "install", "--root", stage)
    run(*called)
    conf = stage / "etc/casefleet.conf"
    conf.write_text("# ours\ndatabase = /srv/mail/firm.db\n")
    first = tree(stage)
    run(*called)
    second = tree(stage)
    assert {path for path in first if first[path] != second[path]} == {
        f"usr/local/lib/systemd/system/casefleet-{name}.service" for name in ("lmtp", "web", "backup", "verify")
    }  # fmt: skip
    assert all("/srv/mail/firm.db" in second[f"usr/local/lib/systemd/system/casefleet-{name}.service"]
               for name in ("lmtp", "web", "backup", "verify"))  # fmt: skip
    assert conf.read_text().startswith("# ours\n")
    run(*called)
    assert tree(stage) == second


def test_removing_leaves_the_database_and_says_so(stage: Path) -> None:
    called = (stage / "opt/casefleet/bin/casefleet", "install", "--root", stage)
    run(*called)
    (stage / "var/lib/casefleet/casefleet.db").write_text("mail")
    (stage / "usr/local/bin/other").write_text("other")
    (stage / "usr/local/share/man/man1/casefleeting.1").write_text("other")
    told = run(*called, "--remove")
    kept = "/var/lib/casefleet/casefleet.db, /var/backups/casefleet, /etc/casefleet.conf"
    assert f"Left as they are: {kept}; nothing of the mail is removed.\n" in told
    assert set(tree(stage)) == {
        "etc/casefleet.conf", "usr/local/bin/other", "usr/local/share/man/man1/casefleeting.1",
        "var/lib/casefleet/casefleet.db",
    }  # fmt: skip


def test_below_a_folder_of_ones_own(place: Path, program: Path) -> None:
    installed.need("systemd-analyze")
    user = installed.unprivileged_user().pw_name
    prefix = place / "the firm 100%"
    told = run(program, "install", "--prefix", prefix, "--user", user)
    database = f"{prefix}/var/lib/casefleet/casefleet.db"
    assert f"'{prefix}/bin/casefleet' --db '{database}' init" in told
    assert not Path("/etc/casefleet.conf").exists()
    assert (prefix / "bin/casefleet").readlink() == program
    assert (prefix / "var/lib/casefleet").owner() == user
    units = sorted((prefix / "lib/systemd/system").iterdir())
    assert len(units) == 6
    assert run("systemd-analyze", "verify", *units) == ""
    for unit in units:
        if unit.suffix == ".service":
            # Of 100, which may do anything; the pages need the network of this machine.
            most = 15 if unit.stem == "casefleet-web" else 10
            run("systemd-analyze", "security", "--offline=true", f"--threshold={most}", unit)
    # What the unit starts is what it means, blanks and per cent signs included.
    run("runuser", "-u", user, "--", prefix / "bin/casefleet", "--db", database, "init", "--domain", "log.firm.example")
    for words in started((prefix / "lib/systemd/system/casefleet-backup.service").read_text()):
        run("runuser", "-u", user, "--", *words)
    (copy,) = (prefix / "var/backups/casefleet").iterdir()
    assert copy.owner() == user
    assert "Left as they are" in run(prefix / "bin/casefleet", "install", "--prefix", prefix, "--remove")
    assert set(tree(prefix)) >= {"var/lib/casefleet/casefleet.db", f"var/backups/casefleet/{copy.name}"}


def test_whoever_is_not_root_installs_for_themselves(place: Path, program: Path) -> None:
    user = installed.unprivileged_user().pw_name
    own = place / "own"
    own.mkdir()
    shutil.chown(own, user)
    told = run("runuser", "-u", user, "--", program, "install", "--prefix", own)
    assert "unix user" not in told
    assert f"Next: {own}/bin/casefleet --db {own}/var/lib/casefleet/casefleet.db init" in told
    services = [path.read_text() for path in (own / "lib/systemd/system").glob("*.service")]
    assert all(f"\nUser={user}\n" in text for text in services)
    told = run("runuser", "-u", user, "--", program, "install", "--prefix", "/usr/local", code=73)
    assert told == "casefleet: /var/lib/casefleet cannot be created: Permission denied.\n"


@pytest.mark.parametrize(
    ("words", "home", "told"),
    [
        ([], "/opt/casefleet", "--prefix /usr/local"),
        (["PREFIX=/usr"], "/opt/casefleet", "--prefix /usr"),
        (["PREFIX=/srv/firm"], "/srv/firm/opt/casefleet", "--prefix /srv/firm"),
        (["DESTDIR=/tmp/stage"], "/tmp/stage/opt/casefleet", "--prefix /usr/local --root /tmp/stage"),
        (["PYTHON=/opt/python"], "/opt/casefleet", "--prefix /usr/local"),
    ],
)
def test_what_make_would_do(words: list[str], home: str, told: str) -> None:
    lines = run("make", "-C", installed.ROOT, "-n", "install", *words)
    python = "/opt/python" if "PYTHON=/opt/python" in words else "/usr/bin/python3"
    assert f"{python} -m venv {home})\n" in lines
    assert f"{home}/bin/casefleet install {told}" in " ".join(lines.split())
    lines = run("make", "-C", installed.ROOT, "-n", "uninstall", *words)
    assert f"{home}/bin/casefleet install --remove {told}" in " ".join(lines.split())
    assert lines.splitlines()[-2 if "make" in lines.splitlines()[-1] else -1] == f"rm -rf {home}"


def test_a_program_that_its_user_cannot_run_is_refused(place: Path, program: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy(program, closed / "casefleet")
    user = installed.unprivileged_user().pw_name
    told = run(closed / "casefleet", "install", "--prefix", place / "own", "--user", user, code=78)
    assert told.startswith(f"casefleet: {user} cannot run {closed}/casefleet: put it where every user can read it")
    assert not (place / "own").exists()
