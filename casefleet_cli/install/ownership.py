"""Whose the database is, and whether that user can do with it what deliveries do.

Deliveries, the LMTP server and the pages run as the owner of the database, who is never root: Postfix runs no pipe as
root, and whoever finds a hole in the reading of mail must not have the machine.
"""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from casefleet_cli.errors import ConfigError
from casefleet_cli.install import mailserver
from casefleet_cli.install.finding import FAILURE, OK, WARNING, Finding
from casefleet_cli.store import database

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "casefleet"
"""Who is to own a database that has nobody yet."""
PLACE = "/var/lib/casefleet"
_MAKE_USER = f"useradd --system --user-group --home-dir {PLACE} --no-create-home --shell /usr/sbin/nologin {USER}"
_LOOK = """for each do
    kind=${each%%:*} path=${each#*:}
    case $kind in
        enter) test -x "$path" || { echo "$each"; exit; };;
        change) test -w "$path" && test -x "$path" || { echo "$each"; exit; };;
        write) test -r "$path" && test -w "$path" || { echo "$each"; exit; };;
    esac
done"""
"""For /bin/sh -c: names the first thing that cannot be done. `test` asks the kernel, ACLs and attributes included."""


def findings(path: Path, program: tuple[str, ...], deliverer: str | None = None) -> Iterator[Finding]:
    """Whose a database is, whether others can read it, and what its owner can do; changes nothing.

    `deliverer`: the user of the transport in Postfix, to whom a database without a right owner may be given.
    """
    yield _mode(path)
    about = path.stat()
    name = name_of(about.st_uid)
    if about.st_uid == 0:
        yield Finding("owner", FAILURE, "The database belongs to root, and no mail is taken in as root.",
                      giving(path, deliverer))  # fmt: skip
    elif name is None:
        yield Finding("owner", FAILURE, f"The database belongs to user {about.st_uid}, who has no name here.",
                      giving(path, deliverer))  # fmt: skip
    else:
        yield Finding("owner", OK, f"The database belongs to {name}.")
    if database.is_on_read_only_mount(str(path)):
        mount = _mount_of(path)
        yield Finding("access", FAILURE, f"{mount} is mounted read-only, so no mail can be logged.",
                      f"mount -o remount,rw {shlex.quote(str(mount))}; where an error of the disk made it so (dmesg),"
                      " check the disk first")  # fmt: skip
    elif about.st_uid and name is not None:
        yield _access(path, program, name)


def name_of(number: int) -> str | None:
    """The name of a unix user; None for one without."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return None


def exists(name: str) -> bool:
    """Whether there is a unix user of this name."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def is_root(name: str) -> bool:
    """Whether a name is one of root's."""
    return exists(name) and pwd.getpwnam(name).pw_uid == 0


def giving(path: Path, deliverer: str | None = None) -> str:
    """The commands, for root, that give a database to the unprivileged user whose it should be."""
    user = _heir(path, deliverer)
    first = "" if exists(user) else f"{_MAKE_USER} && "
    files = shlex.join(map(str, files_of(path)))
    if _is_shared(path.parent, path.name):
        return (
            f"{first}install -d -m 700 -o {user} {PLACE} && mv -n {files} {PLACE}/ && chown {user}: {PLACE}/*;"
            f" then --db {PLACE}/{path.name}"
        )
    return f"{first}chown {user}: {shlex.quote(str(path.parent))} {files}"


