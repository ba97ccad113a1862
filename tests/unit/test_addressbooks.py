"""Address books of every program: what is read of them, what is refused, and that what is written is read again."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.addressbooks import vcard
from casefleet_cli.core.addressbooks.entry import Entry
from casefleet_cli.core.addressbooks.joining import Holder, Joined, joined
from casefleet_cli.core.addressbooks.written import FORMATS, Card
from casefleet_cli.errors import UnreadableError
from casefleet_cli.sources import addressbooks
from tests.timing import is_linear


def read(raw: bytes | str) -> list[Entry]:
    return list(addressbooks.read(io.BytesIO(raw.encode() if isinstance(raw, str) else raw), "book"))


def form(raw: bytes | str) -> str:
    return addressbooks.read(io.BytesIO(raw.encode() if isinstance(raw, str) else raw), "book").form


OUTLOOK = """\ufeff"Title","First Name","Middle Name","Last Name","Suffix","Company","Department","Job Title","E-mail Address","E-mail Type","E-mail Display Name","E-mail 2 Address","E-mail 2 Type","Notes"\r
"Mr.","Minh","","Nguyen","","","","","minh@nguyen.example","SMTP","Minh Nguyen (minh@nguyen.example)","minh@work.example","SMTP",""\r
"Dr.","Grace","A.","Okafor","Jr.","Okafor Ltd","","Director","grace@okafor.example","SMTP","","","","met in court\r
twice"\r
"","","","","","Baxter Insurance","","","claims@baxterins.example","SMTP","","","",""\r
"","Eve","","Stone","","","","","/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=eve","EX","Eve Stone","","",""\r
"","","","","","","","","nobody@named.example","SMTP","","","",""\r
"""
OUTLOOK_DE = """Anrede;Vorname;Weitere Vornamen;Nachname;Suffix;Firma;Abteilung;Position;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name;E-Mail 2: Adresse;E-Mail 2: Typ;E-Mail 2: Angezeigter Name;Notizen\r
Herr;Jürgen;;Weiß;;;;;juergen@weiss.example;SMTP;Jürgen Weiß;jw@kanzlei.example;SMTP;;\r
;;;;;Müller & Söhne;;;post@mueller.example;SMTP;;;;;\r
"""
GOOGLE_OLD = """Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Name Suffix,Nickname,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,Address 1 - Formatted,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title
Minh Nguyen,Minh,,Nguyen,,,,,,* myContacts,* Home,minh@nguyen.example ::: minh@home.example,Work,minh@work.example,1 Main St,,,
,,,,,,,,,* myContacts,*,claims@baxterins.example,,,,,Baxter Insurance,
"""
GOOGLE_NEW = """First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value
Minh,,Nguyen,,,,,,,,,,,,* myContacts,* ,minh@nguyen.example,Work,minh@work.example,Mobile,'+1 555
,,,,,,,,Baxter Insurance,,,,,,* myContacts,* ,claims@baxterins.example,,,,
,,,,,,,,,,,,,,* other,* ,nobody@named.example,,,,
"""
THUNDERBIRD = """First Name,Last Name,Display Name,Nickname,Primary Email,Secondary Email,Screen Name,Work Phone,Organization,Notes
Minh,Nguyen,Minh Nguyen,,minh@nguyen.example,minh@work.example,,,,
,,,,nobody@named.example,,,,,
"""
MINH = Entry(2, "Minh Nguyen", ("minh@nguyen.example", "minh@work.example"))
NAMELESS = Entry(0, "nobody@named.example", ("nobody@named.example",), is_nameless=True)
BAXTER = Entry(0, "Baxter Insurance", ("claims@baxterins.example",), "organisation")
EXCHANGE = "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=eve"

TABLES = {
    "outlook": (OUTLOOK, "Outlook's CSV", [
        MINH,
        Entry(3, "Dr. Grace A. Okafor, Jr.", ("grace@okafor.example",), note="Director, Okafor Ltd\nmet in court\r\ntwice"),
        BAXTER._replace(line=5), Entry(6, "Eve Stone", (EXCHANGE,)), NAMELESS._replace(line=7),
    ]),
    "outlook in german": (OUTLOOK_DE, "Outlook's CSV", [
        Entry(2, "Jürgen Weiß", ("juergen@weiss.example", "jw@kanzlei.example")),
        Entry(3, "Müller & Söhne", ("post@mueller.example",), "organisation"),
    ]),
    "outlook in windows-1252": (OUTLOOK_DE.encode("cp1252"), "Outlook's CSV", [
        Entry(2, "Jürgen Weiß", ("juergen@weiss.example", "jw@kanzlei.example")),
        Entry(3, "Müller & Söhne", ("post@mueller.example",), "organisation"),
    ]),
    "outlook in french": ("Prénom,Nom,Société,Adresse de messagerie,Adresse de messagerie 2\nZoé,Noël,,zoe@noel.example,z@n.example\n",
        "Outlook's CSV", [Entry(2, "Zoé Noël", ("zoe@noel.example", "z@n.example"))]),
    "google before 2024": (GOOGLE_OLD, "Google's CSV", [
        MINH._replace(addresses=("minh@nguyen.example", "minh@home.example", "minh@work.example")), BAXTER._replace(line=3),
    ]),
    "google": (GOOGLE_NEW, "Google's CSV", [MINH, BAXTER._replace(line=3), NAMELESS._replace(line=4)]),
    "thunderbird": (THUNDERBIRD, "Thunderbird's CSV", [MINH, NAMELESS._replace(line=3)]),
    "ours": ("name,address,kind,note\nMinh Nguyen,minh@nguyen.example; minh@work.example,Person,\n", "CSV", [MINH]),
    "contact list --csv": ("id,name,kind,addresses\n7,Minh Nguyen,person,minh@nguyen.example; minh@work.example\n", "CSV", [MINH]),
    "utf-16, tabs": ("\ufeffname\taddress\nZoë\tz@x.example\n".encode("utf-16-le"), "CSV", [Entry(2, "Zoë", ("z@x.example",))]),
    "utf-16, big endian, no mark": ("name,address\nZoë,z@x.example\n".encode("utf-16-be"), "CSV", [Entry(2, "Zoë", ("z@x.example",))]),
    "excel says what is between": ("sep=;\r\nname;address\r\nZoe;z@x.example\r\n", "CSV", [Entry(3, "Zoe", ("z@x.example",))]),
    "blank lines": ("\n\nname,address\n\nZoe,z@x.example\n , \n", "CSV", [Entry(5, "Zoe", ("z@x.example",))]),
    "old macintosh": ("name,address\rZoe,z@x.example\rBo,b@x.example", "CSV",
        [Entry(2, "Zoe", ("z@x.example",)), Entry(3, "Bo", ("b@x.example",))]),
    "where somebody lives": ("Name,Address,Email\nZoe,1 Main St,z@x.example\n", "CSV", [Entry(2, "Zoe", ("z@x.example",))]),
    "in brackets": ("name,email\nZoe,Zoe X <z@x.example>\nBo,mailto:b@x.example\nCy,SMTP:c@x.example\n", "CSV",
        [Entry(2, "Zoe", ("z@x.example",)), Entry(3, "Bo", ("b@x.example",)), Entry(4, "Cy", ("c@x.example",))]),
    "no address": ("name,email\nZoe,not one\nBo,\n", "CSV", [Entry(2, "Zoe", ("not one",)), Entry(3, "Bo")]),
    "no name": ("name,email\n,z@x.example\n", "CSV", [Entry(2, "", ("z@x.example",))]),
    "formulas": ("name,email\n'=1+1,z@x.example\n=1+1,b@x.example\n", "CSV",
        [Entry(2, "=1+1", ("z@x.example",)), Entry(3, "=1+1", ("b@x.example",))]),
    "a job": ("First Name,Last Name,Title,Job Title,Company,Email\nEve,Stone,Managing Director,Clerk,Court,e@x.example\n", "CSV",
        [Entry(2, "Eve Stone", ("e@x.example",), note="Clerk, Court")]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read(name: str) -> None:
    raw, program, entries = TABLES[name]
    assert (form(raw), read(raw)) == (program, entries)


NEVER_CLOSED = "A quote in it is never closed; the row ends with its line."
MISPLACED = "It has a quote where none may stand; a quote within a cell is written twice."
LONG = "It is longer than 65536 letters."
BROKEN = {
    "a quote never closed": ('A,a@x.example\n"B,b@x.example\nC,c@x.example\n', ["A", (3, NEVER_CLOSED), "C"]),
    "closed in another row": ('"A,a@x.example\nB,"b@x.example"\nC,c@x.example\n', [(2, MISPLACED), "B", "C"]),
    "letters behind a quote": ('"A" B,a@x.example\nC,c@x.example\n', [(2, MISPLACED), "C"]),
    "never closed for long": ('"A\n' + "B,b@x.example\n" * 5000 + "C,c@x.example", [(2, NEVER_CLOSED), *["B"] * 5000, "C"]),
    "a long cell": ("A," + "a" * 70_000 + "\nB,b@x.example\n", [(2, LONG), "B"]),
    "a line of megabytes": ("A,a@x.example" + "," * 3_000_000 + "\nB,b@x.example\n", [(2, LONG), "B"]),
    "zeros": ("A\0,a@x.example\n\0\0\nB,b@x.example\n", ["A\0", "\0\0", "B"]),
    "more cells": ("A,a@x.example,,\nB, C,b@x.example\n", ["A", (3, "It has more cells than the first line has columns (2);"
        " a cell that holds the mark between cells needs quotes around it.")]),
    "too many addresses": ("A," + " ".join(f"a{n}@x.example" for n in range(501)) + "\nB,b@x.example",
        [(2, "It has more than 500 addresses; no contact has so many."), "B"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_never_stops_the_others(name: str) -> None:
    raw, entries = BROKEN[name]
    found = read("name,address\n" + raw)
    assert [(one.line, one.refused) if one.refused else one.name for one in found] == entries


def vcf(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))


ZOE = Entry(1, "Zoë Noël", ("z@x.example",))
CARDS = {
    "full name": (vcf("N:Noël;Zoë;;;", "FN:Zoë Noël", "EMAIL;TYPE=INTERNET,HOME:z@x.example"), [ZOE]),
    "parts": (vcf("N:Noël;Zoë;;;", "EMAIL:z@x.example", version="2.1"), [ZOE]),
    "all parts": (vcf("N:Noël;Zoë;M.;Dr.;Jr.", "EMAIL:z@x.example"), [ZOE._replace(name="Dr. Zoë M. Noël, Jr.")]),
    "apple's groups": (vcf("FN:Zoë Noël", "item1.EMAIL;type=INTERNET;type=pref:z@x.example", "item1.X-ABLabel:_$!<Other>!$_"), [ZOE]),
    "folded": (vcf("FN:Zoë", "  Noël", "EMAIL:z@", " x.example"), [ZOE]),
    "folded within a letter": (vcf("FN:Zoë Noël", "EMAIL:z@x.example").encode().replace(b"Zo\xc3\xab", b"Zo\xc3\r\n \xab"), [ZOE]),
    "folded in 2.1": (vcf("FN:Zoë", " Noël", "EMAIL:z@x.example", version="2.1"), [ZOE]),
    "quoted-printable": (vcf("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Zo=C3=AB=", "=20No=C3=ABl", "EMAIL;INTERNET:z@x.example", version="2.1"), [ZOE]),
    "bare parameter": (vcf("FN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:Zo=EB No=EBl", "EMAIL;INTERNET:z@x.example", version="2.1"), [ZOE]),
    "japanese": (vcf("FN;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=93=63=92=86", "EMAIL:z@x.example", version="2.1"), [ZOE._replace(name="田中")]),
    "raw charset": (vcf("FN;CHARSET=windows-1250:Łukasz", "EMAIL:z@x.example", version="2.1").encode("cp1250"), [ZOE._replace(name="Łukasz")]),
    "windows-1252": (vcf("FN:Zoë Noël", "EMAIL:z@x.example").encode("cp1252"), [ZOE]),
    "utf-16": (vcf("FN:Zoë Noël", "EMAIL:z@x.example").encode("utf-16"), [ZOE]),
    "byte order mark, blank lines": ("\ufeff\r\n\r\n" + vcf("FN:Zoë Noël", "EMAIL:z@x.example"), [ZOE._replace(line=3)]),
    "LF and small letters": ("begin:vcard\nversion:4.0\nfn:Zoë Noël\nemail;type=\"a:b;c\";pref=1:mailto:z@x.example\nend:vcard", [ZOE]),
    "base64 is passed over": (vcf("PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRg", " ABAQAA", "", "FN:Zoë Noël", "EMAIL:z@x.example", version="2.1"), [ZOE]),
    "a large picture on one line": (vcf("PHOTO;ENCODING=b:" + "A" * 3_000_000, "FN:Zoë Noël", "EMAIL:z@x.example"), [ZOE]),
    "base64 of a name": (vcf("FN;ENCODING=b:Wm/DqyBOb8OrbA==", "EMAIL:z@x.example"), [ZOE]),
    "escapes": (vcf("FN:Stone\\, Eve\\; \\\\", "N:Stone\\;;Eve", "EMAIL:z@x.example", "NOTE:one\\ntwo\\N\\, three"),
        [Entry(1, "Stone, Eve; \\", ("z@x.example",), note="one\ntwo\n, three")]),
    "organisation only": (vcf("FN:Court", "N:;;;;", "ORG:Court", "EMAIL:z@x.example"), [Entry(1, "Court", ("z@x.example",), "organisation")]),
    "organisation without a name": (vcf("ORG:Court;Office 3", "EMAIL:z@x.example"), [Entry(1, "Court, Office 3", ("z@x.example",), "organisation")]),
    "KIND:org": (vcf("KIND:org", "FN:Court", "EMAIL:z@x.example", version="4.0"), [Entry(1, "Court", ("z@x.example",), "organisation")]),
    "apple's company": (vcf("FN:Court", "N:;;;;", "ORG:Court;", "X-ABShowAs:COMPANY", "EMAIL:z@x.example"), [Entry(1, "Court", ("z@x.example",), "organisation")]),
    "somebody at an organisation": (vcf("FN:Zoë Noël", "ORG:Court;", "TITLE:Clerk", "EMAIL:z@x.example"), [ZOE._replace(note="Clerk, Court")]),
    "an address for a name": (vcf("FN:z@x.example", "N:Noël;Zoë;;;", "EMAIL:z@x.example"), [ZOE]),
    "no name": (vcf("FN:", "N:;;;;", "EMAIL:z@x.example"), [Entry(1, "z@x.example", ("z@x.example",), is_nameless=True)]),
    "several": (vcf("FN:A", "EMAIL:a@x.example", "EMAIL:b@x.example") + "junk\r\n" + vcf("FN:C"),
        [Entry(1, "A", ("a@x.example", "b@x.example")), Entry(8, "C")]),
    "somebody's agent": (vcf("FN:Zoë Noël", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "FN:Agent", "EMAIL:agent@x.example", "END:VCARD", "EMAIL:z@x.example", version="2.1"), [ZOE]),
    "a group": (vcf("X-ADDRESSBOOKSERVER-KIND:group", "FN:Court"), [Entry(1, "Court", refused="It is a group of contacts, no contact.")]),
    "without an end": ("BEGIN:VCARD\nFN:A\n" + vcf("FN:C"), [Entry(1, "A", refused=vcard.NO_END), Entry(3, "C")]),
    "cut off": ("BEGIN:VCARD\nFN:A\nEMAIL:a@x.exam", [Entry(1, "A", ("a@x.exam",), refused=vcard.NO_END)]),
    "too many addresses": (vcf("FN:A", *(f"EMAIL:a{n}@x.example" for n in range(2000))) + vcf("FN:C"),
        [Entry(1, "A", refused="It has more than 500 addresses; no contact has so many."), Entry(2005, "C")]),
    "nothing inside": (vcf(), [Entry(1, "")]),
    "no colon, strange parameters": (vcf("FN", ';;"', 'EMAIL;X="never closed:z@x.example', ":", "FN:Zoë Noël"), [ZOE]),
}  # fmt: skip


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_read(name: str) -> None:
    raw, entries = CARDS[name]
    assert (form(raw), read(raw)) == ("vCard", entries)


LDIF = """dn: cn=Minh Nguyen,mail=minh@nguyen.example
objectclass: top
objectclass: person
objectclass: mozillaAbPersonAlpha
givenName: Minh
sn: Nguyen
cn: Minh Nguyen
mail: minh@nguyen.example
mozillaSecondEmail: minh@work.
 example

