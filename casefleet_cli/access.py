"""Who sees what and may do what: the one place that knows what a role means, for commands and for pages.

Admins see everything. Standard users see everything but mail of others that was never let in, and the restricted cases
that they are not assigned to, which are as if there were none, also for the rules and suggestions. Limited users and
guests see the cases they are assigned to, with what belongs to those, and their own mail until it is filed; limited
users file mail there, guests change nothing. What somebody may not see is answered as if it did not exist.
"""

from __future__ import annotations

from casefleet_cli.errors import UsageError
from casefleet_cli.light import TYPE_CHECKING, NamedTuple
from casefleet_cli.store import cases, deliveries, links, references, sight, users
from casefleet_cli.store.sight import Sight, both, either

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

ADMINS = ("admin",)
COLLEAGUES = ("admin", "standard")
WORKING = ("admin", "standard", "limited")
EVERYBODY = ("admin", "standard", "limited", "guest")


class NotAllowedError(UsageError):
    """The role of who acts does not include this."""


class Right(NamedTuple):
    """Who may use a command or open a page; what it shows is a matter of sight."""

    roles: tuple[str, ...]
    """Empty where nobody of the firm is asked: it shows and changes nothing of it."""
    is_of_machine: bool = False
    """Whether it is not for colleagues, who come through sudo, whatever their role."""
    files: tuple[str, ...] = ()
    """The parameters that name files; colleagues give standard input or output instead."""


_OF_NOBODY = Right((), is_of_machine=True)
_OF_MACHINE = Right(ADMINS, is_of_machine=True)
_ADMINS = Right(ADMINS)
_COLLEAGUES = Right(COLLEAGUES)
_WORKING = Right(WORKING)
_EVERYBODY = Right(EVERYBODY)

