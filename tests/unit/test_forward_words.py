from __future__ import annotations

import pytest

from casefleet_cli.core.forward import find, labels, subjects


def test_no_label_means_two_fields() -> None:
    meanings: dict[str, set[str]] = {}
    for language in labels.LANGUAGES:
        for field in ("from", "date", "to", "cc", "subject"):
            for label in labels.of_language(language, field):
                meanings.setdefault(labels.fold(label), set()).add(field)
    assert {label: fields for label, fields in meanings.items() if len(fields) > 1} == {}


@pytest.mark.parametrize(
    ("subject", "kind", "rest"),
    [
        (None, "unknown", None),
        ("", "unknown", None),
        ("Deed", "plain", "Deed"),
        ("Case 12: Deed", "plain", "Case 12: Deed"),
        ("Fwd: Deed", "forward", "Deed"),
        ("FW: RE: Deed", "forward", "RE: Deed"),
        ("Re: Fwd: Deed", "reply", "Fwd: Deed"),
        ("TR : Acte", "forward", "Acte"),
        ("İLT: Belge", "forward", "Belge"),
        ("转发：合同", "forward", "合同"),
        ("[EXTERNAL] [case 7] WG: Vertrag", "forward", "Vertrag"),
        ("[Fwd: Deed]", "forward", "Deed"),
        ("Deed (fwd)", "forward", "Deed"),
        ("Fwd[2]: Deed", "forward", "Deed"),
        ("AW[3]: WG: Vertrag", "reply", "WG: Vertrag"),
        ("ΑΠ: Συμβόλαιο", "reply", "Συμβόλαιο"),
    ],
)
def test_what_a_subject_tells(subject: str | None, kind: str, rest: str | None) -> None:
    told = subjects.read(subject)
    assert (told.kind, told.rest) == (kind, rest)


FORMS = {
    "outlook": ("FW: Deed", "See below.\n\n{0}: {5}\n{1}: {6}\n{2}: {7}\n{3}: {8}\n{4}: Deed\n\nSigned.\n"),
    "french-spacing": ("FW: Deed", "See below.\n\n{0} : {5}\n{1} : {6}\n{2} : {7}\n{3} : {8}\n{4} : Deed\nSigned.\n"),
    "full-width": ("Fwd: Deed", "See below.\n\n{0}：{5}\n{1}：{6}\n{2}：{7}\n{3}：{8}\n{4}：Deed\n\nSigned.\n"),
    "thunderbird": (None, "See below.\n\n-------- Xyzzy --------\n{4}: \tDeed\n{1}: \t{6}\n{0}: \t{5}\n{2}: \t{7}\n{3}: \t{8}\n\n\nSigned.\n"),
    "apple": (None, "See below.\n\n> Begin forwarded message:\n>\n> *{0}:* {5}\n> *{4}:* Deed\n> *{1}:* {6}\n> *{2}:* {7}\n> *{3}:* {8}\n>\n> Signed.\n"),
    "yahoo": (None, "See below.\n   ----- Forwarded Message ----- {0}: {5}{2}: {7}{3}: {8}{1}: {6}{4}: Deed\n\nSigned.\n"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("language", labels.LANGUAGES)
def test_every_language_in_every_form(language: str, form: str) -> None:
    subject, template = FORMS[form]
    columns = [labels.of_language(language, field) for field in ("from", "date", "to", "cc", "subject")]
    for variant in range(max(map(len, columns))):
        names = [column[min(variant, len(column) - 1)].capitalize() for column in columns]
        people = ("Ada Byron <ada@example.com>", "27.10.2021 09:31", "Bo <bo@example.com>", "Cy <cy@example.com>")
        found = find.find(subject, template.format(*names, *people), None)
        assert found is not None, names
        assert found.sender == ("Ada Byron", "ada@example.com"), names
        assert (found.subject, found.date_raw, found.comment) == ("Deed", "27.10.2021 09:31", "See below."), names
        assert [box.address for box in found.to + found.cc] == ["bo@example.com", "cy@example.com"], names
