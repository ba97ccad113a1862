"""The plain tables that a firm's data are shown in where people ask their own questions: their names, columns, queries.

`publish` fills a file with them, the pages under /data look through them. Neither has held nor rejected mail,
originals, settings or addresses of logging. Every name and text that people typed goes through the mask of secrets
(`masked`); what is derived from mail is masked already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from casefleet_cli.store.activities import WITH_TEXTS, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable


class Choice(NamedTuple):
    """The rows that are shown, in the SQL of whoever chooses them."""

    mail: str
    """What gives the e-mails `e` in FROM."""
    is_mail: Callable[[str], str]
    """Whether the number in a column is that of an e-mail that is shown; so for the others."""
    is_case: Callable[[str], str]
    is_lead: Callable[[str], str]
    is_contact: Callable[[str], str]
    activities: str
    """The condition on the activities `a`."""
    standing: str = "e.standing"
    """The standing of an e-mail `e` that is shown."""


class Table(NamedTuple):
    """A table, and the query that gives its rows."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Each with its declaration in SQL."""
    query: Callable[[Choice], str]
    indexed: tuple[str, ...] = ()
    is_counted: bool = False
    """Whether its rows have no number of their own, so that the first column numbers them where they are kept."""

    @property
    def references(self) -> dict[str, tuple[str, str]]:
        """The columns that name a row of another table, with that table and its column."""
        found = ((name, _REFERENCE.search(declared)) for name, declared in self.columns)
        return {name: (match[1], match[2]) for name, match in found if match}


CHOSEN = {
    "cases": "SELECT k.id FROM cases AS k WHERE {cases}",
    "leads": "SELECT d.id FROM leads AS d WHERE {leads}",
    "mail": "SELECT e.id FROM emails AS e WHERE e.standing IN ('linked', 'unassigned') AND {emails}",
    "contacts": "SELECT c.id FROM contacts AS c WHERE c.merged_into_id IS NULL AND {contacts}",
}
"""The numbers of what is shown, by the conditions of a sight."""
_REFERENCE = re.compile(r"REFERENCES (\w+)\((\w+)\)")
_WORDS = WORDS.removesuffix(" AS detail")
_DATE = "coalesce(e.sent_at, e.logged_at)"
_NUMBER = "INTEGER PRIMARY KEY"