RIGHTS = {
    "init": _OF_NOBODY,
    "migrate": _OF_MACHINE,
    "settings": _ADMINS,
    "user add": _ADMINS,
    "user list": _COLLEAGUES,
    "user show": _EVERYBODY,
    "user edit": _ADMINS,
    "user rotate": _ADMINS,
    "user disable": _ADMINS,
    "user enable": _ADMINS,
    "user vcard": _EVERYBODY,
    "user password": _EVERYBODY,
    "contact add": _COLLEAGUES,
    "contact list": _EVERYBODY,
    "contact show": _EVERYBODY,
    "contact edit": _COLLEAGUES,
    "contact merge": _COLLEAGUES,
    "contact unmerge": _COLLEAGUES,
    "contact split": _COLLEAGUES,
    "contact import": Right(COLLEAGUES, files=("path",)),
    "contact export": _EVERYBODY,
    "case open": _COLLEAGUES,
    "case list": _EVERYBODY,
    "case show": _EVERYBODY,
    "case edit": _COLLEAGUES,
    "case close": _COLLEAGUES,
    "case reopen": _COLLEAGUES,
    "case assign": _COLLEAGUES,
    "case unassign": _COLLEAGUES,
    "case freeze": _ADMINS,
    "case thaw": _ADMINS,
    "case restrict": _WORKING,
    "case unrestrict": _WORKING,
    "lead open": _COLLEAGUES,
    "lead list": _EVERYBODY,
    "lead show": _EVERYBODY,
    "lead edit": _COLLEAGUES,
    "lead stage": _COLLEAGUES,
    "lead lose": _COLLEAGUES,
    "lead reopen": _COLLEAGUES,
    "lead convert": _COLLEAGUES,
    "deliver": _OF_NOBODY,
    "lmtp": _OF_MACHINE,
    "redeliver": _OF_MACHINE,
    "import": Right(WORKING, files=("paths",)),
    "imports list": _ADMINS,
    "imports show": _ADMINS,
    "inspect": Right((), files=("paths",)),
    "help": Right(()),
    "route": _EVERYBODY,
    "explain": _EVERYBODY,
    "email list": _EVERYBODY,
    "email show": _EVERYBODY,
    "email give": _WORKING,
    "email print": _EVERYBODY,
    "email save": Right(EVERYBODY, files=("to",)),
    "unassigned": _EVERYBODY,
    "triage": _WORKING,
    "link": _WORKING,
    "link --new-contact": _COLLEAGUES,
    "unlink": _WORKING,
    "move": _WORKING,
    "release": _WORKING,
    "reject": _WORKING,
    "note": _WORKING,
    "label": _WORKING,
    "unlabel": _WORKING,
    "never-log add": _WORKING,
    "never-log remove": _WORKING,
    "never-log list": _EVERYBODY,
    "feed": _EVERYBODY,
    "notifications": _EVERYBODY,
    "notifications read": _WORKING,
    "count": _EVERYBODY,
    "who": _EVERYBODY,
    "who --record": _ADMINS,
    "who --recorded": _ADMINS,
    "search": _EVERYBODY,
    "search --save": _WORKING,
    "search --forget": _WORKING,
    "serve": Right(EVERYBODY, is_of_machine=True),
    "signin": _EVERYBODY,
    "atom add": _EVERYBODY,
    "atom list": _EVERYBODY,
    "atom revoke": _EVERYBODY,
    "publish": _OF_MACHINE,
    "reads": _ADMINS,
    "export": Right(WORKING, files=("to",)),
    "verify": _ADMINS,
    "backup": _OF_MACHINE,
    "restore": _OF_MACHINE,
    "recover": _OF_MACHINE,
    "reparse": _ADMINS,
    "install": _OF_MACHINE,
    "doctor": _OF_MACHINE,
    "postfix": _OF_MACHINE,
    "sudoers": _OF_MACHINE,
    "page home": _EVERYBODY,
    "page all_cases": _EVERYBODY,
    "page all_leads": _EVERYBODY,
    "page all_contacts": _EVERYBODY,
    "page case": _EVERYBODY,
    "page case_journal": _EVERYBODY,
    "page case_files": _EVERYBODY,
    "page case_viewers": _COLLEAGUES,
    "page lead": _EVERYBODY,
    "page lead_journal": _EVERYBODY,
    "page lead_files": _EVERYBODY,
    "page contact": _EVERYBODY,
    "page email": _EVERYBODY,
    "page email_html": _EVERYBODY,
    "page email_people": _EVERYBODY,
    "page email_files": _EVERYBODY,
    "page email_viewers": _COLLEAGUES,
    "page attachment": _EVERYBODY,
    "page unassigned": _EVERYBODY,
    "page held": _EVERYBODY,
    "page found": _EVERYBODY,
    "page told": _EVERYBODY,
    "page profile": _EVERYBODY,
    "page vcard": _EVERYBODY,
    "page journal": _ADMINS,
    "page data": _EVERYBODY,
}
"""Every command by its words, options that are for fewer than their command, and every page by the function that makes
it; a new one without a right is refused."""

_WHOSE = {ADMINS: "admins", COLLEAGUES: "admins and standard users", WORKING: "everybody but guests"}
_ROLES = {"admin": "an admin", "standard": "a standard user", "limited": "a limited user", "guest": "a guest",
          "nobody": "disabled"}  # fmt: skip


class Viewer(NamedTuple):
    """Who asks: a user of the firm, or (user_id None) the person who runs this machine."""

    user_id: int | None
    name: str
    role: str

    @property
    def is_admin(self) -> bool:
        """Whether nothing but secrets is hidden."""
        return self.role == "admin"

    @property
    def sees_firm(self) -> bool:
        """Whether all cases, leads and contacts of the firm are in sight."""
        return self.role in ("admin", "standard")

    @property
    def sight(self) -> Sight:
        """The rows that are in sight; the journal of user accounts is for admins."""
        if self.is_admin:
            return sight.EVERYTHING._replace(user_id=self.user_id or 0)
        if self.role == "standard":
            emails = both(either(sight.let_in, sight.owned), sight.not_only_on_walled)
            return Sight(
                user_id=self.user_id or 0,
                emails=emails,
                cases=sight.not_walled,
                leads=sight.became_no_walled,
                contacts=sight.everything,
                about=both(sight.about_mail_or_matters, sight.about_no_walled),
                hidden_numbers=sight.ONLY_ON_WALLED,
            )
        return Sight(
            user_id=self.user_id or 0,
            emails=sight.of_mine,
            cases=sight.my_cases,
            leads=sight.became_my_case,
            contacts=sight.of_my_cases,
            about=sight.about_my_cases,
            email_numbers=sight.OF_MINE,
        )

    def may(self, what: str) -> bool:
        """Whether the role includes a command or page of RIGHTS; never for what stands there not."""
        right = RIGHTS.get(what)
        return right is not None and (not right.roles or self.role in right.roles)


