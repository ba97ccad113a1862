"""The lines that connect a mail server with this installation."""

from __future__ import annotations

from typing import NamedTuple

# Whatever happens to the program (missing in an upgrade: 127, a fault of Python: 1) defers the mail; only 67 bounces.
# In master.cf `$$` is a plain `$`, and braces keep the words of one argument together (Postfix 3.0 and newer).
_GUARD = '/bin/sh -c { "$$@"; code=$$?; test $$code = 0 || test $$code = 67 || code=75; exit $$code } casefleet'
TRANSPORT = "casefleet"
TIME_LIMIT = "300s"
"""Longer than a delivery takes before it gives up by itself (lda.TIME_LIMIT_SECONDS), so that Postfix never bounces."""


class Installation(NamedTuple):
    """Where this installation lives on its machine."""

    program: str
    """Absolute path of the casefleet program."""
    database: str
    """Absolute path of the database."""
    user: str
    """The unprivileged unix user who owns the database."""
    domain: str
    """The logging domain."""
    processes: int = 20
    """Deliveries at once."""


def main_cf(installation: Installation) -> str:
    """The settings for Postfix's main.cf (postconf(5)); a setting that is there already gets the value appended."""
    return f"""\
relay_domains = {installation.domain}
transport_maps = inline:{{ {installation.domain}={TRANSPORT}: }}
{TRANSPORT}_destination_recipient_limit = 1
{TRANSPORT}_time_limit = {TIME_LIMIT}
"""


def master_cf(installation: Installation) -> str:
    """The transport for Postfix's master.cf (master(5), pipe(8))."""
    return f"""\
{TRANSPORT} unix - n n - {installation.processes} pipe
  flags=Rq user={installation.user} null_sender=
  argv={_GUARD}
  {installation.program} --db {installation.database} deliver
  --recipient=${{recipient}} --sender=${{sender}} --queue-id=${{queue_id}}
"""


def recipient_map(installation: Installation) -> str:
    """The sqlite: table by which Postfix refuses unknown BCC addresses at SMTP time (sqlite_table(5))."""
    return f"""\
dbpath = {installation.database}
query = SELECT 1 FROM bcc_addresses AS b JOIN users AS u ON u.id = b.user_id WHERE b.address = lower('%s')
  AND u.disabled_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now'))
"""


def procmailrc(installation: Installation) -> str:
    """The recipe for procmail (procmailrc(5)): one delivery, and a mailbox where mail waits when that fails."""
    return f"""\
:0 w
| {installation.program} --db {installation.database} deliver

# Reached only when casefleet could not log the mail: nothing is lost, casefleet import takes it from here.
:0:
$HOME/casefleet-later.mbox
"""
