"""An mbox: each message comes out whole, once, and with the bytes it had; what is not certain is listed."""

from __future__ import annotations

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

from casefleet_cli.sources import Item, Range, Skipped, Source, locks, mbox, read, window
from casefleet_cli.sources.from_line import begins_mbox, shape
from casefleet_cli.sources.looks import tell
from tests.mailfiles import DATED, LONG_AGO, MAIL, items, listed, mail, raws, split
from tests.timing import is_linear

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
        b"From - ada@firm.example  Mon Oct 16 2023 16:18:56 GMT-0700",
        b"From - -  Wed Oct 18 2023 10:00:00 GMT+0000",
        "From - Tue Oct 17 2023 09:00:01 GMT+0200 (Mitteleuropäische Sommerzeit)".encode(),
        b"From ada@firm.example Mon, 16 Oct 2023 16:18:56 GMT",
        b"From ada@firm.example 2023-10-16T16:18:56.000Z",
        b"From ada@firm.example 2023-10-16 16:18:56 +0200",
        b"From ada berg@firm.example 16.10.2023, 16:18:56",
        b"From ada@firm.example 10/16/2023, 4:18:56 PM",
        b"From ada@firm.example Mon Oct 16 16:18:56 +0200 2023",
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
        (b"From ", "other"),
        (b"From Russia with love", "other"),
        (b"From what we heard on Tue Mar 4 03:33:20 2003 it was late", "other"),
        (b"From Tuesday at 03:33", "other"),
        (b"From: ada", None),
        (b"From : ada", None),
        (b"From", None),
        (b"from ada Tue Mar  4 03:33:20 2003", None),
        (b"From " + b"x" * 1000 + b" Tue Mar  4 03:33:20 2003", None),
    ],
)
def test_other_lines_that_begin_with_from(line: bytes, what: str | None) -> None:
    assert shape(line + b"\n") == what


# --- the messages ---

DOUBTS = (mbox.DOUBTFUL, mbox.HEADLESS, mbox.MANY, mbox.NOT_A_FROM_LINE)
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
    assert [thing.origin for thing in items(things)] == [f"{tmp_path}/box#{n}" for n in range(1, len(expected) + 1)]
    assert {thing.reason for thing in listed(things)} <= {mbox.DOUBTFUL, mbox.HEADLESS}


@pytest.mark.parametrize("chunk", [7, 16, 61, 256])
@pytest.mark.parametrize("name", BOXES)
def test_the_size_of_a_chunk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chunk: int
) -> None:
    content, expected = BOXES[name]
    monkeypatch.setattr(window, "CHUNK", chunk)
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
    monkeypatch.setattr(window, "CHUNK", 64)
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
@example(b"From -\nFrom \nFrom a@x Tue Mar  4 03:33:20 2003\nSubject: x\n")
def test_no_byte_of_any_file_is_lost(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        things = split(Path(folder), content)
        positions = [thing.position for thing in things]
        assert positions == sorted(set(positions))
        things = [thing for thing in things if isinstance(thing, Item) or thing.reason not in DOUBTS]
        positions = [thing.position for thing in things]
        ends = [*positions, len(content)]
        assert content[: ends[0]].removeprefix(b"\xef\xbb\xbf").strip(b"\r\n") == b""
        covered = [content[begin:end] for begin, end in itertools.pairwise(ends)]
        for thing, stored in zip(things, covered, strict=True):
            if isinstance(thing, Item):
                # Whether this line divides can depend on what follows the mail.
                own = stored.partition(b"\n")[2] if stored.startswith(b"From ") else stored
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


# --- what stands around a line decides ---

SECOND = b"From: b@x.example\nTo: c@x.example\nSubject: 2\n\ntext\n"
ODD = (
    b"From ",
    b"From -",
    b"From ada berg@firm.example",
    b"From ada@firm.example at noon",
    b"From ???",
    b"From Ada, on Tuesday:",
)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", ODD)
def test_any_from_line_above_two_fields_and_after_a_blank_line_separates(
    tmp_path: Path, line: bytes, end: bytes
) -> None:
    content = b"\n".join((line, SECOND, line, SECOND, DATED.rstrip(), mail(3))).replace(b"\n", end)
    things = split(tmp_path, content)
    assert raws(things) == [raw.replace(b"\n", end) for raw in (SECOND, SECOND, mail(3))]
    assert listed(things) == []


@pytest.mark.parametrize(
    "prose",
    [
        b"From \nwe hear nothing.\n",
        b"From here on it is easy:\nsee below.\n",
        b"From Monday: nothing\nAgreed: no.\n",  # one field that mail does not know
        b"From  : Ada <ada@x.example>\nTo    : Bob\nSubject: the old way\n",
        b"From https://x.example\nhttps://y.example\n",
        b"From: Ada\nTo: Bob\nSubject: quoted\n",
        b">From Ada\nTo: Bob\nSubject: quoted\n",
    ],
)
def test_prose_does_not_separate(tmp_path: Path, prose: bytes) -> None:
    whole = mail(1, b"text\n\n" + prose)
    things = split(tmp_path, DATED + whole + b"\n" + DATED + mail(2))
    assert raws(things) == [whole.replace(b"\n>From ", b"\nFrom "), mail(2)]
    assert listed(things) == []


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        (b"\n", b"From Ada\nSubject: one field\n\nand text\n"),
        (b"\n", b"From Ada\nName: Bob\nPlace: London\n"),
        (b"", b"From Ada\nTo: Bob\nSubject: no blank line before\n"),
    ],
)
def test_where_it_is_not_certain_the_place_is_listed(tmp_path: Path, before: bytes, lines: bytes) -> None:
    first = DATED + mail(1, b"text\n" + before)
    content = first + lines + b"\n" + DATED + mail(2)
    things = split(tmp_path, content)
    assert raws(things) == [mail(1, b"text\n" + before + lines), mail(2)]
    assert listed(things) == [Skipped(f"{tmp_path}/box#1", len(first), mbox.DOUBTFUL)]
    for done, thing in enumerate(things, 1):
        assert split(tmp_path, content, thing.position) == things[done:]


