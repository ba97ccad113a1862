"""What the desk refuses, whoever asks."""

from __future__ import annotations

from pathlib import Path

from casefleet_cli.clock import TOKEN_ALPHABET
from casefleet_cli.core.rules.routing import Place
from casefleet_cli.desk import addressbook, admission, checking, entries, handing, searches, strangers, triage
from casefleet_cli.desk import batches as batch_desk
from casefleet_cli.desk import cases as case_desk
from casefleet_cli.desk import contacts as contact_desk
from casefleet_cli.desk import labels as label_desk
from casefleet_cli.desk import leads as lead_desk
from casefleet_cli.desk import links as link_desk
from casefleet_cli.desk import never_log as never_log_desk
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.desk import users as user_desk
from casefleet_cli.errors import NoInputError, UnreadableError, UsageError
from casefleet_cli.sources import addressbooks
from casefleet_cli.store.sight import EVERYTHING
from tests.firm import BCC, mail
from tests.refusals import Office, Refusal, file, log

CASE_1, CASE_2, LEAD_1 = Place("case", 1), Place("case", 2), Place("lead", 1)
ADA_2 = "ada@firm.example is an address of user 1 Ada Berg; a sender address has one user."
ANNA_1 = "anna@client.example is an address of contact 1 Anna Client; take it from the contact first."
AT_LOG = "new@log.firm.example is at the logging domain; give an address that people send mail from."

USERS = (
    Refusal(
        lambda firm: user_desk.add(firm.db, "Eve", []),
        UsageError,
        "Give at least one address that Eve sends mail from.",
        2,
    ),
    Refusal(
        lambda firm: user_desk.add(firm.db, "Eve", ["eve@firm.example", "ADA@firm.example"]),
        user_desk.TakenError,
        ADA_2,
        2,
    ),
    Refusal(lambda firm: user_desk.add(firm.db, "Eve", ["anna@client.example"]), user_desk.TakenError, ANNA_1, 2),
    Refusal(lambda firm: user_desk.add(firm.db, "Eve", ["new@log.firm.example"]), user_desk.TakenError, AT_LOG, 2),
    Refusal(
        lambda firm: user_desk.add(firm.db, "Ada", ["eve@firm.example"], token=BCC["ada"][4:21]),
        user_desk.TakenError,
        "This token is used already; choose another, or leave it out.",
        2,
    ),
    Refusal(
        lambda firm: user_desk.add(firm.db, "Eve", ["eve@firm.example"], role="boss"),
        entries.BadEntryError,
        "'boss' is no role; choose admin, standard, limited or guest.",
        2,
    ),
    Refusal(
        lambda firm: user_desk.edit(firm.db, firm.carl, name="Carla", add_addresses=["ada@firm.example"]),
        user_desk.TakenError,
        ADA_2,
        2,
    ),
    Refusal(
        lambda firm: user_desk.edit(firm.db, firm.carl, role="admin", add_addresses=["anna@client.example"]),
        user_desk.TakenError,
        ANNA_1,
        2,
    ),
    Refusal(
        lambda firm: user_desk.edit(firm.db, firm.carl, add_addresses=["c@firm.example", "new@log.firm.example"]),
        user_desk.TakenError,
        AT_LOG,
        2,
    ),
    Refusal(
        lambda firm: user_desk.edit(firm.db, firm.carl, name="Carla", remove_addresses=["ada@firm.example"]),
        UsageError,
        "ada@firm.example is not an address of Carl Diaz; nothing was changed.",
        2,
    ),
    Refusal(
        lambda firm: user_desk.edit(firm.db, firm.carl, name="Carla", remove_addresses=["carl@firm.example"]),
        UsageError,
        "Carl Diaz needs an address to send from; add another before removing the last.",
        2,
    ),
    Refusal(
        lambda firm: user_desk.vcard(firm.db, firm.carl, 2),
        user_desk.NoTagError,
        "No tag names case 2026-102 alone for user 2; link its mail by casefleet link.",
        2,
        given=lambda firm: firm.db.execute("UPDATE users SET role = 'limited' WHERE id = 2"),
    ),
)