THIS_COMPUTER = Viewer(None, "this computer", "admin")
NOBODY = Viewer(0, "nobody", "nobody")
"""Who has no right, and sees nothing of the firm."""


def asks_for_a_role(command: str) -> bool:
    """Whether a command is not for everybody who can start it; one without a right is for nobody."""
    return command not in RIGHTS or bool(RIGHTS[command].roles)


def require(viewer: Viewer, command: str) -> None:
    """Raise NotAllowedError unless a viewer may use a command."""
    if not viewer.may(command):
        whose = _WHOSE[RIGHTS[command].roles] if command in RIGHTS else "nobody yet"
        role = _ROLES[viewer.role]
        raise NotAllowedError(f"casefleet {command} is for {whose}, and {viewer.name} is {role}; ask an admin.")


def require_own(viewer: Viewer, user_id: int | None, what: str) -> None:
    """Raise NotAllowedError unless a viewer asks for what is the own, or as an admin."""
    if not viewer.is_admin and viewer.user_id != user_id:
        raise NotAllowedError(f"You may ask for your own {what} only; name yourself, or ask an admin.")


def who(connection: sqlite3.Connection, user_id: int | None) -> Viewer:
    """The viewer who acts as a user, or (None) as the person who runs this machine; a disabled user sees nothing."""
    if user_id is None:
        return THIS_COMPUTER
    return of_user(connection, user_id) or NOBODY


def of_user(connection: sqlite3.Connection, user_id: int) -> Viewer | None:
    """The user as a viewer, or None when there is no such user or it is disabled."""
    known = users.active(connection, user_id)
    return None if known is None else Viewer(user_id, *known)


class Seer(NamedTuple):
    """A user who may see something, and why."""

    id: int
    name: str
    role: str
    why: str


_WHY = {"admin": "Admins see everything.", "standard": "Standard users see the {} of the firm."}


def seers_of_email(connection: sqlite3.Connection, email_id: int) -> list[Seer]:
    """The users who may see an email now, in the order of their numbers; disabled ones see nothing."""
    places = links.places_of(connection, email_id, sight.EVERYTHING)
    on_cases = {place["id"]: place["number"] for place in places if place["kind"] == "case"}

    def why(viewer: Viewer) -> str:
        on = [number for case_id, number in on_cases.items() if _is_on(connection, case_id, viewer)]
        if on:
            return f"On case {', '.join(on)}."
        if deliveries.is_of(connection, email_id, viewer.user_id or 0):
            return "It was logged for them."
        return _WHY.get(viewer.role, "It is on a case of theirs.").format("mail")

    return _seers(connection, "email", email_id, why)


def seers_of_case(connection: sqlite3.Connection, case_id: int) -> list[Seer]:
    """The users who may see a case now, in the order of their numbers; disabled ones see nothing."""

    def why(viewer: Viewer) -> str:
        return "On this case." if _is_on(connection, case_id, viewer) else _WHY[viewer.role].format("cases")

    return _seers(connection, "case", case_id, why)


def _is_on(connection: sqlite3.Connection, case_id: int, viewer: Viewer) -> bool:
    return cases.is_assigned(connection, case_id, viewer.user_id or 0)


def _seers(connection: sqlite3.Connection, noun: str, number: int, why: Callable[[Viewer], str]) -> list[Seer]:
    viewers = (Viewer(*known) for known in users.all_active(connection))
    return [
        Seer(viewer.user_id or 0, viewer.name, viewer.role, why(viewer))
        for viewer in viewers
        if references.is_in_sight(connection, viewer.sight, noun, number)
    ]
