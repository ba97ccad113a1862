"""How values read on a page: dates, sizes, names, and what happened in words."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from casefleet_cli import clock
from casefleet_cli.core.moments.days import MONTHS, WEEKDAYS, Days
from casefleet_cli.core.spoofing.letters import visible as seen
from casefleet_cli.core.spoofing.suspicions import REASONS
from casefleet_cli.core.stacks import unstacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, tzinfo

MARK_START, MARK_END = "\ue000", "\ue001"
"""Private-use letters around a found word; they become <mark> after everything else was escaped."""
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_ROOMS = (10, 15, 20, 30, 40, 60, 80, 120, 160)
_LINE = 75
"""Letters of a line in a frame, about."""
_MARKED = re.compile(f"{MARK_START}([^{MARK_START}{MARK_END}]*){MARK_END}")
_QUOTED_FIELDS = frozenset(
    "from to cc sent date subject reply-to von an gesendet datum betreff de para enviado asunto à envoyé objet"
    " inviato oggetto van aan verzonden onderwerp från till skickat ämne".split()
)
"""The names of fields as mail programs write them above what they quote."""
_YEAR = re.compile(r"(?:19|20)[0-9][0-9]")
_MAIL_VERBS = {
    "logged": "Logged, not filed",
    "filed": "Filed by rule",
    "held": "Held",
    "released": "Let in",
    "given": "Given to a colleague",
    "noted": "Note",
    "labelled": "Labelled",
    "unlabelled": "Label taken away",
    "rejected": "Kept out of sight",
    "linked": "Linked",
    "unlinked": "Taken off",
    "told-apart": "Taken off; the copy was another mail",
    "reparsed": "Read again",
}
_PLACE_VERBS = {
    "opened": "opened",
    "closed": "closed",
    "reopened": "reopened",
    "lost": "marked as lost",
    "added": "added",
    "edited": "edited",
    "merged": "merged",
    "unmerged": "taken apart again",
    "split": "split",
    "frozen": "frozen: nothing of it is purged",
    "thawed": "no more frozen",
    "restricted": "restricted to its users and admins",
    "unrestricted": "no more restricted",
}
_OTHER_VERBS = {
    "rotated": "New BCC address",
    "disabled": "User disabled",
    "enabled": "User enabled",
    "imported": "Import",
    "converted": "Lead converted to a case",
    "stage-changed": "Stage changed",
    "setting-changed": "Setting changed",
    "published": "Snapshot published",
    "checked": "Conflict check",
}
_DEFECTS = {
    "msgid-collision": "Another e-mail carries the same Message-ID with other content; both are kept.",
    "not-understood": "This message could not be read; the original is kept whole.",
    "twin": "This is the same mail as another e-mail; both are in the journal and stay.",
    "alternatives-differ": "Its text and its HTML say different things: one program shows the one, another the other.",
    "smime-encrypted": "It is encrypted (S/MIME): only its recipient's mail program can open it.",
    "smime-damaged": "Its smime.p7m is damaged, so that what was signed could not be read.",
    "tnef-damaged": "Its winmail.dat is damaged; what comes before is read.",
    "msg-damaged": "An Outlook message (.msg) is damaged; what could be read of it is.",
    "msg-needs-casefleet[msg]": "An Outlook message (.msg) is attached and not opened: install casefleet[msg], then"
    " casefleet reparse.",
    "rtf-damaged": "The text of an Outlook message could not be read; the original is attached.",
    "attachment-not-in-container": "An attachment is named that the Outlook message does not hold.",
    "exchange-address-unresolved": "It names people by addresses of Exchange only, which are none of the internet.",
    "containers-too-deep": "Attachments are nested too deep; the inmost were left closed.",
    "containers-too-large": "Attachments hold more than is opened of one message; some were left closed.",
    "enclosed-text-cut": "The words of what is attached are many; the last ones are not searched.",
}


def clean(value: object) -> object:
    """Text without the letters that could disguise it or cover what is around it; anything else as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return unstacked(_UNSEEN.sub("", value))
    return value


def day(stamp: str, zone: tzinfo) -> str:
    """The day as a heading: "Today", "Yesterday", or the weekday and date, with the year unless it is this one."""
    days = Days(clock.now(), zone)
    moment = days.local(stamp)
    distance = (days.today - moment.date()).days
    if distance == 0:
        return f"Today, {moment.day} {MONTHS[moment.month - 1]}"
    if distance == 1:
        return f"Yesterday, {moment.day} {MONTHS[moment.month - 1]}"
    year = "" if moment.year == days.today.year else f" {moment.year}"
    return f"{WEEKDAYS[moment.weekday()]} {moment.day} {MONTHS[moment.month - 1]}{year}"


def date(stamp: str, zone: tzinfo) -> str:
    """The date, short: "17 Nov 2026"."""
    moment = _local(stamp, zone)
    return f"{moment.day} {MONTHS[moment.month - 1][:3]} {moment.year}"


def time(stamp: str, zone: tzinfo) -> str:
    """The time of day: "08:17"."""
    moment = _local(stamp, zone)
    return f"{moment.hour:02d}:{moment.minute:02d}"


def size(octets: int) -> str:
    """A size in the unit that reads best."""
    if octets < 1000:
        return f"{octets} bytes"
    amount = float(octets)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5 or unit == "GB":
            break
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 e-mail", "2 e-mails"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def at_most(number: int, cap: int) -> str:
    """A number that was counted only up to a cap: "1,000+" when it was reached."""
    return f"{cap:,}+" if number >= cap else f"{number:,}"