CONTACTS = (
    Refusal(
        lambda firm: contact_desk.add(firm.db, "Eve", ["eve@else.example", "carl@firm.example"]),
        user_desk.TakenError,
        "carl@firm.example is an address of user 2 Carl Diaz; contacts are people outside the firm.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.add(firm.db, "Eve", [BCC["carl"]]),
        user_desk.TakenError,
        "An address at the logging domain is the firm's own and cannot be a contact's.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.edit(firm.db, 1, name="Ann", add_addresses=["carl@firm.example"]),
        user_desk.TakenError,
        "carl@firm.example is an address of user 2 Carl Diaz; contacts are people outside the firm.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.edit(firm.db, 1, note="x", remove_addresses=["bert@client.example"]),
        UsageError,
        "Anna Client does not hold bert@client.example; nothing was changed.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.edit(firm.db, 1, name="Ann", kind="firm"),
        entries.BadEntryError,
        "'firm' is no kind; choose person or organisation.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.merge(firm.db, 2, 2),
        UsageError,
        "Both are contact 2; a contact cannot be merged into itself.",
        2,
    ),
)


def opened(path: str) -> None:
    with addressbooks.opened(path):
        pass


def book(content: bytes, sentence: str) -> Refusal:
    return Refusal(
        lambda firm: opened("book"),
        UnreadableError,
        f"book is {sentence}",
        65,
        given=lambda _: Path("book").write_bytes(content),
    )


ADDRESSBOOK = (
    Refusal(lambda firm: opened("book.csv"), NoInputError, "There is no file book.csv.", 66),
    book(b"", "empty."),
    book(b"PK\x03\x04", "a spreadsheet or a zip archive; save the spreadsheet as CSV."),
    book(
        b"who,mail\nEve,eve@else.example\n",
        "neither vCard nor LDIF, and has no column of names; the first line of a CSV file names the columns, as"
        " name,address,kind,note or as Outlook, Google or Thunderbird write them.",
    ),
    Refusal(
        lambda firm: opened("book.csv"),
        UnreadableError,
        "book.csv cannot be read: Is a directory.",
        65,
        given=lambda _: Path("book.csv").mkdir(),
    ),
    Refusal(
        lambda firm: addressbook.written(firm.db, EVERYTHING, "xlsx"),
        UsageError,
        "'xlsx' is no format of contacts; there are csv, vcard, google, outlook.",
        2,
    ),
)


def entry(call: object, text: object, sentence: str, *more: object) -> Refusal:
    return Refusal(lambda _: call(text, *more), entries.BadEntryError, sentence, 2)  # type: ignore[operator]