def test_a_dated_line_above_no_header_separates_and_is_listed(tmp_path: Path) -> None:
    first = DATED + mail(1) + b"\n" + DATED
    things = split(tmp_path, first + b"no header\n")
    assert raws(things) == [mail(1), b"no header\n"]
    assert listed(things) == [Skipped(f"{tmp_path}/box#2", len(first), mbox.HEADLESS)]


def test_what_a_content_length_leads_over_is_no_doubt(tmp_path: Path) -> None:
    inner = b"text\n\nFrom Ada\nSubject: one field\n"
    things = split(tmp_path, DATED + measured(1, inner) + b"\n" + DATED + mail(2))
    assert (raws(things), listed(things)) == ([measured(1, inner), mail(2)], [])


def test_many_doubtful_places_of_one_mail_are_listed_up_to_a_bound(tmp_path: Path) -> None:
    things = split(tmp_path, DATED + mail(1, b"\nFrom Ada\nSubject: x\n" * 1000) + b"\n" + DATED + mail(2))
    assert [thing.reason for thing in listed(things)] == [mbox.DOUBTFUL] * 10 + [mbox.MANY]
    assert len(raws(things)) == 2


def test_a_long_first_field_is_no_prose(tmp_path: Path) -> None:
    long = b"Received: from a\n" + b"\tby b with c\n" * 500 + mail(2)
    assert raws(split(tmp_path, DATED + mail(1) + b"\nFrom ada b\n" + long)) == [mail(1), long]


@pytest.mark.parametrize("content", [b"From \n" + SECOND, b"From ada b c\nSubject: x\n\ntext\n", b"From\tx\n" + MAIL])
def test_a_file_that_begins_with_from_is_no_single_mail(content: bytes) -> None:
    assert tell(content)[0] == ("mbox" if content.startswith(b"From ") else "eml")


def test_a_first_line_that_cannot_be_told_is_listed(tmp_path: Path) -> None:
    content = b"From ada b c\nthis is broken\n" + MAIL
    assert tell(content)[0] == "mbox"
    things = split(tmp_path, content)
    assert (raws(things), [thing.reason for thing in listed(things)]) == ([content], [mbox.NOT_A_FROM_LINE])


def test_twice_as_many_from_lines_take_at_most_thrice_the_time(tmp_path: Path) -> None:
    def content(count: int) -> bytes:
        return DATED + mail(1) + b"\nFrom \nX: y\n" * count + b"\nFrom \n \n" * count + b"From \n" * count

    assert is_linear(lambda given: split(tmp_path, given), content, 10_000)


# --- a mbox that is still written ---


def fresh(path: Path, content: bytes) -> list[Item | Skipped]:
    path.write_bytes(content)
    return list(read(Source(path, "mbox")))


def test_an_unfinished_last_mail_is_left_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "box"
    first = DATED + mail(1) + b"\n"
    half = DATED + b"Subject: 2\n\nhalf a sen"
    things = fresh(path, first + half)
    assert raws(things) == [mail(1)]
    rest = Range(len(first), len(first + half))
    assert listed(things) == [Skipped(f"{path}#2", 0, mbox.UNFINISHED.format(len(first)), range=rest)]
    assert raws(fresh(path, first + DATED + b"Subject: 2\n\nhalf a sentence.\n")) == [
        mail(1),
        b"Subject: 2\n\nhalf a sentence.\n",
    ]
    path.write_bytes(first + DATED + b"Subject: 2\n\nhalf a sen")
    os.utime(path, (LONG_AGO, LONG_AGO))  # nobody is writing it any more
    assert raws(list(read(Source(path, "mbox")))) == [mail(1), b"Subject: 2\n\nhalf a sen"]


