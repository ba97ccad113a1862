"""The recipes by which Postfix's own local delivery hands mail on: to a pipe in an alias, to procmail, to maildrop.

Each is one file that begins, as comments, with the lines of main.cf that bring the logging domain to it. None of them
names the recipient: it is taken from what local(8) tells, so it never stands in the list of processes.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from casefleet_cli.errors import ConfigError
from casefleet_cli.install import mailserver

if TYPE_CHECKING:
    from casefleet_cli.install.mailserver import Installation

LATER = "casefleet-later"


def aliases(installation: Installation, map_path: str | None = None) -> str:
    """The alias file with a pipe (aliases(5), local(8)); with a map, unknown addresses are refused at SMTP time."""
    alias, path = f"{installation.transport}-log", f"/etc/postfix/{installation.transport}-aliases"
    command = mailserver.GUARD.replace('"$@"', _command(installation))
    for letter in '\\"':
        command = command.replace(letter, f"\\{letter}")
    return f"""\
{_domain(installation, alias, map_path)}\
#   alias_maps = texthash:{path}
# This file is {path}. A pipe runs as the owner of its file: chown {installation.user} {path}
{alias}  "|{command}"
"""


def procmailrc(installation: Installation, map_path: str | None = None) -> str:
    """The recipe for procmail (procmailrc(5)): one delivery, and a Maildir where mail waits when that fails.

    Mail to an unknown address is refused, and does not wait. A Maildir, since procmail changes the bytes it writes to
    an mbox.
    """
    return f"""\
{_agent(installation, "/usr/bin/procmail -m", "procmailrc", map_path)}
SHELL=/bin/sh

:0 wr
| {_command(installation)}

# No such logging address: refused, so that the sender is told (5.1.1).
ANSWER=$?
:0
* ANSWER ?? ^^67^^
{{
  EXITCODE=67
  :0
  /dev/null
}}

# Reached only when casefleet could not log the mail: nothing is lost, casefleet redeliver takes it from here.
:0 r
$HOME/{LATER}/
"""


def maildropfilter(installation: Installation, map_path: str | None = None) -> str:
    """The filter for maildrop (maildropfilter(7)): one delivery, and a Maildir where mail waits when that fails.

    Mail to an unknown address is refused, and does not wait. Raises ConfigError for a path it cannot hold.
    """
    command = _command(installation)
    if any("'" in word for word in (*installation.program, installation.database)):
        raise ConfigError("maildrop cannot call a path with an apostrophe; move it.")
    for letter in "\\$`":
        command = command.replace(letter, f"\\{letter}")
    return f"""\
{_agent(installation, "/usr/bin/maildrop", "mailfilter", map_path)}
SHELL="/bin/sh"

ANSWER=`{command}`
if ($RETURNCODE == 0)
{{
  exit
}}

# No such logging address: refused, so that the sender is told (5.1.1).
if ($RETURNCODE == 67)
{{
  EXITCODE=67
  exit
}}

# Reached only when casefleet could not log the mail: nothing is lost, casefleet redeliver takes it from here.
`test -d "$HOME/{LATER}" || maildirmake "$HOME/{LATER}"`
to "$HOME/{LATER}"
"""


def _agent(installation: Installation, program: str, kind: str, map_path: str | None) -> str:
    """How the logging domain comes to an agent that local(8) runs as the owner of the database."""
    user, path = installation.user, f"/etc/postfix/{installation.transport}.{kind}"
    return f"""\
{_domain(installation, user, map_path)}\
#   mailbox_command_maps = inline:{{ {{ {user} = {program} {path} }} }}
# This file is {path}: chown {user} {path}; chmod 600 {path}
"""


def _domain(installation: Installation, local: str, map_path: str | None) -> str:
    """The lines of main.cf that bring the logging domain to a local name, and the table that they ask."""
    domain, to = installation.domain, f"{local}@localhost"
    table = f"inline:{{ {{ @{domain} = {to} }} }}"
    asked = ""
    if map_path is not None:
        table = f"sqlite:{installation.map_cf_path}"
        lines = mailserver.map_cf(installation, map_path, f"'{to}'").splitlines()
        asked = "".join(f"#   {line}\n" for line in lines)
        asked = f"# {installation.map_cf_path} (needs the package postfix-sqlite):\n{asked}"
    return f"""\
{asked}\
# /etc/postfix/main.cf (append to the values that are there, localhost in mydestination; then: postfix reload):
#   virtual_alias_domains = {domain}
#   virtual_alias_maps = {table}
"""


def _command(installation: Installation) -> str:
    """The delivery as a line for a shell."""
    return shlex.join([*installation.program, "--db", installation.database, "deliver"])