ENTRIES = (
    entry(entries.name, " \t ", "The name is empty; write one."),
    entry(entries.name, "x" * 201, "The name has 201 letters; 200 are the most."),
    entry(entries.name, "", "The title is empty; write one.", "title"),
    entry(entries.name, "a\x1b[2Jb", r"The name 'a\x1b[2Jb' contains control characters; write it without."),
    entry(entries.label, "a\x00", r"The stage 'a\x00' contains control characters; write it without.", "stage"),
    entry(entries.name, "caf\udce9", r"The name 'caf\udce9' contains control characters; write it without."),
    entry(entries.note, "x" * 10_001, "The note has 10001 letters; 10000 are the most."),
    entry(entries.note, "a\nb\x07", r"The note 'b\x07' contains control characters; write it without."),
    *(
        entry(entries.address, text, f"{text!r} is not an e-mail address; write it like ben@client.example.")
        for text in (
            "", "ben", "ben@", "@client.example", "a b@client.example", "ben@client@example", "<ben@client.example>",
            "ben@.example", "ben@-x.example", "ben@client..example", f"{'x' * 65}@client.example",
            f"ben@{'x' * 250}.example", "ben,eve@client.example", 'b"en@client.example', "ben@client.exa\u200bmple",
        )
    ),
    *(
        entry(
            entries.domain,
            text,
            f"{text!r} is not a domain; write one that your mail server serves, like log.firm.example.",
        )
        for text in ("", "localhost", "log..firm.example", "-log.firm.example", "a_b.example", "1.2.3.4", "ben@x.example",
                     "x" * 64 + ".example", ".".join(["abcdefgh"] * 22))
    ),
    *(
        entry(entries.case_number, text, f"{text!r} cannot be a case number; begin with a letter or a digit, as in 2026-014.")
        for text in ("", " ", "#77", "-1", "x" * 61)
    ),
    entry(entries.case_number, "1\x7f", r"The case number '1\x7f' contains control characters; write it without."),
    entry(entries.one_of, "boss", "'boss' is no role; choose admin, standard, limited or guest.", entries.ROLES, "role"),
    *(
        entry(entries.token, text, f"A token has 17 to 40 letters, only these: {TOKEN_ALPHABET}; or leave it out.")
        for text in ("", "a" * 16, "a" * 41, "a" * 16 + "l", "a" * 16 + "A")
    ),
)  # fmt: skip

SEARCHES = (
    *(
        Refusal(
            lambda firm, name=name: searches.save(firm.db, name, "word"),  # type: ignore[misc]
            entries.BadEntryError,
            sentence,
            2,
        )
        for name, sentence in {
            " ": "The name is empty; write one.",
            "x" * 201: "The name has 201 letters; 200 are the most.",
            "caf\udce9": r"The name 'caf\udce9' contains control characters; write it without.",
        }.items()
    ),
    *(
        Refusal(
            lambda firm, call=call: call(firm.db, "Police"),  # type: ignore[misc]
            UsageError,
            "There is no saved search 'Police'; casefleet search --list-saved shows what there is.",
            2,
        )
        for call in (searches.saved, searches.forget)
    ),
    Refusal(
        lambda firm: searches.saved(firm.db, "caf\udce9"),
        entries.BadEntryError,
        r"The name 'caf\udce9' contains control characters; write it without.",
        2,
    ),
)

CASES = (
    Refusal(
        lambda firm: case_desk.open_case(firm.db, "Second", number="2026/101", contacts=[1]),
        case_desk.NumberTakenError,
        "Case 2026-101 is there already: Nguyen Trust.",
        2,
    ),
    Refusal(
        lambda firm: case_desk.open_case(firm.db, "Second", number="2026-101", contacts=[1]),
        case_desk.NumberTakenError,
        "Case 2026-101 is there already: Nguyen Trust.",
        2,
    ),
    Refusal(
        lambda firm: case_desk.close(firm.db, 1, on="2025-12-31T23:59:59Z"),
        UsageError,
        "Case 2026-101 was opened on 2026-01-01; it cannot be closed before.",
        2,
    ),
    Refusal(
        lambda firm: case_desk.close(firm.db, 1, on="2999-01-01T12:00:00Z"),
        UsageError,
        "2999-01-01 is still to come; name a day that was.",
        2,
    ),
    Refusal(
        lambda firm: case_desk.open_case(firm.db, "Next", on="2999-01-01T12:00:00Z"),
        UsageError,
        "2999-01-01 is still to come; name a day that was.",
        2,
    ),
)

