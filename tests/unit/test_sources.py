"""Sources: what is found under a path, and that each message comes out whole, once, and with the bytes it had."""

from __future__ import annotations

import ast
import itertools
import mailbox
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from casefleet_cli.errors import NoInputError, UsageError
from casefleet_cli.sources import Item, Skipped, Source, find, mbox, read
from casefleet_cli.sources.from_line import begins_mbox, shape
from casefleet_cli.sources.looks import tell
from casefleet_cli.sources.maildir import flags, folder_name

DATED = b"From ada@firm.example Tue Mar  4 03:33:20 2003\n"
MAIL = b"From: Ada <ada@firm.example>\nTo: bob@client.example\nSubject: Deed\n\nSee below.\n"


def mail(number: int, body: bytes = b"text\n", extra: bytes = b"") -> bytes:
    return b"From: a@x.example\nSubject: %d\n%s\n%s" % (number, extra, body)


ROOT = Path(__file__).parents[2]


def tree(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def split(tmp_path: Path, content: bytes, after: int = -1) -> list[Item | Skipped]:
    path = tmp_path / "box"
    path.write_bytes(content)
    return list(read(Source(path, "mbox"), after))


def raws(things: list[Item | Skipped]) -> list[bytes]:
    return [thing.raw for thing in things if isinstance(thing, Item)]


def found(root: Path, kind: str | None = None) -> list[tuple[str, str]]:
    """(path below the root, kind or sentence) of all that is found."""
    answer = []
    for thing in find([root], kind):
        name = str(thing.path) if isinstance(thing, Source) else thing.origin
        said = thing.kind if isinstance(thing, Source) else thing.reason
        answer.append((os.path.relpath(name, root), said))
    return answer


# --- what a file is ---


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (MAIL, "eml"),
        (MAIL.replace(b"\n", b"\r\n"), "eml"),
        (b"\xef\xbb\xbf" + MAIL, "eml"),
        (b"\r\n\n" + MAIL, "eml"),
        (b"Subject : old syntax\n\nx", "eml"),
        (b"From  : John Doe <j@x.example>\nTo    : Mary\n\nx", "eml"),
        (b"X-Mailer: only this\n", "eml"),
        (b"a line that is broken\nReceived: from a by b\nSubject: x\n\n", "eml"),
        (b"Subject: " + b"x" * 20_000, "eml"),
        (DATED + MAIL, "mbox"),
        (DATED, "mbox"),
        (b"\xef\xbb\xbf" + DATED + MAIL, "mbox"),
        (b"\n\r\n" + DATED + MAIL, "mbox"),
        (b"From -\n" + MAIL, "mbox"),
        (b"From mike@nowhere.example\r\n" + MAIL, "mbox"),
        (b"1234      \n" + MAIL, "eml"),
        (b"PK\x03\x04....", "packed"),
        (b"\x1f\x8b\x08", "packed"),
        (b"BZh9", "packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "eml"),
        (b"\xfd7zXZ\x00", "packed"),
        (b"mail/".ljust(257, b"\x00") + b"ustar\x0000", "packed"),
        (b"From Russia with love\nYear: 1963\n", None),
        (b"From Russia\nwe write\n", None),
        (b"Dear Ada,\nplease note: the deed\n\nSubject: nothing\n", None),
        (b"Note: buy milk\nPlace: shop\n", None),
        (b"<html><body>From: me</body></html>", None),
        (b"Agenda of the board\nall are present\nSubject: money\nand more\n\n", None),
        (b"", None),
        (b"\r\n\n  \n", None),
        (b"\x00" * 100, None),
        (b"Subject: \x00\x00\n\n", None),
    ],
)
def test_a_file_is_told_by_its_content(head: bytes, kind: str | None) -> None:
    told, reason = tell(head)
    assert told == kind
    assert bool(reason) == (kind is None)


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"!BDN....", ".pst"),
        (b"PK\x03\x04...[Content_Types].xml", "document"),
        (b"%PDF-1.4", "PDF"),
        ("Subject: x\n\n".encode("utf-16"), "UTF-16"),
        (b"*mbx*\r\n", "mbx"),
        (DATED.replace(b"\n", b"\r") + MAIL.replace(b"\n", b"\r"), "Macintosh"),
    ],
)
def test_what_is_no_mail_is_named(head: bytes, word: str) -> None:
    told, reason = tell(head)
    assert told is None
    assert word in reason
    assert reason.endswith(".")


