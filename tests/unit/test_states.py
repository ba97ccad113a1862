"""States: what folders, labels, flags and header fields say of a mail besides that it was sent or received."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefleet_cli.sources import Item, Source, find, read, states
from casefleet_cli.sources.labels import said_by
from tests.mailfiles import DATED, items, mail, tree


@pytest.mark.parametrize(
    ("name", "state"),
    [
        *((name, "draft") for name in
          ("Drafts", "Entwürfe", "Brouillons", "Borradores", "Bozze", "Concepten", "Rascunhos", "Utkast", "Kladder",
           "Luonnokset", "Wersje robocze", "Koncepty", "Piszkozatok", "Черновики", "Чернетки", "Πρόχειρα", "Taslaklar",
           "טיוטות", "المسودات", "下書き", "草稿", "임시보관함", "ร่างจดหมาย", "Thư nháp", "ड्राफ़्ट", "Draf",
           "Unsent Messages", "Templates")),
        *((name, "deleted") for name in
          ("Trash", "Bin", "Deleted Items", "Deleted Messages", "Papierkorb", "Gelöschte Elemente", "Corbeille",
           "Éléments supprimés", "Papelera", "Cestino", "Prullenbak", "Lixeira", "Papperskorgen", "Papirkurv", "Roskakori",
           "Kosz", "Koš", "Kuka", "Корзина", "Кошик", "Κάδος", "Çöp kutusu", "אשפה", "المهملات", "ゴミ箱", "垃圾桶",
           "휴지통", "ถังขยะ", "Thùng rác", "Sampah")),
        *((name, "junk") for name in
          ("Junk", "Spam", "Junk E-mail", "Bulk Mail", "Courrier indésirable", "Correo no deseado", "Posta indesiderata",
           "Ongewenste e-mail", "Skräppost", "Søppelpost", "Roskaposti", "Спам", "Ανεπιθύμητα", "迷惑メール", "垃圾邮件",
           "스팸함", "Thư rác")),
        *((name, "") for name in
          ("Sent", "Gesendet", "Inbox", "Important", "Trash talk", "Spamhaus v. Jones", "Client Trash GmbH", "", ".", "/",
           "All mail Including Spam and Trash.mbox", "Postausgang", "发件箱")),
        ("drafts", "draft"), ("DRAFTS", "draft"), ("Entwürfe", "draft"), ("Drafts.mbox", "draft"), ("Trash.mbx", "deleted"),
        ("Trash.sbd", "deleted"), ("Deleted Messages.mbox", "deleted"), ("[Gmail]/Papierkorb", "deleted"),
        ("[Google Mail]/Spam", "junk"), ("INBOX.Drafts", "draft"), ("INBOX/Trash/2003", "deleted"), ("Sent/2003", ""),
        ("Trash/Drafts", "deleted"), ("پیش\u200cنویس\u200cها", "draft"), ("پیش‌نویس‌ها", "draft"), ("Junk\u200f", "junk"),
    ],
)  # fmt: skip
def test_the_name_of_a_folder_or_label(name: str, state: str) -> None:
    assert states.of_name(name) == state


def test_no_name_says_two_things() -> None:
    seen: dict[str, str] = {}
    for state, names in states._NAMES.items():
        for name in (name for line in names.splitlines() for name in line.split("|") if name.strip()):
            assert seen.setdefault(states._normal(name), state) == state, name


@pytest.mark.parametrize(
    ("header", "labels", "state"),
    [
        (b"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\n", (), ""),
        (b"X-Mozilla-Status: 0009\n", ("deleted",), "deleted"),
        (b"X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00200000\n", ("deleted",), "deleted"),
        (b"X-Mozilla-Status: zz\n", (), ""),
        (b"X-Mozilla-Draft-Info: internal/draft; vcard=0\n", ("draft",), "draft"),
        (b"X-Unsent: 1\n", ("draft",), "draft"),
        (b"X-Unsent: 0\n", (), ""),
        (b"Status: RO\nX-Status: AF\n", (), ""),
        (b"X-Status: T\n", ("draft",), "draft"),
        (b"X-Status: TD\n", ("deleted",), "deleted"),
        (b"X-Gmail-Labels: Sent,Opened\n", ("Sent", "Opened"), ""),
        (b"X-Gmail-Labels: =?UTF-8?Q?Entw=C3=BCrfe?=\n", ("Entwürfe",), "draft"),
        (b"X-Gmail-Labels: Spam,Opened\r\n", ("Spam", "Opened"), "junk"),
        (b"X-Gmail-Labels: Sent,Papierkorb\n", ("Sent", "Papierkorb"), "deleted"),
    ],
)
def test_what_a_header_says(header: bytes, labels: tuple[str, ...], state: str) -> None:
    form = "takeout" if b"Gmail" in header else ""
    assert said_by(header + mail(1)) == (labels, state, form)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_body_says_nothing(end: bytes) -> None:
    raw = mail(1, b"X-Unsent: 1\n\nX-Mozilla-Status: 0008\n").replace(b"\n", end)
    assert said_by(raw) == ((), "", "")


def test_places_give_labels_and_states(tmp_path: Path) -> None:
    root = tree(tmp_path / "Mail", {
        "Drafts": DATED + mail(1), "Trash.sbd/2003": DATED + mail(2), "Sent": DATED + mail(3), "Spam/4.eml": mail(4),
        "Spam.eml": mail(5), "m/cur/1:2,DS": mail(6), "m/cur/2:2,ST": mail(7), "m/.Entw&APw-rfe/cur/1:2,": mail(8),
        "Deleted Messages.mbox/Messages/9.emlx": b"%d\n%b" % (len(mail(9)), mail(9)),
    })  # fmt: skip
    found = {
        item.raw.split(b"Subject: ")[1].split()[0].decode(): (item.labels, item.state)
        for source in find([root])
        if isinstance(source, Source)
        for item in items(list(read(source)))
    }
    assert found == {
        "1": (("Drafts",), "draft"),
        "2": (("Trash",), "deleted"),
        "3": ((), ""),
        "4": (("Spam",), "junk"),
        "5": ((), ""),
        "6": (("m", "draft", "seen"), "draft"),
        "7": (("m", "seen", "trashed"), "deleted"),
        "8": (("m/Entwürfe",), "draft"),
        "9": (("Deleted Messages",), "deleted"),
    }


def test_what_is_named_itself_says_its_state_too(tmp_path: Path) -> None:
    tree(tmp_path, {"Drafts.mbox": DATED + mail(1), "M/.Trash/cur/1:2,S": mail(2), "Spam/x.eml": mail(3)})
    for path, labels, state in (
        ("Drafts.mbox", ("Drafts",), "draft"),
        ("M/.Trash", ("Trash", "seen"), "deleted"),
        ("Spam", ("Spam",), "junk"),
        ("Spam/x.eml", (), ""),
    ):
        (source,) = find([tmp_path / path])
        assert isinstance(source, Source)
        (item,) = read(source)
        assert isinstance(item, Item)
        assert (item.labels, item.state) == (labels, state), path


@pytest.mark.parametrize(
    ("name", "content", "moment"),
    [
        ("m/cur/1479288536.M1.mx:2,S", mail(1), "2016-11-16T09:28:56Z"),
        ("m/cur/12.M1.mx:2,S", mail(1), ""),
        ("box", b"From ada@x.example Tue Mar  4 03:33:20 2003\n" + mail(1), "2003-03-04T03:33:20Z"),
        ("box", b"From 1@xxx Tue Mar 04 03:33:20 +0200 2003\n" + mail(1), "2003-03-04T01:33:20Z"),
        ("box", b"From - ada@x.example  Mon Oct 16 2023 16:18:56 GMT-0700\n" + mail(1), "2023-10-16T23:18:56Z"),
        ("box", b"From ada@x.example 2023-10-16T16:18:56Z\n" + mail(1), "2023-10-16T16:18:56Z"),
        ("box", b"From ada@x.example Tue Feb 31 03:33:20 2003\n" + mail(1), ""),
        ("box", b"From -\n" + mail(1), ""),
        ("1.eml", mail(1), ""),
        (
            "1.emlx",
            b"%d\n%b<?xml?><plist><dict><key>date-received</key><integer>1479288536</integer></dict></plist>"
            % (len(mail(1)), mail(1)),
            "2016-11-16T09:28:56Z",
        ),
    ],
)
def test_the_moment_that_an_archive_gives(tmp_path: Path, name: str, content: bytes, moment: str) -> None:
    tree(tmp_path, {name: content})
    (item,) = (thing for source in find([tmp_path]) if isinstance(source, Source) for thing in read(source))
    assert isinstance(item, Item)
    assert item.moment == moment


def table(kind: int, *messages: tuple[int, int]) -> bytes:
    """Eudora's table of contents: the kind of the mailbox, and offset and status of each message."""
    header = bytearray(104)
    header[40:42] = kind.to_bytes(2, "little")
    for offset, status in messages:
        header += offset.to_bytes(4, "little") + bytes(8) + status.to_bytes(2, "little") + bytes(204)
    return bytes(header)


EUDORA = b"From ???@??? Mon Oct 16 16:18:56 2023\r\n"


@pytest.mark.parametrize(
    ("toc", "wanted"),
    [
        (table(1, (0, 8), (len(EUDORA + mail(1)) + 1, 9)), ["", "draft"]),
        (table(1, (0, 7), (len(EUDORA + mail(1)) + 1, 8)) + b"cut", ["draft", ""]),
        (table(3), ["deleted", "deleted"]),
        (table(2, (0, 9)), ["junk", "junk"]),
        (table(0, (0, 1)), ["", ""]),
        (b"no table", ["", ""]),
    ],
)
def test_the_table_of_contents_of_eudora(tmp_path: Path, toc: bytes, wanted: list[str]) -> None:
    tree(tmp_path, {"Out.mbx": EUDORA + mail(1) + b"\n" + EUDORA + mail(2), "Out.toc": toc})
    things = [thing for source in find([tmp_path]) if isinstance(source, Source) for thing in read(source)]
    assert [item.state for item in items(things)] == wanted