def test_a_last_mail_shorter_than_its_content_length_is_unfinished(tmp_path: Path) -> None:
    whole = DATED + measured(1, b"text\n") + b"\n"
    things = fresh(tmp_path / "box", whole + DATED + measured(2, b"some\n", 900))
    assert raws(things) == [measured(1, b"text\n")]
    assert "still being written" in listed(things)[0].reason


def test_what_grows_in_the_middle_of_a_mail_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(DATED + mail(1) + b"\n" + DATED + mail(2))
    reading = read(Source(path, "mbox"))
    things = [next(reading)]
    with path.open("ab") as file:
        file.write(b"and more of the second\n")
    things += reading
    assert raws(things) == [mail(1)]
    assert "still being written" in listed(things)[0].reason


def test_the_mbox_is_locked_while_it_is_read_and_no_lock_is_left(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes((DATED + mail(1) + b"\n") * 3)
    reading = read(Source(path, "mbox"))
    next(reading)
    assert (tmp_path / "box.lock").exists()
    writer = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    locked = subprocess.run([sys.executable, "-c", writer, path], capture_output=True)
    assert b"BlockingIOError" in locked.stderr
    assert len(list(reading)) == 2
    assert not (tmp_path / "box.lock").exists()
    subprocess.run([sys.executable, "-c", writer, path], check=True)


@pytest.mark.parametrize("kind", ["dot-lock", "fcntl"])
def test_an_mbox_that_another_program_has_locked_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0)
    path = tmp_path / "box"
    path.write_bytes(DATED + mail(1))
    if kind == "dot-lock":
        (tmp_path / "box.lock").write_bytes(b"1")
        things = list(read(Source(path, "mbox")))
        assert (tmp_path / "box.lock").read_bytes() == b"1"
    else:
        holder = ("import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX); print(flush=True);"
                  " sys.stdin.read()")  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            process.stdout.readline()
            things = list(read(Source(path, "mbox")))
            process.communicate()
        assert not (tmp_path / "box.lock").exists()
    (skipped,) = things
    assert isinstance(skipped, Skipped)
    assert "another program has locked it" in skipped.reason


def test_a_lock_that_a_dead_program_left_hinders_nobody(tmp_path: Path) -> None:
    path, lock = tmp_path / "box", tmp_path / "box.lock"
    path.write_bytes(DATED + mail(1))
    lock.write_bytes(b"")
    os.utime(lock, (LONG_AGO, LONG_AGO))
    assert raws(list(read(Source(path, "mbox")))) == [mail(1)]
    assert lock.exists()  # it is not ours
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lock.write_bytes(b"%d casefleet\n" % dead.pid)
    assert raws(list(read(Source(path, "mbox")))) == [mail(1)]
    assert not lock.exists()


def test_the_ranges_of_what_is_read_and_skipped_are_the_whole_file(tmp_path: Path) -> None:
    pieces = [
        b"No mail.\n",
        DATED + mail(1) + b"\n",
        DATED,
        DATED + b"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nFrom: a@x\n\nnote\n\n",
        DATED + measured(2, b"text\n") + b"\n",
        DATED + mail(3, b"before\nFrom x\nFrom: b@x.example\nSubject: doubtful\n"),
    ]
    things = split(tmp_path, b"".join(pieces))
    ends = [len(b"".join(pieces[:number])) for number in range(len(pieces) + 1)]
    doubts = [thing for thing in things if thing.range is None]
    assert [thing.range for thing in things if thing.range] == list(map(Range, ends, ends[1:]))
    assert [isinstance(thing, Item) for thing in things if thing.range] == [False, True, False, False, True, True]
    assert [doubt.reason for doubt in doubts if isinstance(doubt, Skipped)] == [mbox.DOUBTFUL]


def test_where_reading_broke_off_the_rest_of_the_file_is_listed(tmp_path: Path) -> None:
    whole = DATED + mail(1) + b"\n"
    path = tmp_path / "box"
    path.write_bytes(whole + DATED + mail(2, b"long\n" * 500_000))
    reading = read(Source(path, "mbox"))
    first = next(reading)
    assert first.range == Range(0, len(whole))
    size = path.stat().st_size
    os.truncate(path, len(whole) + 100)
    (broken,) = reading
    assert isinstance(broken, Skipped)
    assert (broken.position, broken.range) == (0, Range(len(whole), size))