def extension(name: str) -> str:
    """A few letters that say what kind of file one of this name is."""
    return re.sub(r"[^A-Za-z0-9]", "", name.rpartition(".")[2] if "." in name else "")[:4].upper() or "FILE"


def marked(text: str) -> Markup:
    """A search snippet with the found words in <mark>, everything else escaped."""
    escaped = str(escape(clean(text)))
    whole = _MARKED.sub(r"<mark>\1</mark>", escaped)
    return Markup(whole.replace(MARK_START, "").replace(MARK_END, ""))  # noqa: S704 - escaped two lines above


def made(content: str) -> Markup:
    """What the templates under /data have made, which escape what they are given as ours do."""
    return Markup(content)  # noqa: S704 - see above


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def short(text: str, letters: int) -> str:
    """The text, cut at so many letters with an ellipsis."""
    return text if len(text) <= letters else text[:letters] + "…"


def both_ends(text: str, letters: int) -> str:
    """As `short`, but cut in the middle: what an address ends with says whose it is."""
    half = letters // 2
    return text if len(text) <= letters else f"{text[:half]}…{text[-half:]}"


def visible(text: str) -> str:
    """The text without the letters that nobody sees."""
    return seen(text)


def reasons(names: Iterable[str]) -> str:
    """Why a mail deserves a second look, in few words."""
    return "; ".join(REASONS[name] for name in names)


def unmarked(snippet: str) -> str:
    """A search snippet for programs."""
    return snippet.replace(MARK_START, "").replace(MARK_END, "")


def preview(text: str) -> str:
    """The beginning of a mail on one line, without quoted lines, the headers of what is quoted, and rules."""
    lines = (line.strip() for line in text.splitlines())
    return " ".join(line for line in lines if line and not _is_furniture(line))[:280]


def _is_furniture(line: str) -> bool:
    """Whether a line says nothing by itself: it is quoted, or is what mail programs write around what they quote."""
    if line.startswith((">", "|")) or not any(letter.isalnum() for letter in line):
        return True
    if line.startswith("--") and line.endswith("--"):
        return True
    name, colon, _ = line.partition(":")
    if colon and name.strip(" *").casefold() in _QUOTED_FIELDS:
        return True
    return line.endswith(":") and len(line) > 20 and ("@" in line or _YEAR.search(line) is not None)


def room(text: str) -> int:
    """The lines that a frame needs for a mail of this text, by a number that style.css knows; longer ones scroll."""
    lines = sum(1 + len(line) // _LINE for line in text[: _ROOMS[-1] * _LINE].splitlines())
    needed = lines * 5 // 4 + 2  # headings and tables are taller than lines
    return next((lines for lines in _ROOMS if needed <= lines), _ROOMS[-1])


def defect(name: str) -> str:
    """What was wrong with the bytes, for a person."""
    return _DEFECTS.get(name, name.replace("-", " ").capitalize() + ".")


def folded(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Activities with those about no e-mail that stand together, two or more, in one entry: `folded`."""
    told: list[Mapping[str, Any]] = []
    for is_mail, group in groupby(entries, key=lambda entry: entry["email_id"] is not None):
        some = list(group)
        told += some if is_mail or len(some) == 1 else [{"at": some[0]["at"], "folded": some}]
    return told


def happened(entry: Mapping[str, Any]) -> str:
    """What an activity was, in a few words, with who did it."""
    verb, who, about = str(entry["verb"]), entry["user"], entry["about_user"]
    by = f" by {who}" if who else ""
    if verb in _MAIL_VERBS:
        owner = f" for {about}" if about and verb == "held" else ""
        return f"{_MAIL_VERBS[verb]}{owner}{by}"
    if verb == "erased":
        return f"Words of activity {entry['about_activity_id']} erased{by}"
    if verb in ("assigned", "removed"):
        whom = entry["contact"] or about or "Somebody"
        what = " the case" if entry["case_id"] else " the lead" if entry["lead_id"] else ""
        did = "taken off" if verb == "removed" else "assigned to" if what else "assigned"
        return f"{whom} {did}{what}{by}"
    if verb in _PLACE_VERBS:
        return f"{_subject(entry)} {_PLACE_VERBS[verb]}{by}"
    return f"{_OTHER_VERBS.get(verb, verb.replace('-', ' ').capitalize())}{by}"


def by_day(
    entries: Iterable[Mapping[str, Any]], key: str = "at", *, zone: tzinfo
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Entries, newest first, in one group a day with its heading."""
    groups: list[tuple[str, list[Mapping[str, Any]]]] = []
    for entry in entries:
        heading = day(entry[key], zone)
        if not groups or groups[-1][0] != heading:
            groups.append((heading, []))
        groups[-1][1].append(entry)
    return groups


def by_moment(entries: Iterable[Mapping[str, Any]], *, zone: tzinfo) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Emails in the order of their moments, in groups as `by_day`; one without a moment is in that of its logging."""
    dated = [{**entry, "sorts_at": entry["date"] or entry["logged_at"]} for entry in entries]
    return by_day(dated, "sorts_at", zone=zone)


def _local(stamp: str, zone: tzinfo) -> datetime:
    return Days(clock.now(), zone).local(stamp)


def _subject(entry: Mapping[str, Any]) -> str:
    if entry["lead_id"] and not entry["case_id"]:
        return "Lead"
    if entry["case_id"]:
        return "Case"
    if entry["contact"]:
        return f"Contact {entry['contact']}"
    return f"User {entry['about_user']}" if entry["about_user"] else "Record"