def refuse_other_user(path: Path) -> None:
    """Raise ConfigError unless this process runs as the owner of the database, and say how it would."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return  # whoever opens it says so
    if owner == os.geteuid():
        return
    name = name_of(owner)
    if not owner or name is None:
        whose = "root" if not owner else f"user {owner}, who has no name here"
        raise ConfigError(f"{path} belongs to {whose}; the pages run as a user of its own: {giving(path)}.")
    become = f"runuser -u {name} --" if os.geteuid() == 0 else f"sudo -u {name}"
    raise ConfigError(
        f"{path} belongs to {name}, and the pages run as its owner: systemctl start casefleet-web (its unit, in a"
        f" sandbox), or {become} casefleet --db {path} serve."
    )


def files_of(path: Path) -> list[Path]:
    """The files of a database that are there."""
    return [path, *map(Path, database.beside(str(path)))]


def run_as(owner: int, argv: list[str]) -> str:
    """Run a command as a user and give its output; raises OSError or subprocess.SubprocessError when it fails."""
    account = pwd.getpwuid(owner) if os.geteuid() == 0 else None
    done = subprocess.run(
        argv,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=60,
        env={"PATH": "/usr/bin:/bin"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=os.getgrouplist(account.pw_name, account.pw_gid) if account else None,
    )
    return os.fsdecode(done.stdout)


def _mode(path: Path) -> Finding:
    open_to_others = [file for file in files_of(path) if file.stat().st_mode & 0o007]
    if open_to_others:
        names = shlex.join(map(str, open_to_others))
        return Finding("mode", FAILURE, f"Every user of this machine may read {names}.", f"chmod o= {names}")
    return Finding("mode", OK, "Other users of this machine cannot read the database.")


def _access(path: Path, program: tuple[str, ...], name: str) -> Finding:
    """What the owner cannot do, tried as that user."""
    owner = path.stat().st_uid
    if os.geteuid() not in (0, owner):
        return Finding("access", WARNING, "Whether the owner can write the database was not tried.",
                       f"Run casefleet doctor as {name} or root.")  # fmt: skip
    folders = [folder for folder in reversed(path.parents) if folder != path.parent]
    asked = [*(f"enter:{folder}" for folder in folders), f"change:{path.parent}",
             *(f"write:{file}" for file in files_of(path))]  # fmt: skip
    try:
        missing = run_as(owner, ["/bin/sh", "-c", _LOOK, "sh", *asked])
    except (OSError, subprocess.SubprocessError):
        return Finding("access", FAILURE, f"{name} cannot run /bin/sh.", "See whether its account may run programs.")
    if missing:
        kind, _, which = missing.removesuffix("\n").partition(":")
        return Finding("access", FAILURE, *_locked_out(name, owner, kind, Path(which)))
    try:
        run_as(owner, ["/bin/sh", "-c", mailserver.GUARD, "casefleet", *program, "deliver", "--help"])
    except (OSError, subprocess.SubprocessError):
        return Finding("access", FAILURE, f"{name} cannot run {' '.join(program)} behind its guard (sh, timeout).",
                       "Install casefleet where every user can read it, for example below /opt.")  # fmt: skip
    return Finding("access", OK, f"{name} can run the program and write the database and its folder.")


def _locked_out(name: str, owner: int, kind: str, which: Path) -> tuple[str, str]:
    """In a sentence, what a user cannot do, and the next step."""
    what = shlex.quote(str(which))
    if kind == "enter":
        return (f"{name} cannot enter {which}, so cannot reach the database.",
                f"Move the database to where {name} gets in, as {PLACE}; or chmod o+x {what}")  # fmt: skip
    about = which.stat()
    needs, sentence = (0o300, f"{name} cannot write in the folder {which}, where SQLite writes beside the database.")
    if kind == "write":
        needs, sentence = 0o600, f"{name} cannot write {which}."
    if about.st_uid != owner:
        return sentence, f"chown {name}: {what}"
    if about.st_mode & needs != needs:
        return sentence, f"chmod {'u+wx' if kind == 'change' else 'u+rw'} {what}"
    return sentence, f"See what keeps it: getfacl {what}; lsattr -d {what}"


def _heir(path: Path, deliverer: str | None) -> str:
    folder = name_of(path.parent.stat().st_uid)
    for user in (deliverer, folder, USER):
        if user and exists(user) and not is_root(user):
            return user
    return USER


def _is_shared(folder: Path, name: str) -> bool:
    """Whether a folder is more than the database's: then it is not given away with it."""
    return bool(folder.stat().st_mode & 0o002) or any(
        not entry.name.startswith((name, f".{name}")) for entry in folder.iterdir()
    )


def _mount_of(path: Path) -> Path:
    return next((folder for folder in path.resolve().parents if folder.is_mount()), Path("/"))