# --- the From_ line ---


@pytest.mark.parametrize(
    "line",
    [
        b"From ada@firm.example Tue Mar  4 03:33:20 2003",
        b"From MAILER-DAEMON  Fri Jul 08 12:08:34 2011",
        b"From - Mon Jun  3 12:50:27 1996",
        b"From ???@??? Mon Jun 03 12:50:27 1996",
        b"From 1234567@xxx Tue Mar 04 03:33:20 +0000 2003",
        b"From mrc@CAC.Washington.EDU Mon Feb  5 10:20:30 PST 1996",
        b"From user@x Mon Feb  5 10:20 1996",
        b"From user@x Mon Feb  5 10:20:30 1996 +0200",
        b"From user@x Mon Feb  5 10:20:30 1996 (CET)",
        b"From user@x Mon Feb  5 10:20:30 MET DST 1996",
        b"From user Mon Feb  5 10:20:30 1996 remote from uunet",
        b"From me at mutt.org  Mon Feb  5 10:20:30 1996",
        b'From "Joe Doe"@x.example Mon Feb  5 10:20:30 1996',
        b"From Hello Support Tue Jul 10 18:50:15 2012",
        b"From Sat Jan  3 01:05:34 1996",
        b"From user@x Mon, 5 Feb 1996 10:20:30 +0200",
        b"From user@x 5-Feb-96 10:20:30",
        b"From user@x 2003-03-04T03:33:20Z",
        b"From 0123abc Mon Sep 17 00:00:00 2001\r",
    ],
)
def test_dated_from_lines(line: bytes) -> None:
    assert shape(line + b"\n") == "dated"
    assert begins_mbox(line + b"\nwhatever\n")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"From -", "undated"),
        (b"From - ", "undated"),
        (b"From 1844347792267117879@xxx", "undated"),
        (b"From mike@nowhere.example\r", "bare"),
        (b"From Russia with love", None),
        (b"From what we heard on Tue Mar 4 03:33:20 2003 it was late", None),
        (b"From Tuesday at 03:33", None),
        (b"From: ada", None),
        (b"From : ada", None),
        (b"From", None),
        (b"from ada Tue Mar  4 03:33:20 2003", None),
        (b"From " + b"x" * 1000 + b" Tue Mar  4 03:33:20 2003", None),
    ],
)
def test_other_lines_that_begin_with_from(line: bytes, what: str | None) -> None:
    assert shape(line + b"\n") == what


# --- mbox ---

UNDATED = b"From 1844347792267117879@xxx\n"
BARE = b"From mike@nowhere.example\n"

