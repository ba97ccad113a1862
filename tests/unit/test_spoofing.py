"""Names, addresses and subjects that deceive, and the many that only look unusual."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.spoofing import letters, suspicions
from casefleet_cli.core.spoofing.suspicions import Known, Person, key, keys, of_person, of_subject
from tests.timing import is_linear

ADA = Person("user", "Ada Berg", frozenset({"ada@firm.example", "a.berg@firm.example"}))
ANNA = Person("contact", "Müller, Anna", frozenset({"anna@client.example"}))
IVAN = Person("contact", "Иван Петров", frozenset({"ivan@client.example"}))
NIKOS = Person("contact", "Νίκος Παππάς", frozenset({"nikos@client.example"}))
BARE = Person("contact", "No Address", frozenset())
KNOWN = Known(
    {key(person.name): (person,) for person in (ADA, ANNA, IVAN, NIKOS, BARE)},
    {
        suspicions.address_look(address): (person, address)
        for person in (ADA, ANNA)
        for address in sorted(person.addresses)
    },
    {suspicions.address_look("firm.example"): "firm.example"},
)
EVIL = "x@evil.example"

PEOPLE: list[tuple[str, str, list[str]]] = [
    # another address in the name
    ("ada@firm.example", EVIL, ["address-in-name"]),
    ("Ada Berg <ada@firm.example>", EVIL, ["address-in-name"]),
    ("ada＠firm．example", EVIL, ["address-in-name"]),
    ("a\u200bda@firm.example", EVIL, ["address-in-name", "hidden-letters"]),
    ("'ada@firm.example' via Lists", EVIL, ["address-in-name"]),
    ("mailto:ada@firm.example", EVIL, ["address-in-name"]),
    ("X@Evil.example", EVIL, []),
    ("Sales @ Firm", EVIL, []),
    ("@handle", EVIL, []),
    ("meet@ten", EVIL, []),
    ("ada@firm.example", "ada", []),
    ("ada@firm.example", "", []),
    # the name of somebody known
    ("Ada Berg", EVIL, ["name-of-user"]),
    ("BERG, ADA", EVIL, ["name-of-user"]),
    ("Dr. Ada Berg (Firm)", EVIL, ["name-of-user"]),
    ("Ada Berg via Signing", EVIL, ["name-of-user"]),
    ("Ada Berg, Attorney at Law", EVIL, ["name-of-user"]),
    ("Ａｄａ　Ｂｅｒｇ", EVIL, ["name-of-user"]),
    ("Ada Berg", "ADA@firm.example", []),
    ("Ada Berg", "a.berg@firm.example", []),
    ("Ada Berger", EVIL, []),
    ("Berg", EVIL, []),
    ("Anna Muller", EVIL, ["name-of-contact"]),
    ("Anna Müller", "anna@client.example", []),
    ("иван петров", EVIL, ["name-of-contact"]),
    ("ΝΙΚΟΣ ΠΑΠΠΑΣ", EVIL, ["name-of-contact"]),
    ("No Address", EVIL, []),
    # what looks like it
    ("Аda Berg", EVIL, ["looks-like-user", "mixed-scripts"]),
    ("Ada Bеrg", EVIL, ["looks-like-user", "mixed-scripts"]),
    ("Αdα Βerg", EVIL, ["looks-like-user", "mixed-scripts"]),
    ("𝐀𝐝𝐚 𝐁𝐞𝐫𝐠", EVIL, ["name-of-user"]),
    ("ᴀda berg", EVIL, ["looks-like-user"]),
    ("Ada\u202e Berg", EVIL, ["name-of-user", "hidden-letters"]),
    ("Anna Мüller", EVIL, ["looks-like-contact", "mixed-scripts"]),
    ("Ивaн Петров", EVIL, ["looks-like-contact", "mixed-scripts"]),
    # letters of several scripts, and such that nobody sees
    ("Pаypаl", EVIL, ["mixed-scripts"]),
    ("Pay\u00adpal", EVIL, ["hidden-letters"]),
    ("Bank\U000e0041", EVIL, ["hidden-letters"]),
    # addresses
    ("", "ada@f1rm.example", ["looks-like-address"]),
    ("", "аda@firm.example", ["looks-like-address", "mixed-scripts"]),
    ("", "ada@fіrm.example", ["looks-like-address", "mixed-scripts"]),
    ("", "ada@xn--frm-jhd.example", ["looks-like-address", "mixed-scripts"]),
    ("", "boss@firrn.example", ["looks-like-address"]),
    ("", "boss@flrm.example", ["looks-like-address"]),
    ("", "anna@cIient.example", ["looks-like-address"]),
    ("", "anna@c1ient.example", ["looks-like-address"]),
    ("", "new@firm.example", []),
    ("", "x@evil.xn--a", []),
    ("", '"ada@firm.example"@evil.example', ["address-in-address"]),
    ("", "ada\u200b@firm.example", ["hidden-letters"]),
    # ordinary people
    *((name, EVIL, []) for name in (
        "", "Anna", "Müller", "Иван Иванов", "Иван (Ivan)", "山田太郎 (Taro Yamada)", "ＮＴＴ東日本", "Σωκράτης", "Արամ Խաչատրյան",
        "محمد علی\u200cپور", "ישראל \u200fכהן", "O’Neill-Łuczak", "µTorrent", "IT-отдел", "Zoë 👩🏽\u200d⚕️", "🏴\U000e0067\U000e0062\U000e007f GB",
        "क्\u200dष", "ไทย\u200bไทย", "葛\U000e0100城", "\ufeffAnna", "\u2068Anna\u2069", "1️⃣", "José Ñandú", "Ωmega", "Jean d’Arc, Paris",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("name", "address", "reasons"), PEOPLE)
def test_what_is_suspicious_about_a_person(name: str, address: str, reasons: list[str]) -> None:
    assert [found.reason for found in of_person(name, address, KNOWN)] == reasons


@pytest.mark.parametrize(
    ("name", "address", "sentence"),
    [
        ("ada@firm.example", EVIL, "The name in From holds another address, ada@firm.example; the true one is x@evil.example."),
        ("Ada Berg", EVIL, "The name in From is that of the user Ada Berg, but x@evil.example is none of theirs."),
        ("ᴀda Berg", EVIL, "The name in From looks like that of the user Ada Berg, but x@evil.example is none of theirs."),
        ("", "anna@c1ient.example", "anna@c1ient.example in From looks like anna@client.example, which is the contact Müller, Anna's."),
        ("", "boss@f1rm.example", "The domain of boss@f1rm.example in From looks like yours, firm.example."),
        ("", '"ada@firm.example"@evil.example', 'Before the last @ of "ada@firm.example"@evil.example in From stands another address; it belongs to evil.example.'),
        ("Pаypаl", EVIL, "The name in From mixes alphabets whose letters look alike."),
        ("Pay\u00adpal", EVIL, "The name in From holds letters that nobody sees."),
        ("", "x@fіrm.example.evil.example", "The address in From mixes alphabets whose letters look alike: it is x@xn--frm-jhd.example.evil.example."),
    ],
)  # fmt: skip
def test_a_suspicion_is_a_sentence(name: str, address: str, sentence: str) -> None:
    assert [found.sentence for found in of_person(name, address, KNOWN)] == [sentence]


def test_whoever_of_that_name_holds_the_address_is_nobody_else() -> None:
    other = Person("contact", "Ada Berg", frozenset({EVIL}))
    both = Known({key("Ada Berg"): (ADA, other)})
    assert of_person("Ada Berg", EVIL, both) == ()
    assert of_person("Ada Berg", "y@evil.example", both)[0].reason == "name-of-user"


@pytest.mark.parametrize(
    ("subject", "hides"),
    [("In\u200bvoice", True), ("In\u00advoice", True), ("»\u00ad^»y", False), ("\u202egpj.exe", True), ("Invoice\U000e0069", True), ("Invoice", False),
     ("\ufeffRe: Rechnung für Müller", False), ("نامه\u200cها", False), ("Sale ❤️ 👨\u200d👩\u200d👧", False), ("", False), (None, False)],
)  # fmt: skip
def test_subjects(subject: str | None, hides: bool) -> None:
    assert [found.sentence for found in of_subject(subject)] == ["The subject holds letters that nobody sees."] * hides


def test_every_reason_has_a_row() -> None:
    shown = {reason for _, _, reasons in PEOPLE for reason in reasons} | {"alternatives-differ"}
    assert shown == set(suspicions.REASONS)
    assert [found.reason for found in suspicions.of_defects(["date-missing", "alternatives-differ"])] == [
        "alternatives-differ"
    ]
    assert suspicions.of_defects(["date-missing"]) == ()


@given(st.text(), st.text(), st.sampled_from(["from", "to", "cc", "bcc", "forward"]))
def test_anything_is_answered(name: str, address: str, field: str) -> None:
    for written in (address, f"{address}@{name}", f"a@xn--{address}"):
        found = of_person(name, written, KNOWN, field)
        assert {one.reason for one in found} <= set(suspicions.REASONS)
        assert {one.field for one in found} <= {field}
    assert {one.field for one in of_subject(name)} <= {"subject"}
    assert letters.visible(letters.visible(name)) == letters.visible(name)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), min_size=1))
def test_latin_names_mix_and_hide_nothing(name: str) -> None:
    assert of_person(name, EVIL) == ()


@given(st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕ ", min_size=1))
def test_cyrillic_names_mix_and_hide_nothing(name: str) -> None:
    assert of_person(name, EVIL) == ()
    if key(name.title()) and len(key(name.title())) > 2:
        assert key(name.title()) in keys(name.upper())


@pytest.mark.parametrize(
    "unit", ["a", "а", "a@", "@", "a@b.c ", "\u200b", "\u202e", "\U000e0041", ". ", " via ", "rn", "ﷺ", "xn--", "ä"]
)
def test_twice_the_letters_take_twice_the_time(unit: str) -> None:
    for work in (
        lambda text: of_person(text, EVIL, KNOWN),
        lambda text: of_person("Ada Berg", f"{text}@{text}", KNOWN),
        of_subject,
        letters.visible,
        keys,
    ):
        assert is_linear(work, lambda n: unit * (n // len(unit)), 200_000)
