"""A small firm, straight into the tables, for tests that are about mail."""

from __future__ import annotations

import functools
import sqlite3
import tempfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from zlib import crc32

from casefleet_cli.core.moments.days import Days
from casefleet_cli.core.spoofing.suspicions import key
from casefleet_cli.store import activities, database, migrations, settings

NOW = "2026-01-01T00:00:00Z"
DAYS = Days(datetime(2026, 11, 24, 9, 0, tzinfo=UTC), UTC)
"""For queries without a database: a Tuesday."""
DOMAIN = "log.firm.example"
BCC = {
    "ada": "ada-7k3mq9x2vt4hc8wnp@log.firm.example",
    "carl": "carl-m2x8vq4tk7wn3hc9j@log.firm.example",
    "olga": "olga-oldoldoldoldold22@log.firm.example",
}


@functools.cache
def _empty() -> bytes:
    """A database file of this schema with nothing in it: to make one takes all the migrations there were."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/casefleet.db"
        connection = database.create_database(path)
        migrations.apply(connection)
        database.close_whole(connection, path)
        return Path(path).read_bytes()


def created(path: str) -> sqlite3.Connection:
    """A new database with nothing in it."""
    Path(path).touch(0o600, exist_ok=False)
    Path(path).write_bytes(_empty())
    return database.open_database(path)


class Firm:
    """Users ada and carl; contacts, cases and leads by name as a test asks for them."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "casefleet.db")
        self.db = created(self.path)
        settings.put(self.db, "logging_domain", DOMAIN)
        self.ada = self.user("Ada Berg", "ada@firm.example", BCC["ada"])
        self.carl = self.user("Carl Diaz", "carl@firm.example", BCC["carl"])

    def add(self, table: str, **values: object) -> int:
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        cursor = self.db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))
        return int(cursor.lastrowid or 0)

    def user(self, name: str, address: str, bcc: str) -> int:
        number = self.add("users", name=name, created_at=NOW)
        self.add("sender_addresses", user_id=number, address=address)
        self.add("bcc_addresses", user_id=number, address=bcc, created_at=NOW)
        return number

    def role(self, user: int, role: str) -> None:
        """Give a user another role than "standard"."""
        self.db.execute("UPDATE users SET role = ? WHERE id = ?", (role, user))

    def contact(self, name: str, *addresses: str) -> int:
        number = self.add("contacts", name=name, look=key(name), created_at=NOW)
        for address in addresses or (f"{name.lower()}@client.example",):
            self.add("contact_addresses", contact_id=number, address=address)
        return number

    def case(self, title: str, *contacts: int, status: str = "open") -> int:
        (count,) = self.db.execute("SELECT count(*) FROM cases").fetchone()
        number = self.add("cases", number=f"2026-{101 + count}", title=title, status=status, opened_at=NOW)
        for contact in contacts:
            self.add("case_contacts", case_id=number, contact_id=contact)
        return number

    def lead(self, name: str, *contacts: int, status: str = "open") -> int:
        number = self.add("leads", name=name, status=status, opened_at=NOW)
        for contact in contacts:
            self.add("lead_contacts", lead_id=number, contact_id=contact)
        return number

    def activities(self, columns: str, where: str = "1", *values: object) -> list[tuple]:
        """Columns of the journal; `detail` among them means the words."""
        asked = columns.replace("detail", activities.WORDS)
        return self.all(f"SELECT {asked} FROM activities AS a {activities.WITH_TEXTS} WHERE {where}", *values)

    def one(self, sql: str, *values: object) -> object:
        return self.db.execute(sql, values).fetchone()[0]

    def all(self, sql: str, *values: object) -> list[tuple]:
        return self.db.execute(sql, values).fetchall()

    def count(self, table: str) -> int:
        return int(self.one(f"SELECT count(*) FROM {table}"))


def mail(
    to: str = "",
    *,
    sender: str = "Ada Berg <ada@firm.example>",
    cc: str = "",
    bcc: str = "",
    subject: str = "Hearing",
    text: str = "Dear Anna, see you in court.",
    msgid: str | None = None,
    received: str = "",
    **headers: str,
) -> bytes:
    """The bytes of a plain mail."""
    message = EmailMessage()
    for name, value in {"From": sender, "To": to, "Cc": cc, "Bcc": bcc, "Subject": subject}.items():
        if value:
            message[name] = value
    message["Date"] = "Mon, 02 Nov 2026 09:30:00 +0100"
    message["Message-ID"] = f"<{msgid or crc32(repr((to, cc, subject, text)).encode())}@mail.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return (f"Received: {received}\n" if received else "").encode() + message.as_bytes()