BOXES: dict[str, tuple[bytes, list[bytes]]] = {
    "two": (DATED + mail(1) + b"\n" + DATED + mail(2) + b"\n", [mail(1), mail(2)]),
    "no blank line at the end": (DATED + mail(1) + b"\n" + DATED + mail(2), [mail(1), mail(2)]),
    "no line end at the end": (DATED + mail(1) + b"\n" + DATED + mail(2, b"text"), [mail(1), mail(2, b"text")]),
    "no blank line between": (DATED + mail(1) + DATED + mail(2), [mail(1), mail(2)]),
    "only one blank line is the mbox's": (
        DATED + mail(1, b"a\n\n\n") + b"\n" + DATED + mail(2),
        [mail(1, b"a\n\n\n"), mail(2)],
    ),
    "CRLF": (
        (DATED + mail(1) + b"\n" + DATED + mail(2) + b"\n").replace(b"\n", b"\r\n"),
        [mail(1).replace(b"\n", b"\r\n"), mail(2).replace(b"\n", b"\r\n")],
    ),
    "CRLF mails in an LF mbox": (
        DATED + mail(1).replace(b"\n", b"\r\n") + b"\n" + DATED + mail(2),
        [mail(1).replace(b"\n", b"\r\n"), mail(2)],
    ),
    "BOM": (b"\xef\xbb\xbf" + DATED + mail(1) + b"\n" + DATED + mail(2), [mail(1), mail(2)]),
    "blank lines first": (b"\n\n" + DATED + mail(1), [mail(1)]),
    "From Russia with love": (
        DATED + mail(1, b"Bond:\n\nFrom Russia with love\nYear: 1963\n\nFrom me\n") + b"\n" + DATED + mail(2),
        [mail(1, b"Bond:\n\nFrom Russia with love\nYear: 1963\n\nFrom me\n"), mail(2)],
    ),
    "a dated sentence inside a paragraph": (
        DATED + mail(1, b"we heard\nFrom Bob Tue Mar 4 03:33:20 2003\nthat it is late\n"),
        [mail(1, b"we heard\nFrom Bob Tue Mar 4 03:33:20 2003\nthat it is late\n")],
    ),
    "a link is no header": (
        DATED + mail(1, b"see\nFrom Bob Tue Mar 4 03:33:20 2003\nhttp://x.example\n"),
        [mail(1, b"see\nFrom Bob Tue Mar 4 03:33:20 2003\nhttp://x.example\n")],
    ),
    "mboxo": (
        DATED + mail(1, b"a\n>From here\n") + b"\n" + DATED + mail(2),
        [mail(1, b"a\nFrom here\n"), mail(2)],
    ),
    "mboxrd": (
        DATED + mail(1, b">From a\n>>From b\n>>>From c\n> From d\n>Fromage\n"),
        [mail(1, b"From a\n>From b\n>>From c\n> From d\n>Fromage\n")],
    ),
    "the first line is quoted": (DATED + b">From old\n" + mail(1), [b"From old\n" + mail(1)]),
    "netscape": (b"From - \n" + mail(1) + b"From - \n" + mail(2), [mail(1), mail(2)]),
    "gmail without dates": (UNDATED + mail(1) + b"\n" + UNDATED + mail(2), [mail(1), mail(2)]),
    "an undated line above no header": (
        UNDATED + mail(1, b"x\n\nFrom -\nyours\n"),
        [mail(1, b"x\n\nFrom -\nyours\n")],
    ),
    "bare lines where the first is bare": (BARE + mail(1) + b"\n" + BARE + mail(2), [mail(1), mail(2)]),
    "a bare line where the first is dated": (
        DATED + mail(1, b"x\n\n" + BARE + b"To: me\n"),
        [mail(1, b"x\n\n" + BARE + b"To: me\n")],
    ),
    "no From_ line": (mail(1) + b"\n" + DATED + mail(2), [mail(1), mail(2)]),
    "no From_ line at all": (mail(1), [mail(1)]),
    "no header": (DATED + b"\nbody\n\n" + DATED + b"body\n", [b"\nbody\n", b"body\n"]),
    "header only": (DATED + b"Subject: x\n\n" + DATED + mail(2), [b"Subject: x\n", mail(2)]),
    "mboxcl": (
        DATED + mail(1, b">From x\n", b"Content-Length: 8\n") + b"\n" + DATED + mail(2),
        [mail(1, b"From x\n", b"Content-Length: 8\n"), mail(2)],
    ),
}


def measured(number: int, body: bytes, length: int | None = None) -> bytes:
    return mail(number, body, b"Content-Length: %d\n" % (len(body) if length is None else length))


INNER = b"the mail:\n\n" + DATED + b"From: x\n\n>From kept\n"
BOXES |= {
    "mboxcl2": (
        DATED + measured(1, INNER) + b"\n" + DATED + mail(2),
        [measured(1, INNER), mail(2)],
    ),
    "mboxcl2 in CRLF": (
        DATED.replace(b"\n", b"\r\n")
        + measured(1, INNER.replace(b"\n", b"\r\n")).replace(b"\n\n", b"\r\n\r\n")
        + b"\r\n"
        + DATED
        + mail(2),
        [measured(1, INNER.replace(b"\n", b"\r\n")).replace(b"\n\n", b"\r\n\r\n"), mail(2)],
    ),
    "mboxcl2 to the end": (DATED + measured(1, INNER), [measured(1, INNER)]),
    "mboxcl2, body without a line end": (
        DATED + measured(1, INNER + b"end") + b"\n\n" + DATED + mail(2),
        [measured(1, INNER + b"end"), mail(2)],
    ),
    "Content-Length too short": (
        DATED + measured(1, b"some text\n", 4) + b"\n" + DATED + mail(2),
        [measured(1, b"some text\n", 4), mail(2)],
    ),
    "Content-Length beyond the end": (
        DATED + measured(1, b"some text\n", 10**14) + b"\n" + DATED + mail(2),
        [measured(1, b"some text\n", 10**14), mail(2)],
    ),
    "Content-Length into the next mail": (
        DATED + measured(1, b"some text\n", 70) + b"\n" + DATED + mail(2, b"x" * 99 + b"\n"),
        [measured(1, b"some text\n", 70), mail(2, b"x" * 99 + b"\n")],
    ),
    "Content-Length in a body": (
        DATED + mail(1, b"\nContent-Length: 3\n\nabc\n") + b"\n" + DATED + mail(2),
        [mail(1, b"\nContent-Length: 3\n\nabc\n"), mail(2)],
    ),
    "Content-Length of the next mail": (
        DATED + b"Subject: no body\n" + DATED + measured(2, b"text\n"),
        [b"Subject: no body\n", measured(2, b"text\n")],
    ),
}


