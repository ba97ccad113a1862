"""What somebody sees, as the conditions that queries take: each has a name here for what it means in SQL.

Who sees how much is decided in access, which knows the roles; the queries only put in what they are given.
"""

from __future__ import annotations

from collections.abc import Callable

from casefleet_cli.light import NamedTuple

Condition = Callable[[str], str]
"""A condition on the rows of a table, by the alias that the table has in a query; `:viewer` is who looks."""

_MY_CASES = "SELECT case_id FROM case_users WHERE user_id = :viewer"
_WALLED = f"SELECT walled.id FROM cases AS walled WHERE walled.restricted = 1 AND walled.id NOT IN ({_MY_CASES})"
"""The restricted cases that the viewer is not assigned to. It depends on no row: SQLite asks once a statement."""


class Sight(NamedTuple):
    """The rows of each table that are in sight of somebody."""

    user_id: int
    """Who looks; 0, which no user has, owns nothing and is on no case."""
    emails: Condition
    cases: Condition
    leads: Condition
    contacts: Condition
    about: Condition
    """Activities, by what else they are about than an email."""
    email_numbers: str = ""
    """Where few emails are in sight: their numbers, as a query that lists them, for who looks through many."""
    hidden_numbers: str = ""
    """Where few of the emails that were let in are out of sight: their numbers, likewise."""

    @property
    def activities(self) -> Condition:
        """Activities that are about no email, or about one in sight, and about nothing else that is not."""
        return self.about if self.emails is everything else both(self.about, about_no_email_but(self.emails))

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing out of sight."""
        return all(condition is everything for condition in self[1:6])

    def emails_by(self, number: str) -> str:
        """As `emails`, for the column of a number; the row of the email `e` is looked at only where it must be."""
        if not self.email_numbers:
            return self.emails("e")
        # The plus keeps SQLite from asking the search index about each of them.
        return f"{'' if number == 'e.id' else '+'}{number} IN ({self.email_numbers})"

    @property
    def parameters(self) -> dict[str, int]:
        """The values of the named parameters in the conditions."""
        return {"viewer": self.user_id}


def either(*conditions: Condition) -> Condition:
    """Rows that meet any of the conditions."""
    return lambda alias: f"({' OR '.join(condition(alias) for condition in conditions)})"


def both(*conditions: Condition) -> Condition:
    """Rows that meet each of the conditions."""
    return lambda alias: f"({' AND '.join(condition(alias) for condition in conditions)})"


def everything(alias: str) -> str:  # noqa: ARG001 - a Condition
    """All rows of any table."""
    return "1"


def let_in(alias: str) -> str:
    """Emails that are not held, nor were; who may see them finds them when they are rejected, too."""
    return f"({current(alias)} OR {alias}.rejected_at IS NOT NULL)"


def current(alias: str) -> str:
    """Emails that are neither held nor rejected."""
    return f"{alias}.standing IN ('linked', 'unassigned')"


def owned(alias: str) -> str:
    """Emails that were delivered for the viewer, or given to the viewer to be filed."""
    return (
        f"(EXISTS (SELECT 1 FROM deliveries AS own WHERE own.email_id = {alias}.id AND own.user_id = :viewer)"
        f" OR EXISTS (SELECT 1 FROM email_givings AS own WHERE own.email_id = {alias}.id AND own.user_id = :viewer))"
    )


def mine(alias: str) -> str:
    """Emails that are the viewer's to file: given last, or else delivered for the viewer and given to nobody."""
    return (
        "coalesce((SELECT given.user_id = :viewer FROM email_givings AS given"
        f" WHERE given.email_id = {alias}.id ORDER BY given.id DESC LIMIT 1),"
        f" EXISTS (SELECT 1 FROM deliveries AS own WHERE own.email_id = {alias}.id AND own.user_id = :viewer))"
    )


OF_MINE = f"""SELECT at.email_id FROM email_cases AS at WHERE at.case_id IN ({_MY_CASES})
UNION ALL SELECT at.email_id FROM leads AS was JOIN email_leads AS at ON at.lead_id = was.id
    WHERE was.case_id IN ({_MY_CASES})
UNION ALL SELECT waits.id FROM emails AS waits WHERE waits.standing <> 'linked' AND {owned("waits")}"""
"""The numbers of the emails on a case that the viewer is assigned to, or on a lead that became one, and of those that
were delivered for the viewer and are on no case and no lead. It depends on no row: SQLite asks once a statement."""


def of_mine(alias: str) -> str:
    """The emails of OF_MINE."""
    return f"{alias}.id IN ({OF_MINE})"


def my_cases(alias: str) -> str:
    """Cases that the viewer is assigned to."""
    return f"{alias}.id IN ({_MY_CASES})"