# somebody else
dn:: Y249Wm/Dqw==
objectclass: person
cn:: Wm/Dqw==
mail: z@x.example
o: Court
title: Clerk

dn: cn=list
objectclass: groupOfNames
cn: list
member: cn=Minh Nguyen

dn: dc=example
objectclass: organization
o: Root
"""


def test_ldif_is_read() -> None:
    assert form(LDIF) == "LDIF"
    assert read(LDIF) == [
        MINH._replace(line=1),
        Entry(13, "Zoë", ("z@x.example",), note="Clerk, Court"),
        Entry(20, "list", refused="It is a group of contacts, no contact."),
    ]


REFUSED = {
    b"": "book is empty.",
    b"\n \n\n": "book is empty.",
    b"PK\x03\x04rest": "book is a spreadsheet or a zip archive; save the spreadsheet as CSV.",
    b"\xd0\xcf\x11\xe0\xa1\xb1": "book is an Excel workbook or a file of Outlook's; save it as CSV.",
    b"who,when\nEve,now\n": "book is neither vCard nor LDIF, and has no column of names; the first line of a CSV file names"
    " the columns, as name,address,kind,note or as Outlook, Google or Thunderbird write them.",
}


@pytest.mark.parametrize("raw", REFUSED)
def test_what_is_no_address_book(raw: bytes) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read(raw)
    assert str(refusal.value) == REFUSED[raw]


A, B = "a@x.example", "b@x.example"
JOINS = {
    "a stranger": ([A], [], Joined("added")),
    "known": ([A], [Holder(1, "Eve Stone", frozenset({A}))], Joined("known", Holder(1, "Eve Stone", frozenset({A})))),
    "last name first": ([A], [Holder(1, "Stone, Eve", frozenset({A}))], Joined("known", Holder(1, "Stone, Eve", frozenset({A})))),
    "one more": ([B, A], [Holder(1, "eve stone", frozenset({A}))], Joined("completed", Holder(1, "eve stone", frozenset({A})), (B,))),
    "two of the name": ([A, B], [Holder(1, "Eve Stone", frozenset({A})), Holder(2, "Eve Stone", frozenset({B}))], Joined("refused")),
    "two of the name, one holds all": ([A, B], [Holder(1, "Eve Stone", frozenset({A})), Holder(2, "Eve Stone", frozenset({A, B}))],
        Joined("known", Holder(2, "Eve Stone", frozenset({A, B})))),
    "another name": ([A], [Holder(1, "Max Stone", frozenset({A}))], Joined("known", Holder(1, "Max Stone", frozenset({A})), is_other_name=True)),
    "another name holds some": ([A, B], [Holder(1, "Max Stone", frozenset({A}))], Joined("refused")),
    "two other names": ([A, B], [Holder(1, "Max", frozenset({A})), Holder(2, "Bo", frozenset({B}))], Joined("refused")),
    "the name beside another": ([A, B], [Holder(1, "Max", frozenset({B})), Holder(2, "Eve Stone", frozenset({A}))],
        Joined("completed", Holder(2, "Eve Stone", frozenset({A})), (B,))),
}  # fmt: skip
SHARED = {"another name", "another name holds some", "two other names"}
"""What is another contact where people may share an address."""


@pytest.mark.parametrize("name", JOINS)
def test_whose_entry_it_is(name: str) -> None:
    addresses, holders, answer = JOINS[name]
    assert joined("Eve Stone", addresses, holders, is_nameless=False, may_share=False) == answer
    shared = joined("Eve Stone", addresses, holders, is_nameless=False, may_share=True)
    assert shared == (Joined("added") if name in SHARED else answer)


@pytest.mark.parametrize("may_share", [False, True])
def test_whose_entry_it_is_without_a_name(may_share: bool) -> None:
    holder = Holder(1, "Eve Stone", frozenset({A}))
    assert joined(A, [A], [holder], is_nameless=True, may_share=may_share) == Joined("known", holder)
    assert joined(A, [A, B], [holder], is_nameless=True, may_share=may_share) == Joined("refused")
    assert joined(A, [A, B], [], is_nameless=True, may_share=may_share) == Joined("added")


_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=60)
_name = _words.map(lambda text: " ".join(text.split())).filter(bool)
_address = st.integers(0, 99).map(lambda number: f"a{number}@x.example")
_note = st.lists(_words.map(str.rstrip), max_size=4).map(lambda lines: "\n".join(lines).strip())
_card = st.builds(
    Card,
    _name.filter(lambda name: "@" not in name),
    st.lists(_address, max_size=9, unique=True).map(tuple),
    st.sampled_from(("person", "organisation")),
    _note,
)


@pytest.mark.parametrize("name", FORMATS)
@given(found=st.lists(_card, max_size=4))
def test_what_is_written_is_read_again(name: str, found: list[Card]) -> None:
    entries = read("".join(FORMATS[name](found)) or vcf())
    again: dict[tuple[str, str], list[str]] = {}
    for one in entries if found else ():
        assert not one.refused
        again.setdefault((" ".join(one.name.split()), one.kind), []).extend(one.addresses)
    again = {key: list(dict.fromkeys(addresses)) for key, addresses in again.items()}
    wanted: dict[tuple[str, str], list[str]] = {}
    for card in found:
        wanted.setdefault((card.name, card.kind), []).extend(card.addresses)
    wanted = {key: list(dict.fromkeys(addresses)) for key, addresses in wanted.items()}
    assert again == wanted
    notes = {one.note.replace("\r\n", "\n").strip() for one in entries}
    assert {card.note.strip() for card in found} <= notes | {""}


@given(_words)
def test_a_value_of_a_card_is_read_again(text: str) -> None:
    assert vcard.unescaped(vcard.escaped(text)) == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=300))
def test_lines_of_a_card_are_short_and_whole_letters(name: str) -> None:
    for line in vcard.card(name, ["a@x.example"]).encode().split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


@pytest.mark.parametrize("name", ["=1+1", "'=1+1", "-1", "@x", "+49", "'tis", "''-"])
def test_no_cell_is_a_formula(name: str) -> None:
    for form_ in ("csv", "google", "outlook"):
        text = "".join(FORMATS[form_]([Card(name, ("a@x.example",))]))
        assert not any(cell.strip('"').startswith(("=", "+", "-", "@")) for cell in text.split("\n")[1].split(","))
        assert [one.name for one in read(text)] == [name]


HOSTILE = {
    "quotes that open again": 'a"b,"c\n',
    "quotes alone": '"\n',
    "never closed": '"a,b\n',
    "separators": ",",
    "one line": "a",
    "blank lines": "\n",
    "zeros": "\0",
    "short rows": "x,y\n",
}
HOSTILE_CARDS = {
    "begun": "BEGIN:VCARD\n",
    "folded": " \n",
    "folded letters": " a\n",
    "soft ends": "=\n",
    "properties": "FN:x\n",
    "agents": "AGENT:\nBEGIN:VCARD\n",
    "escapes": "\\",
    "quotes": '"',
}
BEGINNINGS = {
    **{f"table, {name}": ("name,address\n", text) for name, text in HOSTILE.items()},
    **{
        f"card, {name}": ("BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:a\nN:b", text)
        for name, text in HOSTILE_CARDS.items()
    },
    **{f"ldif, {name}": ("dn: x\ncn: a", text) for name, text in HOSTILE_CARDS.items()},
}


def _consume(raw: bytes) -> None:
    for _ in addressbooks.read(io.BytesIO(raw), "book"):
        pass


@pytest.mark.parametrize("name", BEGINNINGS)
def test_hostile_files_take_linear_time(name: str) -> None:
    begin, text = BEGINNINGS[name]
    assert is_linear(_consume, lambda size: (begin + text * (size // len(text))).encode(), 300_000)


class Endless(io.RawIOBase):
    """Megabytes of the same."""

    def __init__(self, begin: str, text: str, octets: int) -> None:
        self._begin, self._text, self._left = begin.encode(), text.encode(), octets

    def read(self, size: int = -1) -> bytes:
        begin, self._begin = self._begin, b""
        self._left -= size
        return begin or (self._text * (size // len(self._text) + 1) if self._left > 0 else b"")


@pytest.mark.parametrize("name", BEGINNINGS)
def test_hostile_files_take_no_memory(name: str) -> None:
    file = Endless(*BEGINNINGS[name], 8_000_000)
    tracemalloc.start()
    try:
        for _ in addressbooks.read(file, "book"):  # type: ignore[arg-type]
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000