BOXES |= {
    "mboxcl2, body with a blank line at its end": (
        DATED + measured(1, INNER + b"\n") + DATED + mail(2),
        [measured(1, INNER + b"\n"), mail(2)],
    ),
    "Content-Length to a line that is no From_ line": (
        DATED + measured(1, b"some\nFrom Russia\n", 5) + b"\n" + DATED + mail(2),
        [measured(1, b"some\nFrom Russia\n", 5), mail(2)],
    ),
    "Content-Length in the body of a mail without a header": (
        DATED + b"\nContent-Length: 86\n\nx\n\n" + DATED + mail(2) + b"\n" + DATED + mail(3),
        [b"\nContent-Length: 86\n\nx\n", mail(2), mail(3)],
    ),
    "CRLF without headers": (
        (DATED + b"\nbody\n\n" + DATED + b"body\n").replace(b"\n", b"\r\n"),
        [b"\r\nbody\r\n", b"body\r\n"],
    ),
}
FORGED = measured(2, b"hello\n", 6 + len(b"\n" + DATED + mail(3) + b"\n"))
BOXES |= {
    "a Content-Length invented to swallow the next mail": (
        DATED + mail(1) + b"\n" + DATED + FORGED + b"\n" + DATED + mail(3) + b"\n" + DATED + mail(4),
        [mail(1), FORGED, mail(3), mail(4)],
    ),
}


@pytest.mark.parametrize("name", BOXES)
def test_the_messages_of_an_mbox(tmp_path: Path, name: str) -> None:
    content, expected = BOXES[name]
    things = split(tmp_path, content)
    assert raws(things) == expected
    assert [thing.origin for thing in things] == [f"{tmp_path}/box#{n}" for n in range(1, len(expected) + 1)]


@pytest.mark.parametrize("chunk", [7, 16, 61, 256])
@pytest.mark.parametrize("name", BOXES)
def test_the_size_of_a_chunk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chunk: int
) -> None:
    content, expected = BOXES[name]
    monkeypatch.setattr(mbox, "CHUNK", chunk)
    assert raws(split(tmp_path, content)) == expected


@pytest.mark.parametrize("name", BOXES)
def test_reading_goes_on_after_any_position(tmp_path: Path, name: str) -> None:
    whole = split(tmp_path, BOXES[name][0])
    for done, thing in enumerate(whole, 1):
        assert split(tmp_path, BOXES[name][0], thing.position) == whole[done:]


def test_a_position_is_the_byte_of_the_from_line(tmp_path: Path) -> None:
    first = b"\xef\xbb\xbf" + DATED + mail(1) + b"\n"
    assert [thing.position for thing in split(tmp_path, first + DATED + mail(2))] == [3, len(first)]


@pytest.mark.parametrize(
    ("content", "position", "number", "word"),
    [
        (b"some prose\n\n" + DATED + mail(1), 0, 1, "before the first From_ line"),
        (b"some prose\n", 0, 1, "without a From_ line"),
        (DATED + mail(1) + b"\n" + DATED + b"\n" + DATED + mail(2), 83, 2, "nothing between"),
        (DATED + b"From: x\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\n.\n", 0, 1, "no mail"),
    ],
)
def test_what_is_no_message_in_an_mbox_is_listed(
    tmp_path: Path, content: bytes, position: int, number: int, word: str
) -> None:
    (skipped,) = [thing for thing in split(tmp_path, content) if isinstance(thing, Skipped)]
    assert (skipped.position, skipped.origin) == (position, f"{tmp_path}/box#{number}")
    assert word in skipped.reason


