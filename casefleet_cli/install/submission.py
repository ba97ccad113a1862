"""The lines by which Postfix logs all that users send, without anybody typing a Bcc.

Only the service by which they send, signed in, has the cleanup that adds the copy: whoever writes a user's address as
the sender of a mail at port 25 has nothing copied, and another user who is signed in is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casefleet_cli.install import mailserver
from casefleet_cli.store import recipients as stored

if TYPE_CHECKING:
    from casefleet_cli.install.mailserver import Installation

SENDERS, LOGINS = "senders", "logins"
LISTS = "mua_sender_bcc_maps", "mua_sender_login_maps"
_QUERIES = {SENDERS: stored.BCC_OF_SENDER, LOGINS: stored.LOGINS_OF_SENDER}


def table_path(installation: Installation, table: str) -> str:
    """Where Postfix reads how to ask the map for SENDERS or LOGINS."""
    return f"/etc/postfix/{installation.transport}-{table}.cf"


def main_cf(installation: Installation) -> str:
    """The settings for main.cf: lists, so that another firm of the server can append its tables."""
    paths = (table_path(installation, table) for table in (SENDERS, LOGINS))
    return "".join(f"{name} = sqlite:{path}\n" for name, path in zip(LISTS, paths, strict=True))


def master_cf() -> str:
    """The submission service and its cleanup for master.cf (smtpd(8), cleanup(8)): the same for every firm."""
    return """\
submission inet n - y - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sender_login_maps=$mua_sender_login_maps
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o cleanup_service_name=mua-cleanup
mua-cleanup unix n - n - 0 cleanup
  -o sender_bcc_maps=$mua_sender_bcc_maps
"""


def table_cf(table: str, map_path: str) -> str:
    """A sqlite: table that asks the map (sqlite_table(5)); raises ConfigError for a path that it cannot name."""
    return f"dbpath = {mailserver.readable(map_path)}\nquery = {_QUERIES[table]}\n"