LOST = "Lead 2 Sale is lost; casefleet lead reopen 2 opens it again."
BECAME = "Lead 3 Bakery became case 2026-102; work on the case."
LEADS = (
    Refusal(
        lambda firm: lead_desk.open_lead(firm.db, "New", []),
        UsageError,
        "A lead needs somebody to speak with: name at least one contact with --contact.",
        2,
    ),
    Refusal(
        lambda firm: lead_desk.unassign(firm.db, 1, [2]),
        UsageError,
        "Lead 1 Estate needs a contact; add another before removing the last.",
        2,
    ),
    Refusal(
        lambda firm: lead_desk.reopen(firm.db, 3),
        lead_desk.NotOpenError,
        "Lead 3 became case 2026-102; a case does not turn back.",
        2,
    ),
    *(
        Refusal(lambda firm, call=call, lead=lead: call(firm, lead), lead_desk.NotOpenError, sentence, 2)  # type: ignore[misc]
        for lead, sentence in ((2, LOST), (3, BECAME))
        for call in (
            lambda firm, lead: lead_desk.move(firm.db, lead, "talks"),
            lambda firm, lead: lead_desk.lose(firm.db, lead),
            lambda firm, lead: lead_desk.convert(firm.db, lead),
            lambda firm, lead: lead_desk.assign(firm.db, lead, [1]),
            lambda firm, lead: lead_desk.unassign(firm.db, lead, [2]),
        )
    ),
    Refusal(
        lambda firm: lead_desk.convert(firm.db, 1, number="2026-101"),
        case_desk.NumberTakenError,
        "Case 2026-101 is there already: Nguyen Trust.",
        2,
    ),
)


def on_a_case_without_contact(firm: Office) -> None:
    file(firm, 1, CASE_1)


