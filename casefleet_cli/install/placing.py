"""What stands on a server beside the program (user, folders, link, pages, completion, units), and taking it away."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli import config, files
from casefleet_cli.errors import CannotCreateError, ConfigError
from casefleet_cli.install import units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from casefleet_cli.install.mailserver import Installation

_STANDARD = ("/usr/local", "/usr")
_PLACES = {"manual": "share/man/man1", "bash": "share/bash-completion/completions",
           "zsh": "share/zsh/site-functions", "units": "lib/systemd/system"}  # fmt: skip
_COMPLETIONS = {"bash": "casefleet", "zsh": "_casefleet"}
_STARTED = ("casefleet-backup.timer", "casefleet-verify.timer", units.NAME, units.WEB)


class Server(NamedTuple):
    """Where things go. A prefix of one's own holds the folders of the database and of copies as well."""

    prefix: str = "/usr/local"
    root: str = ""
    """What stands before every path while we write it (DESTDIR), and in no file; "" for this machine itself."""

    @property
    def is_standard(self) -> bool:
        """Whether it is a place where the machine looks: then /etc/casefleet.conf names the database."""
        return self.prefix in _STANDARD

    @property
    def state(self) -> str:
        """The folder of the database."""
        return f"{self._base}/var/lib/casefleet"

    @property
    def backups(self) -> str:
        """The folder of its copies."""
        return f"{self._base}/var/backups/casefleet"

    @property
    def link(self) -> str:
        """By what name the program is called."""
        return f"{self.prefix}/bin/casefleet"

    def at(self, path: str) -> Path:
        """Where a path is found now."""
        return Path(self.root + path)

    @property
    def _base(self) -> str:
        return "" if self.is_standard else self.prefix


class Written(NamedTuple):
    """What is made from the commands of a release."""

    pages: Mapping[str, str]
    """Man pages by the names of their files."""
    completions: Mapping[str, str]
    """Scripts by their shells, "bash" and "zsh"."""


def named_database(server: Server) -> str:
    """The database of a server: what its /etc/casefleet.conf names, or casefleet.db in its own folder."""
    named = config.named_in(str(server.at(config.MACHINE_FILE))) if server.is_standard else None
    return named or f"{server.state}/{config.DEFAULT_DATABASE}"


def place(server: Server, installation: Installation, written: Written) -> Iterator[str]:
    """Put everything in its place, again where it was before, and tell it in sentences; the database is not touched.

    Raises ConfigError when its user could not run the program, CannotCreateError for what cannot be written.
    """
    ours = os.geteuid() == 0 and not server.root
    if ours and _made_user(installation.user, server.state):
        yield f"Made the unix user {installation.user}."
    if ours:
        _runs(installation)
    owner = _owner(installation.user) if ours else None
    for folder in (os.path.dirname(installation.database), server.backups):  # noqa: PTH120
        if _made_folder(server.at(folder), owner):
            yield f"Made {folder}{f' for {installation.user}' if owner else ''}."
    _link(server, installation.program[0])
    yield f"{server.link} is {installation.program[0]}."
    made = {**_files(server, written), **_units(server, installation)}
    for path, content in made.items():
        _write(server.at(path), content)
    told = f"{len(written.pages)} man pages, completion for bash and zsh, {len(_unit_names())} systemd units"
    yield f"Wrote {told} below {server.prefix}."
    if server.is_standard and not server.at(config.MACHINE_FILE).exists():
        _write(server.at(config.MACHINE_FILE), f"database = {installation.database}\n")
        yield f"{config.MACHINE_FILE} names the database: {installation.database}."
    if ours and server.is_standard:
        _systemctl("daemon-reload")


def remove(server: Server, database: str) -> Iterator[str]:
    """Take away what `place` puts in its place, and tell what stays: database, copies, and who owns them."""
    if os.geteuid() == 0 and not server.root and server.is_standard:
        _systemctl("disable", "--now", *_STARTED)
    gone = [server.at(f"{server.prefix}/{_PLACES['units']}/{name}") for name in _unit_names()]
    gone += [server.at(f"{server.prefix}/{_PLACES[shell]}/{name}") for shell, name in _COMPLETIONS.items()]
    manual = server.at(f"{server.prefix}/{_PLACES['manual']}")
    gone += [*manual.glob("casefleet.1"), *manual.glob("casefleet-*.1")]
    gone += [link for link in [server.at(server.link)] if link.is_symlink()]
    there = [path for path in gone if os.path.lexists(path)]
    for path in there:
        _unlink(path)
    yield f"Removed {len(there)} files below {server.prefix}."
    kept = [path for path in (database, server.backups, config.MACHINE_FILE if server.is_standard else "")
            if path and server.at(path).exists()]  # fmt: skip
    if kept:
        yield f"Left as they are: {', '.join(kept)}; nothing of the mail is removed."
    yield "Take the lines of casefleet out of Postfix, too; until then it keeps their mail in its queue."


