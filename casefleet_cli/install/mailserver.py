"""The lines that connect a mail server with this installation."""

from __future__ import annotations

import re
from typing import NamedTuple

from casefleet_cli import config
from casefleet_cli.errors import ConfigError

TRANSPORT = "casefleet"
TIME_LIMIT_SECONDS = 300
"""When Postfix ends a pipe, and bounces the mail: never reached, because the guard ends the delivery before."""
LAST_RESORT_SECONDS = (config.TIME_LIMIT_SECONDS + TIME_LIMIT_SECONDS) // 2
GUARD = f'timeout -s KILL {LAST_RESORT_SECONDS} "$@"; code=$?; test $code = 0 || test $code = 67 || code=75; exit $code'
"""For /bin/sh -c. Whatever happens to the program (missing in an upgrade: 127, a fault of Python: 1, stopped or hung
where it can't notice itself: killed in time) defers the mail; only 67 bounces it."""
LINE_LIMIT = "lmtp_line_length_limit"


class Installation(NamedTuple):
    """Where this installation lives on its machine."""

    program: tuple[str, ...]
    """The casefleet program: an absolute path, and words that belong to it."""
    database: str
    """Absolute path of the database."""
    user: str
    """The unprivileged unix user who owns the database."""
    domain: str
    """The logging domain."""
    processes: int = 20
    """Deliveries at once."""
    lmtp: str | None = None
    """Where `casefleet lmtp` listens, "unix:/PATH" or "HOST:PORT"; None where mail comes through the pipe."""
    transport: str = TRANSPORT
    """Its name in master.cf: another for each firm of a server."""

    @property
    def map_cf_path(self) -> str:
        """Where Postfix reads how to ask the map of recipients."""
        return f"/etc/postfix/{self.transport}-recipients.cf"


def named_after(domain: str) -> str:
    """The name of a transport for a logging domain, where the usual name is another firm's."""
    return f"{TRANSPORT}-{domain.replace('.', '-')}"


def transport_name(text: str) -> str:
    """A name that master.cf can have; raises ConfigError for others."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,62}", text):
        raise ConfigError(f"{text!r} cannot be a transport; write small letters, digits and hyphens.")
    return text


def main_cf(installation: Installation, *, with_map: bool = False) -> str:
    """The settings for Postfix's main.cf (postconf(5)); a setting that is there already gets the value appended."""
    lines = f"""\
relay_domains = {installation.domain}
transport_maps = inline:{{ {installation.domain}={installation.transport}:{_next_hop(installation)} }}
"""
    if installation.lmtp is None:
        lines += f"""\
{installation.transport}_destination_recipient_limit = 1
{installation.transport}_time_limit = {TIME_LIMIT_SECONDS}s
"""
    if with_map:
        # Not by proxy: — without its file proxymap would not start, and no mail at all would be taken.
        lines += f"relay_recipient_maps = sqlite:{installation.map_cf_path}\n"
    return lines


def master_cf(installation: Installation) -> str:
    """The transport for Postfix's master.cf (pipe(8), lmtp(8)); raises ConfigError for a path it cannot hold."""
    if installation.lmtp is not None:
        # Not a byte of a line is changed, however long it is, and the server learns the queue id.
        return f"""\
{installation.transport} unix - - n - {installation.processes} lmtp
  -o {LINE_LIMIT}=0 -o lmtp_send_xforward_command=yes
"""
    program = " ".join(_argument(word) for word in installation.program)
    guard = GUARD.replace("$", "$$")
    return f"""\
{installation.transport} unix - n n - {installation.processes} pipe
  flags=Rq user={installation.user} null_sender=
  argv=/bin/sh -c {{ {guard} }} casefleet
  {program} --db {_argument(installation.database)} deliver
  --recipient=${{recipient}} --sender=${{sender}} --queue-id=${{queue_id}}
"""


def map_cf(installation: Installation, map_path: str, result: str = "1") -> str:
    """The sqlite: table by which Postfix refuses unknown BCC addresses at SMTP time (sqlite_table(5)).

    `result`: what it says of known ones, where that is asked for. Raises ConfigError for a path it cannot name.
    """
    readable(map_path)
    # Cut at the plus here: so a case tag is taken whether or not Postfix has a recipient_delimiter.
    return f"""\
dbpath = {map_path}
domain = {installation.domain}
query = SELECT {result} FROM recipients
  WHERE address = lower(substr(trim('%u', '"'), 1, instr(trim('%u', '"') || '+', '+') - 1) || '@%d')
  AND (expires_at IS NULL OR expires_at > strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now'))
"""


def readable(map_path: str) -> str:
    """A path that a table of Postfix can name; raises ConfigError for others."""
    if any(letter.isspace() for letter in map_path):
        raise ConfigError(f"Postfix cannot read a map whose path has blanks: {map_path}; choose another.")
    return map_path


def _next_hop(installation: Installation) -> str:
    where = installation.lmtp
    if where is None:
        return ""
    if any(letter.isspace() or letter in "{},$" for letter in where):
        raise ConfigError(f"Postfix cannot hand mail on to {where}; choose a path without blanks.")
    return where if where.startswith("unix:") else f"inet:{where}"


def _argument(word: str) -> str:
    """A word of argv= in master.cf: `$$` is a plain `$`, braces keep blanks together (Postfix 3.0 and newer)."""
    if any(letter in "{}\n" for letter in word):
        raise ConfigError(f"Postfix cannot call a path with braces or line ends: {word}; move it.")
    escaped = word.replace("$", "$$")
    return f"{{ {escaped} }}" if any(letter.isspace() for letter in word) else escaped