def test_a_message_that_no_database_could_hold_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "LARGEST", 100)
    things = split(tmp_path, DATED + mail(1, b"x" * 100) + b"\n" + DATED + mail(2))
    assert isinstance(things[0], Skipped)
    assert raws(things) == [mail(2)]


def test_an_mbox_that_shrinks_meanwhile_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "CHUNK", 64)
    path = tmp_path / "box"
    path.write_bytes((DATED + mail(1) + b"\n") * 9)
    reading = read(Source(path, "mbox"))
    things = [next(reading), next(reading)]
    os.truncate(path, 300)
    *more, last = reading
    assert isinstance(last, Skipped)
    assert "shorter" in last.reason
    assert last.position == [*things, *more][-1].position
    assert raws([*things, *more]) == [mail(1)] * len([*things, *more])


def test_mail_that_arrives_meanwhile_is_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(DATED + mail(1) + b"\n" + DATED + mail(2) + b"\n")
    things = read(Source(path, "mbox"))
    first = next(things)
    with path.open("ab") as file:
        file.write(DATED + mail(3) + b"\n")
    rest = list(things)
    assert raws([first, *rest]) == [mail(1), mail(2)]
    assert raws(list(read(Source(path, "mbox"), rest[-1].position))) == [mail(3)]


def written(messages: list[bytes]) -> bytes:
    """An mboxrd of these messages, each of which ends with a line end."""
    return b"".join(
        DATED + re.sub(rb"^(>*From )", rb">\1", message, flags=re.MULTILINE) + b"\n" for message in messages
    )


words = st.sampled_from([
    b"From ", b">From ", b">>From ", b"\n", b"\n\n", b"\r\n", b"From a@x Tue Mar  4 03:33:20 2003\n", b"From -\n",
    b">", b"Subject: x\n", b"Content-Length: 9\n", b"Content-Length: 70\n", b" ", b"\r", b"\x00", b"\xff",
])  # fmt: skip
bodies = st.lists(words | st.binary(max_size=20), max_size=20).map(b"".join)


@given(st.lists(bodies.map(lambda body: b"A: b\n" + body + b"\n"), max_size=6))
@example([b"A: b\n\r\n", b"A: b\n\n\n"])
@example([b"A: b\nContent-Length: 70\n\n", b"A: b\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"])
def test_an_mboxrd_gives_back_the_bytes_that_were_stored(messages: list[bytes]) -> None:
    # An invented length can happen to lead to where a mail without a last line end would end: nobody can tell then.
    assume(not any(b"Content-Length: 9\n" in message for message in messages))
    messages.insert(0, mail(0))
    with tempfile.TemporaryDirectory() as folder:
        assert raws(split(Path(folder), written(messages))) == messages


@given(st.lists(words | st.binary(max_size=20), max_size=30).map(b"".join))
def test_no_byte_of_any_file_is_lost(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        things = split(Path(folder), content)
        positions = [thing.position for thing in things]
        assert positions == sorted(set(positions))
        ends = [*positions, len(content)]
        assert content[: ends[0]].removeprefix(b"\xef\xbb\xbf").strip(b"\r\n") == b""
        covered = [content[begin:end] for begin, end in itertools.pairwise(ends)]
        for thing, stored in zip(things, covered, strict=True):
            if isinstance(thing, Item):
                own = stored.partition(b"\n")[2] if begins_mbox(stored) else stored
                plain = own.rstrip(b"\r\n").replace(b">", b"")
                assert thing.raw.rstrip(b"\r\n").replace(b">", b"") in {
                    plain,
                    stored.rstrip(b"\r\n").replace(b">", b""),
                }


def test_the_standard_library_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "box"
    box = mailbox.mbox(path)
    for number in range(50):
        box.add(mail(number, b"line %d\n\nFrom here on\n" % number * (number % 5)))
    box.close()
    again = mailbox.mbox(path)
    assert raws(list(read(Source(path, "mbox")))) == [
        again.get_bytes(key).replace(b"\n>From ", b"\nFrom ") for key in again.iterkeys()
    ]
    again.close()


# --- Maildir ---


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("1.a.host:2,", ()),
        ("1.a.host", ()),
        ("1.a.host:2,RS", ("replied", "seen")),
        ("1.a.host;2,FP", ("flagged", "passed")),
        ("1.a.host,S=10:2,DSTabz", ("draft", "seen", "trashed")),
        ("1.a.host:1,S", ()),
    ],
)
def test_the_flags_of_a_maildir_name(name: str, words: tuple[str, ...]) -> None:
    assert flags(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".Sent", "Sent"),
        (".Sent.2003", "Sent/2003"),
        (".Entw&APw-rfe", "Entwürfe"),
        (".A &- B", "A & B"),
        (".&bad!-", "&bad!-"),
        (".&2D0-", "&2D0-"),
    ],
)
def test_the_name_of_a_maildir_folder(name: str, words: str) -> None:
    assert folder_name(name) == words