def _unit_names() -> tuple[str, ...]:
    return (*_STARTED, "casefleet-backup.service", "casefleet-verify.service")


def _files(server: Server, written: Written) -> dict[str, str]:
    folders = {name: f"{server.prefix}/{place}" for name, place in _PLACES.items()}
    return {
        **{f"{folders['manual']}/{name}": text for name, text in written.pages.items()},
        **{f"{folders[shell]}/{name}": written.completions[shell] for shell, name in _COMPLETIONS.items()},
    }


def _units(server: Server, installation: Installation) -> dict[str, str]:
    made = units.every_unit(installation, server.backups)
    return {f"{server.prefix}/{_PLACES['units']}/{name}": text for name, text in made.items()}


def _made_user(name: str, home: str) -> bool:
    """Make a system user without a shell; False when it is there."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        pass
    else:
        return False
    words = ["--system", "--user-group", "--home-dir", home, "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    try:
        done = subprocess.run(["useradd", *words], capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotCreateError(f"The unix user {name} cannot be made: useradd: {error.strerror}.") from None
    if done.returncode:
        raise CannotCreateError(f"The unix user {name} cannot be made: {' '.join(done.stderr.split()).rstrip('.')}.")
    return True


def _owner(name: str) -> files.Owner:
    account = pwd.getpwnam(name)
    return files.Owner(account.pw_uid, account.pw_gid)


def _runs(installation: Installation) -> None:
    """Raise ConfigError unless the user of the database can run the program."""
    account = pwd.getpwnam(installation.user)
    try:
        subprocess.run([*installation.program, "deliver", "--help"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", env={"PATH": "/usr/bin:/bin"},
                       timeout=60, user=account.pw_uid, group=account.pw_gid, extra_groups=[])  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        called = " ".join(installation.program)
        raise ConfigError(
            f"{installation.user} cannot run {called}: put it where every user can read it, as /opt/casefleet, with a"
            " Python that every user can read, as /usr/bin/python3."
        ) from None


def _made_folder(folder: Path, owner: files.Owner | None) -> bool:
    """Make a folder that its owner alone can change; False when it is there."""
    if folder.is_dir():
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        if owner is not None:
            os.chown(folder, owner.user, owner.group)
    except OSError as error:
        raise CannotCreateError(f"{folder} cannot be created: {error.strerror}.") from None
    return True


def _link(server: Server, program: str) -> None:
    link = server.at(server.link)
    if server.link == program:
        return
    if link.exists() and not link.is_symlink():
        raise files.ThereAlreadyError(f"{link} is there and is no link; remove it, or give another --prefix.")
    if server.root:
        _movable(server.at(program), server)
    to = os.path.relpath(program, os.path.dirname(server.link)) if server.root else program  # noqa: PTH120
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        draft = link.with_name(f".{link.name}.new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(to)
        draft.replace(link)
    except OSError as error:
        raise CannotCreateError(f"{link} cannot be created: {error.strerror}.") from None


def _movable(script: Path, server: Server) -> None:
    """Let a program find its interpreter beside itself: it runs below the root, and where that is the root."""
    first, _, rest = script.read_text().partition("\n")
    if first.startswith(f"#!{server.root}"):
        beside = """'''exec' "$(dirname -- "$(realpath -- "$0")")/python3" "$0" "$@"\n' '''"""
        _write(script, f"#!/bin/sh\n{beside}\n{rest}", mode=0o755)


def _write(path: Path, content: str, *, mode: int = 0o644) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(f"{path} cannot be created: {error.strerror}.") from None
    with files.new_file(path, replace=True, mode=mode) as draft:
        draft.write_text(content, encoding="utf-8")


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CannotCreateError(f"{path} cannot be removed: {error.strerror}.") from None


def _systemctl(*words: str) -> None:
    """Tell systemd, where it runs this machine; what it cannot do, it says itself."""
    if Path("/run/systemd/system").is_dir():
        sys.stdout.flush()
        subprocess.run(["systemctl", *words], check=False)