LINKS = (
    Refusal(
        lambda firm: link_desk.link(firm.db, 1, places=(CASE_1,)),
        link_desk.NoContactError,
        "E-mail 1 is linked to no contact yet; name one with --contact, then it can be filed.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.link(firm.db, 2, contacts=(1,), places=(CASE_1,)),
        link_desk.HeldError,
        "E-mail 2 is held; let it in with casefleet release 2 first.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.link(firm.db, 4, contacts=(1,)),
        link_desk.HeldError,
        "E-mail 4 is rejected; let it in with casefleet release 4 first.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.unlink(firm.db, 3, places=(CASE_1, CASE_2)),
        UsageError,
        "E-mail 3 is not on case 2026-102 Old Trust; nothing was changed.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.unlink(firm.db, 3, places=(CASE_1,), contacts=(2,)),
        UsageError,
        "E-mail 3 is not linked to contact 2 Bert Client; nothing was changed.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.unlink(firm.db, 3, contacts=(1,)),
        UsageError,
        "E-mail 3 is on a case or lead and needs a contact; unlink it there first.",
        2,
    ),
    Refusal(
        lambda firm: admission.release(firm.db, 3), admission.NotHeldError, "E-mail 3 is neither held nor rejected.", 2
    ),
    *(
        Refusal(
            lambda firm, number=number, to=to: handing.give(firm.db, [number], to), handing.NotGivenError, sentence, 2
        )  # type: ignore[misc]
        for number, to, sentence in (
            (3, 2, "E-mail 3 is linked; only unassigned mail is given to a colleague."),
            (1, 3, "User 3 Olga Off is disabled; name another."),
        )
    ),
    Refusal(
        lambda firm: lead_desk.move(firm.db, 1, "talks"),
        lead_desk.NotListedError,
        "'talks' is no stage of this firm; there are first call, offer, and casefleet settings lead-stages changes them.",
        2,
        lambda firm: settings_desk.put(firm.db, "lead-stages", "first call, offer"),
    ),
    Refusal(
        lambda firm: checking.report(firm.db, "... !", EVERYTHING),
        checking.NothingAskedError,
        "Say whom to look for: a name, or an address.",
        2,
    ),
    Refusal(
        lambda firm: label_desk.take(firm.db, 1, "urgent"),
        label_desk.NoLabelError,
        "Nobody gave e-mail 1 the label urgent; those of an archive stay.",
        2,
    ),
    Refusal(lambda firm: label_desk.note(firm.db, 1, "  "), entries.BadEntryError, "The note is empty; write one.", 2),
    Refusal(
        lambda firm: user_desk.replace(firm.db, 2, 2),
        handing.NotGivenError,
        "Both are the same user; name a colleague.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.unmerge(firm.db, 4),
        contact_desk.NotMergedError,
        "Contact 4 is part of no other, or was before merges could be taken back.",
        2,
    ),
    Refusal(
        lambda firm: contact_desk.unmerge(firm.db, 1),
        contact_desk.NotMergedError,
        "Contact 2, into which 1 was merged, was merged itself since; take that back first: casefleet contact unmerge 2.",
        2,
        lambda firm: (contact_desk.merge(firm.db, 2, 1), contact_desk.merge(firm.db, 3, 2)),
    ),
    *(
        Refusal(
            lambda firm, addresses=addresses, cases=cases: contact_desk.split(
                firm.db, 3, "New", addresses, cases=cases
            ),  # type: ignore[misc]
            UsageError,
            sentence,
            2,
        )
        for addresses, cases, sentence in (
            ([], (), "Say which addresses go to the new contact, with --address."),
            (["x@else.example"], (), "Anna Other does not hold x@else.example; nothing was changed."),
            (
                ["anna@other.example", "office@other.example"],
                (),
                "Anna Other would hold no address; casefleet contact edit --name gives a new name.",
            ),
            (["office@other.example"], (1,), "Anna Other is not on that case; nothing was changed."),
        )
    ),
    Refusal(
        lambda firm: case_desk.edit(firm.db, 2, number="2026-101"),
        case_desk.NumberTakenError,
        "Case 2026-101 is there already: Nguyen Trust.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.move(firm.db, 3, taken_from=CASE_2, to=CASE_1, reason="x"),
        UsageError,
        "E-mail 3 is not on case 2026-102 Old Trust; nothing was changed.",
        2,
    ),
    Refusal(
        lambda firm: link_desk.move(firm.db, 3, taken_from=CASE_1, to=CASE_1, reason="x"),
        UsageError,
        "Both are the same; name where the e-mail belongs with --to.",
        2,
    ),
    Refusal(
        lambda firm: strangers.one_of(firm.db, 1, EVERYTHING, "x@y.example"),
        strangers.NoStrangerError,
        "In e-mail 1 x@y.example is nobody without a contact; name one with --contact.",
        2,
    ),
    Refusal(
        lambda firm: strangers.one_of(firm.db, 6, EVERYTHING),
        strangers.NoStrangerError,
        "E-mail 6 has several people without a contact; choose with --address: x@else.example, y@else.example.",
        2,
        lambda firm: log(firm, mail("x@else.example, y@else.example", subject="Two of them")),
    ),
    Refusal(
        lambda firm: triage.Sitting(firm.db, None).file([3], CASE_2, None, "2026-102"),
        triage.GoneError,
        "E-mail 3 is linked meanwhile, by a rule; it was left so.",
        2,
    ),
    *(
        Refusal(
            lambda firm, number=number: admission.reject(firm.db, number, "spam"),  # type: ignore[misc]
            error,
            sentence,
            2,
        )
        for number, error, sentence in (
            (3, admission.FiledError, "E-mail 3 is on a case or lead; unlink it there first."),
            (4, admission.NotHeldError, "E-mail 4 is rejected already."),
        )
    ),
)


def two_likely(firm: Office) -> None:
    """Let two cases' numbers stand in the subject of e-mail 5."""
    firm.db.execute("UPDATE cases SET status = 'open'")
    firm.db.execute("UPDATE emails SET subject = '2026-101 and 2026-102' WHERE id = 5")


BATCHES = (
    Refusal(
        lambda firm: batch_desk.undo(firm.db, 1),
        UsageError,
        "Batch 1 was undone already, on 2026-01-01; nothing was changed.",
        2,
    ),
    Refusal(lambda firm: batch_desk.undo(firm.db, 7), UsageError, "There is no batch 7; the last is 1.", 2),
    Refusal(
        lambda firm: batch_desk.undo(firm.db, 1),
        UsageError,
        "There is no batch 1; there is none yet; linking several e-mails makes one.",
        2,
        given=lambda firm: firm.db.executescript("DELETE FROM batch_activities; DELETE FROM batches"),
    ),
    Refusal(
        lambda firm: batch_desk.suggested(firm.db, 1),
        UsageError,
        "Nothing is suggested for e-mail 1; link it with --contact and --case or --lead.",
        2,
    ),
    Refusal(
        lambda firm: batch_desk.suggested(firm.db, 5),
        UsageError,
        "E-mail 5 has several likely places: case 2026-101 Nguyen Trust; case 2026-102 Old Trust; choose one with"
        " --case or --lead.",
        2,
        given=two_likely,
    ),
)