def test_a_maildir_with_its_folders(tmp_path: Path) -> None:
    root = tree(tmp_path / "Maildir", {
        "cur/2.b.host:2,S": mail(2), "new/1.a.host": mail(1), "new/3.c.host": b"no header at all\n",
        "tmp/9.z.host": mail(9), "cur/.hidden": b"x", "new/4.d.host": b"", "dovecot-uidlist": b"3 V1", "maildirfolder": b"",
        ".Sent.2003/cur/5.e.host:2,RS": mail(5), ".Sent.2003/new/.gitkeep": b"", ".Sent.2003/tmp/x": mail(9),
        "Boxes/cur/6.f.host:2,": mail(6), "Boxes/new/.gitkeep": b"",
    })  # fmt: skip
    sources = list(find([root]))
    assert sources == [
        Source(root, "maildir"),
        Source(root / ".Sent.2003", "maildir", ("Sent/2003",)),
        Source(root / "Boxes", "maildir", ("Boxes",)),
    ]
    things = [thing for source in sources if isinstance(source, Source) for thing in read(source, after=0)]
    assert things == [
        Item(f"{root}/new/1.a.host", 0, mail(1), ()),
        Item(f"{root}/cur/2.b.host:2,S", 0, mail(2), ("seen",)),
        Item(f"{root}/new/3.c.host", 0, b"no header at all\n", ()),
        Skipped(f"{root}/new/4.d.host", 0, "The file is empty."),
        Item(f"{root}/.Sent.2003/cur/5.e.host:2,RS", 0, mail(5), ("Sent/2003", "replied", "seen")),
        Item(f"{root}/Boxes/cur/6.f.host:2,", 0, mail(6), ("Boxes",)),
    ]


def test_a_link_out_of_a_maildir_is_listed(tmp_path: Path) -> None:
    tree(tmp_path, {"m/cur/1:2,": mail(1), "m/new/.gitkeep": b"", "secret": mail(2)})
    (tmp_path / "m/new/2").symlink_to(tmp_path / "secret")
    (tmp_path / "m/new/3").symlink_to(tmp_path / "m/cur/1:2,")
    (tmp_path / "m/new/4").symlink_to("4")
    os.mkfifo(tmp_path / "m/new/5")
    first, second, *rest = read(Source(tmp_path / "m", "maildir"))
    assert (raws([first]), raws([second])) == ([mail(1)], [])
    assert [type(thing) for thing in rest] == [Item, Skipped, Skipped]


# --- finding ---


def test_what_is_found_in_a_folder(tmp_path: Path) -> None:
    root = tree(tmp_path, {
        "b/2.eml": mail(2), "b/10.eml": mail(10), "a/no-name-says-it": DATED + mail(1), "a/.hidden": mail(9),
        "c/m/cur/1:2,S": mail(3), "c/m/new/.gitkeep": b"", ".git/x.eml": mail(9), "Inbox.msf": b"x", "Inbox.lock": b"",
        "Inbox": DATED + mail(4), "c/notes.txt": b"some prose\n", "d.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ".Old/cur/1": mail(5), ".Old/new/.gitkeep": b"",
    })  # fmt: skip
    assert [(name, kind if len(kind) < 10 else "-") for name, kind in found(root)] == [
        (".Old", "maildir"),
        ("Inbox", "mbox"),
        ("a/no-name-says-it", "mbox"),
        ("b/10.eml", "eml"),
        ("b/2.eml", "eml"),
        ("c/m", "maildir"),
        ("c/notes.txt", "-"),
        ("d.msg", "eml"),
    ]
    assert list(find([root])) == list(find([root]))