# The casts let SQLite go through both halves of a UNION in the order that is asked for: they must be alike.
TABLES = (
    Table(
        "contacts",
        (("number", _NUMBER), ("name", "TEXT"), ("kind", "TEXT"), ("addresses", "TEXT"), ("note", "TEXT")),
        lambda of: "SELECT c.id, masked(c.name), c.kind, (SELECT group_concat(address, ', ') FROM (SELECT address FROM"
        " contact_addresses WHERE contact_id = c.id ORDER BY id)), masked(c.note)"
        f" FROM contacts AS c WHERE {of.is_contact('c.id')}",
        ("name", "kind"),
    ),
    Table(
        "cases",
        (("number", "TEXT PRIMARY KEY"), ("title", "TEXT"), ("status", "TEXT"), ("opened", "TEXT"), ("closed", "TEXT"),
         ("mails", "INTEGER"), ("contacts", "TEXT"), ("team", "TEXT")),
        lambda of: "SELECT k.number, masked(k.title), k.status, k.opened_at, k.closed_at,"
        f" (SELECT count(*) FROM email_cases AS l WHERE l.case_id = k.id AND {of.is_mail('l.email_id')}),"
        " (SELECT group_concat(who, ', ') FROM (SELECT masked(c.name) || CASE l.role WHEN '' THEN '' ELSE"
        " ' (' || masked(l.role) || ')' END AS who FROM case_contacts AS l JOIN contacts AS c ON c.id = l.contact_id"
        f" WHERE l.case_id = k.id AND {of.is_contact('c.id')} ORDER BY c.id)),"
        " (SELECT group_concat(name, ', ') FROM (SELECT masked(u.name) AS name FROM case_users AS l JOIN users AS u"
        " ON u.id = l.user_id WHERE l.case_id = k.id ORDER BY u.id))"
        f" FROM cases AS k WHERE {of.is_case('k.id')}",
        ("title", "status", "opened"),
    ),
    Table(
        "leads",
        (("number", _NUMBER), ("name", "TEXT"), ("status", "TEXT"), ("stage", "TEXT"), ("source", "TEXT"),
         ("opened", "TEXT"), ("ended", "TEXT"), ("case", "TEXT REFERENCES cases(number)"), ("mails", "INTEGER")),
        lambda of: "SELECT d.id, masked(d.name), d.status, masked(d.stage), masked(d.source), d.opened_at, d.ended_at,"
        f" (SELECT k.number FROM cases AS k WHERE k.id = d.case_id AND {of.is_case('k.id')}),"
        f" (SELECT count(*) FROM email_leads AS l WHERE l.lead_id = d.id AND {of.is_mail('l.email_id')})"
        f" FROM leads AS d WHERE {of.is_lead('d.id')}",
        ("opened", "status", "stage", "source", "case"),
    ),
    Table(
        "mail",
        (("number", _NUMBER), ("date", "TEXT"), ("from", "TEXT"), ("from_address", "TEXT"), ("to", "TEXT"),
         ("subject", "TEXT"), ("standing", "TEXT"), ("cases", "TEXT"), ("leads", "TEXT"), ("attachments", "INTEGER"),
         ("size", "INTEGER"), ("logged", "TEXT"), ("year", "TEXT"), ("month", "TEXT"), ("text", "TEXT")),
        lambda of: f"SELECT e.id, {_DATE}, e.from_name, e.from_address,"
        " (SELECT group_concat(address, ', ') FROM (SELECT DISTINCT r.address FROM email_recipients AS r"
        " WHERE r.email_id = e.id AND r.kind IN ('to', 'cc') ORDER BY r.id LIMIT 50)),"
        f" e.subject, {of.standing},"
        " (SELECT group_concat(k.number, ', ') FROM email_cases AS l CROSS JOIN cases AS k ON k.id = l.case_id"
        f" WHERE l.email_id = e.id AND {of.is_case('k.id')}),"
        " (SELECT group_concat(masked(d.name), ', ') FROM email_leads AS l JOIN leads AS d ON d.id = l.lead_id"
        f" WHERE l.email_id = e.id AND {of.is_lead('d.id')}),"
        " (SELECT count(*) FROM attachments AS t WHERE t.email_id = e.id), e.size, e.logged_at,"
        f" substr({_DATE}, 1, 4), substr({_DATE}, 1, 7), e.text"
        f" FROM {of.mail} WHERE {of.is_mail('e.id')}",
        ("date", "from_address", "standing", "year", "month", "attachments", "logged"),
    ),
    Table(
        "filings",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("case", "TEXT REFERENCES cases(number)"),
         ("lead", "INTEGER REFERENCES leads(number)"), ("date", "TEXT"), ("from_address", "TEXT"), ("subject", "TEXT"),
         ("filed_by", "TEXT"), ("person", "TEXT"), ("filed", "TEXT")),
        lambda of: f"SELECT NULL, e.id, k.number, CAST(NULL AS INTEGER), {_DATE}, e.from_address, e.subject,"
        f" l.linked_by, masked(u.name), l.linked_at FROM {of.mail}"
        " CROSS JOIN email_cases AS l ON l.email_id = e.id JOIN cases AS k ON k.id = l.case_id"
        f" LEFT JOIN users AS u ON u.id = l.user_id WHERE {of.is_mail('e.id')} AND {of.is_case('k.id')}"
        f" UNION ALL SELECT NULL, e.id, CAST(NULL AS TEXT), d.id, {_DATE}, e.from_address, e.subject,"
        f" l.linked_by, masked(u.name), l.linked_at FROM {of.mail}"
        " CROSS JOIN email_leads AS l ON l.email_id = e.id JOIN leads AS d ON d.id = l.lead_id"
        f" LEFT JOIN users AS u ON u.id = l.user_id WHERE {of.is_mail('e.id')} AND {of.is_lead('d.id')}",
        ("mail", "case", "lead", "date", "from_address", "filed_by", "person", "filed"),
        is_counted=True,
    ),
    Table(
        "people",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("role", "TEXT"), ("name", "TEXT"),
         ("address", "TEXT"), ("date", "TEXT")),
        lambda of: f"SELECT NULL, e.id, CAST('from' AS TEXT), e.from_name, e.from_address, {_DATE} FROM {of.mail}"
        f" WHERE {of.is_mail('e.id')}"
        f" UNION ALL SELECT NULL, e.id, r.kind, r.name, r.address, {_DATE} FROM {of.mail}"
        f" CROSS JOIN email_recipients AS r ON r.email_id = e.id WHERE {of.is_mail('e.id')}",
        ("mail", "role", "address", "date"),
        is_counted=True,
    ),
    Table(
        "contact_mail",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"),
         ("contact", "INTEGER REFERENCES contacts(number)"), ("linked_by", "TEXT"), ("date", "TEXT")),
        lambda of: f"SELECT NULL, e.id, l.contact_id, l.linked_by, {_DATE} FROM {of.mail}"
        " CROSS JOIN email_contacts AS l ON l.email_id = e.id"
        f" WHERE {of.is_mail('e.id')} AND {of.is_contact('l.contact_id')}",
        ("mail", "contact", "linked_by", "date"),
        is_counted=True,
    ),
    Table(
        "attachments",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("name", "TEXT"), ("type", "TEXT"),
         ("size", "INTEGER"), ("in_the_text", "INTEGER"), ("date", "TEXT")),
        lambda of: f"SELECT t.id, e.id, t.filename, t.content_type, t.size, t.is_inline, {_DATE} FROM {of.mail}"
        f" CROSS JOIN attachments AS t ON t.email_id = e.id WHERE {of.is_mail('e.id')}",
        ("mail", "type", "size", "date"),
    ),
    Table(
        "arrivals",
        (("number", _NUMBER), ("mail", "INTEGER REFERENCES mail(number)"), ("for_user", "TEXT"), ("arrived_by", "TEXT"),
         ("arrived", "TEXT"), ("date", "TEXT")),
        lambda of: f"SELECT d.id, e.id, masked(u.name), d.source, d.received_at, {_DATE} FROM {of.mail}"
        " CROSS JOIN deliveries AS d ON d.email_id = e.id JOIN users AS u ON u.id = d.user_id"
        f" WHERE d.standing IN ('routed', 'released') AND {of.is_mail('e.id')}",
        ("mail", "for_user", "arrived_by", "arrived", "date"),
    ),
    Table(
        "feed",
        (("number", _NUMBER), ("at", "TEXT"), ("who", "TEXT"), ("what", "TEXT"),
         ("case", "TEXT REFERENCES cases(number)"), ("lead", "INTEGER REFERENCES leads(number)"),
         ("contact", "INTEGER REFERENCES contacts(number)"),
         ("mail", "INTEGER REFERENCES mail(number)"), ("about", "TEXT"), ("words", "TEXT")),
        lambda of: "SELECT a.id, a.at, (SELECT masked(name) FROM users WHERE id = a.user_id), a.verb,"
        f" CASE WHEN {of.is_case('a.case_id')} THEN (SELECT k.number FROM cases AS k WHERE k.id = a.case_id) END,"
        f" CASE WHEN {of.is_lead('a.lead_id')} THEN a.lead_id END,"
        f" CASE WHEN {of.is_contact('a.contact_id')} THEN a.contact_id END, a.email_id,"
        " (SELECT masked(name) FROM users WHERE id = a.about_user_id),"
        f" masked((SELECT {_WORDS} FROM (SELECT a.digest) {WITH_TEXTS}))"
        f" FROM activities AS a WHERE {of.activities} AND (a.email_id IS NULL OR {of.is_mail('a.email_id')})"
        f" AND (a.email_id IS NOT NULL OR coalesce({of.is_case('a.case_id')}, 0)"
        f" OR coalesce({of.is_lead('a.lead_id')}, 0) OR coalesce({of.is_contact('a.contact_id')}, 0))"
        f" AND (:case IS NULL OR coalesce({of.is_case('a.case_id')}, 0) OR coalesce({of.is_lead('a.lead_id')}, 0)"
        " OR (a.case_id IS NULL AND a.lead_id IS NULL AND a.email_id IS NOT NULL))",
        ("at", "who", "what", "case", "lead", "contact", "mail"),
    ),
)  # fmt: skip
DECISIONS = Table(
    "decisions",
    (("number", _NUMBER), ("decided", "TEXT"), ("mail", "INTEGER REFERENCES mail(number)"), ("for_user", "TEXT"),
     ("outcome", "TEXT"), ("reason", "TEXT"), ("arrived_by", "TEXT"), ("rule", "TEXT"), ("recipient", "TEXT")),
    lambda of: "SELECT n.id, n.decided_at, n.email_id, masked(u.name), n.outcome, n.reason, d.source, n.verdicts, n.tag"
    f" FROM {of.mail} CROSS JOIN decisions AS n ON n.email_id = e.id JOIN deliveries AS d ON d.id = n.delivery_id"
    f" JOIN users AS u ON u.id = d.user_id WHERE {of.is_mail('e.id')}",
    ("decided", "mail", "for_user", "outcome", "reason", "arrived_by", "rule"),
)  # fmt: skip
"""What routing decided; what is out of sight in it is left out, so its rows are made here and not by SQLite."""
SEARCHED = ("subject", "text", "from", "from_address", "to")
"""The columns of mail that are searched by words."""