SETTINGS = (
    Refusal(
        lambda firm: settings_desk.put(firm.db, "colour", "blue"),
        settings_desk.BadSettingError,
        "There is no setting 'colour'; there are date-order, timezone, authserv-id, read-log, sql, atom-subjects, lead-stages,"
        " lead-sources, lost-reasons, understanding-seconds and"
        " understanding-megabytes.",
        2,
    ),
    Refusal(
        lambda firm: settings_desk.put(firm.db, "date-order", "ymd"),
        settings_desk.BadSettingError,
        "date-order cannot be 'ymd'; it accepts dmy (day first) and mdy (month first).",
        2,
    ),
    Refusal(
        lambda firm: settings_desk.put(firm.db, "timezone", "berlin"),
        settings_desk.BadSettingError,
        "timezone cannot be 'berlin'; it accepts the names of the IANA database, such as Europe/Berlin,"
        " America/New_York and UTC. Perhaps Europe/Berlin?",
        2,
    ),
    *(
        Refusal(
            lambda firm, call=call: call(firm),  # type: ignore[misc]
            UsageError,
            "Settings are for admins; ask one, or name one with --as.",
            2,
        )
        for call in (
            lambda firm: settings_desk.put(firm.db, "date-order", "dmy", acting=firm.carl),
            lambda firm: settings_desk.forget(firm.db, "date-order", acting=firm.carl),
            lambda firm: settings_desk.listed(firm.db, acting=firm.carl),
            lambda firm: settings_desk.listed(firm.db, acting=3),
        )
    ),
)

NEVER_LOG = (
    Refusal(
        lambda firm: never_log_desk.add(firm.db, "not an address", None),
        entries.BadEntryError,
        "'not an address' is not a domain; write one that your mail server serves, like log.firm.example.",
        2,
    ),
    Refusal(
        lambda firm: never_log_desk.add(firm.db, "a b@bank.example", None),
        entries.BadEntryError,
        "'a b@bank.example' is not an e-mail address; write it like ben@client.example.",
        2,
    ),
    *(
        Refusal(
            lambda firm, call=call: call(firm),  # type: ignore[misc]
            never_log_desk.NotYourListError,
            "This list is for admins to change; with --user and your name you change your own.",
            2,
        )
        for call in (
            lambda firm: never_log_desk.add(firm.db, "bank.example", None, acting=firm.carl),
            lambda firm: never_log_desk.add(firm.db, "bank.example", firm.ada, acting=firm.carl),
            lambda firm: never_log_desk.remove(firm.db, "bank.example", None, acting=firm.carl),
            lambda firm: never_log_desk.add(firm.db, "bank.example", 3, acting=3),
        )
    ),
    Refusal(
        lambda firm: never_log_desk.remove(firm.db, "bank.example", None),
        UsageError,
        "@bank.example is not on the firm's never-log list; casefleet never-log list shows what is.",
        2,
    ),
    Refusal(
        lambda firm: never_log_desk.remove(firm.db, "ann@bank.example", firm.carl),
        UsageError,
        "ann@bank.example is not on the never-log list of this user; casefleet never-log list shows what is.",
        2,
    ),
)

REFUSALS = (
    *NEVER_LOG, *USERS, *CONTACTS, *ADDRESSBOOK, *ENTRIES, *SEARCHES, *CASES, *LEADS, *LINKS, *BATCHES, *SETTINGS
)  # fmt: skip