def test_paths_are_found_in_their_order_and_a_hidden_one_that_is_named_too(tmp_path: Path) -> None:
    tree(tmp_path, {"b.eml": mail(1), "a.eml": mail(2), ".c": mail(3)})
    paths = [tmp_path / name for name in ("b.eml", "a.eml", ".c")]
    assert list(find(paths)) == [Source(path, "eml") for path in paths]
    assert list(read(Source(paths[0], "eml"))) == [Item(str(paths[0]), 0, mail(1))]
    assert list(read(Source(paths[0], "eml"), after=0)) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("eml", [("box", "eml"), ("m/cur/1", "eml"), ("prose", "eml"), ("x.zip", None)]),
        ("mbox", [("box", "mbox"), ("m/cur/1", "mbox"), ("prose", "mbox"), ("x.zip", None)]),
        ("maildir", [("box", None), ("m", "maildir"), ("prose", None), ("x.zip", None)]),
    ],
)
def test_a_type_overrules_looking(tmp_path: Path, kind: str, expected: list[tuple[str, str | None]]) -> None:
    root = tree(tmp_path, {
        "box": DATED + mail(1), "m/cur/1": mail(2), "m/new/.gitkeep": b"", "m/tmp/2": mail(2), "prose": b"Hello\n",
        "x.zip": b"PK\x03\x04",
    })  # fmt: skip
    assert [(name, said if len(said) < 10 else None) for name, said in found(root, kind)] == expected


def test_links_do_not_lead_out_and_do_not_loop(tmp_path: Path) -> None:
    root = tree(tmp_path / "ada", {"x/1.eml": mail(1)})
    tree(tmp_path / "bob", {"2.eml": mail(2)})
    for name, target in {"bob": "../bob", "loop": ".", "up": "..", "2.eml": "../bob/2.eml", "self": "self",
                         "same.eml": "x/1.eml", "x/back": "..", "nowhere": "gone"}.items():  # fmt: skip
        (root / name).symlink_to(target)
    assert [(name, kind.split()[0]) for name, kind in found(root)] == [
        ("2.eml", "This"), ("bob", "This"), ("nowhere", "Cannot"), ("same.eml", "eml"), ("self", "Cannot"), ("up", "This"),
        ("x/1.eml", "eml"),
    ]  # fmt: skip
    (root / "bob").rename(tmp_path / "named")
    (tmp_path / "named").unlink()
    (tmp_path / "named").symlink_to("bob")
    assert found(tmp_path / "named") == [("2.eml", "eml")]


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path) -> None:
    start = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1_100):
            Path("d").mkdir()
            os.chdir("d")
        Path("1.eml").write_bytes(mail(1))
        assert [source.kind for source in find([tmp_path]) if isinstance(source, Source)] == ["eml"]
    finally:  # step by step: shutil.rmtree calls itself too deep
        Path("1.eml").unlink(missing_ok=True)
        while not Path.cwd().samefile(tmp_path):
            os.chdir("..")
            Path("d").rmdir()
        os.chdir(start)


@pytest.mark.parametrize("name", ["gone", "gone/deeper", "file/below"])
def test_a_path_that_is_not_there_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(mail(1))
    with pytest.raises(NoInputError, match="There is no file or folder .*" + name):
        find([tmp_path / "file", tmp_path / name])


def test_a_type_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="eml, maildir, mbox"):
        find([tmp_path], "pst")


def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    tree(tmp_path, {"a/1.eml": mail(1), "b.eml": mail(2)})
    os.mkfifo(tmp_path / "pipe")
    gone = [Source(tmp_path / "gone", kind) for kind in ("eml", "mbox", "maildir")]
    for source in gone:
        things = list(read(source))
        assert things
        assert all(isinstance(thing, Skipped) and thing.reason.startswith("Cannot be read: ") for thing in things)
    (tmp_path / "a").chmod(0)
    (tmp_path / "b.eml").chmod(0)
    # Root reads everything; without that power it is as any other user.
    meek = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    program = f"from tests.unit.test_sources import *; print(found(Path({str(tmp_path)!r})))"
    try:
        told = subprocess.run([*meek, sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    finally:
        (tmp_path / "a").chmod(0o700)
    assert [name for name, said in ast.literal_eval(told.stdout.decode()) if said.startswith("Cannot be read")] == [
        "a",
        "b.eml",
    ]


def test_a_name_that_is_no_utf_8_gives_a_clean_origin(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.eml")
    Path(path).write_bytes(mail(1))
    (source,) = find([tmp_path])
    assert isinstance(source, Source)
    (item,) = read(source)
    assert item.origin == f"{tmp_path}/caf\\xe9.eml"
    item.origin.encode()