def became_my_case(alias: str) -> str:
    """Leads that became a case of the viewer."""
    return f"{alias}.case_id IN ({_MY_CASES})"


def of_my_cases(alias: str) -> str:
    """Contacts of a case that the viewer is assigned to, or of a lead that became one."""
    return (
        f"({alias}.id IN (SELECT on_case.contact_id FROM case_contacts AS on_case WHERE on_case.case_id IN"
        f" ({_MY_CASES})) OR {alias}.id IN (SELECT on_lead.contact_id FROM leads AS was JOIN lead_contacts AS on_lead"
        f" ON on_lead.lead_id = was.id WHERE was.case_id IN ({_MY_CASES})))"
    )


def not_walled(alias: str) -> str:
    """Cases but the restricted ones of others."""
    return f"{alias}.id NOT IN ({_WALLED})"


def became_no_walled(alias: str) -> str:
    """Leads but those that became a restricted case of others."""
    return f"coalesce({alias}.case_id NOT IN ({_WALLED}), 1)"


def not_only_on_walled(alias: str) -> str:
    """Emails but those that are on restricted cases of others, or on leads that became such, and nowhere else."""
    return (
        f"({alias}.standing <> 'linked' OR NOT EXISTS ({_WALLED})"
        f" OR EXISTS (SELECT 1 FROM email_cases AS at WHERE at.email_id = {alias}.id AND at.case_id NOT IN ({_WALLED}))"
        " OR EXISTS (SELECT 1 FROM email_leads AS at CROSS JOIN leads AS was ON was.id = at.lead_id"
        f" WHERE at.email_id = {alias}.id AND {became_no_walled('was')}))"
    )


_ON_WALLED = f"""SELECT at.email_id FROM email_cases AS at WHERE at.case_id IN ({_WALLED})
UNION SELECT at.email_id FROM leads AS was JOIN email_leads AS at ON at.lead_id = was.id
    WHERE was.case_id IN ({_WALLED})"""
ONLY_ON_WALLED = (
    f"SELECT hidden.id FROM ({_ON_WALLED}) AS at CROSS JOIN emails AS hidden ON hidden.id = at.email_id"
    f" WHERE NOT {not_only_on_walled('hidden')}"
)
"""The numbers of the emails that `not_only_on_walled` leaves out: they are on a restricted case of others, or on a lead
that became one."""
NOT_LET_IN = "SELECT kept.id FROM emails AS kept WHERE kept.standing <> 'linked' AND kept.standing <> 'unassigned'"
"""The numbers of the emails that are not `current`; the first condition is that of an index of few emails."""


def about_no_walled(alias: str) -> str:
    """Activities but those about a restricted case of others, or about a lead that became one."""
    was_lead = f"SELECT was.id FROM leads AS was WHERE was.case_id IN ({_WALLED})"
    return f"(coalesce({alias}.case_id NOT IN ({_WALLED}), 1) AND coalesce({alias}.lead_id NOT IN ({was_lead}), 1))"


def about_no_email_but(emails: Condition) -> Condition:
    """Activities about no email, about one of these, or about one that was on a case or lead and is there no more.

    Who shows the last says nothing of the email: that it was there, and who took it away and why, is of the case.
    """
    return lambda alias: (
        f"({alias}.email_id IS NULL"
        f" OR EXISTS (SELECT 1 FROM emails AS of_it WHERE of_it.id = {alias}.email_id AND {emails('of_it')})"
        f" OR {taken_off(alias)})"
    )


def taken_off(alias: str) -> str:
    """Activities about an email that was on a case or lead and is there no more."""
    return (
        f"({alias}.email_id IS NOT NULL AND ({alias}.case_id IS NOT NULL OR {alias}.lead_id IS NOT NULL)"
        f" AND NOT EXISTS (SELECT 1 FROM email_cases WHERE email_id = {alias}.email_id AND case_id = {alias}.case_id)"
        f" AND NOT EXISTS (SELECT 1 FROM email_leads WHERE email_id = {alias}.email_id AND lead_id = {alias}.lead_id))"
    )


def about_mail_or_matters(alias: str) -> str:
    """Activities about a case, a lead, a contact or an email: not those about the accounts of users."""
    columns = ("case_id", "lead_id", "contact_id", "email_id")
    return f"({' OR '.join(f'{alias}.{column} IS NOT NULL' for column in columns)})"


def about_my_cases(alias: str) -> str:
    """Activities about a case that the viewer is assigned to, or about a lead that became one."""
    was_lead = f"{alias}.lead_id IN (SELECT was.id FROM leads AS was WHERE was.case_id IN ({_MY_CASES}))"
    return f"({alias}.case_id IN ({_MY_CASES}) OR {was_lead})"


EVERYTHING = Sight(0, everything, everything, everything, everything, everything)
"""The sight of the program itself and of who runs this machine."""
