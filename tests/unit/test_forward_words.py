from __future__ import annotations

import pytest

from casefleet_cli.core import forward_labels, forward_subject


def test_no_label_means_two_fields() -> None:
    meanings: dict[str, set[str]] = {}
    for language in forward_labels.LANGUAGES:
        for field in ("from", "date", "to", "cc", "subject"):
            for label in forward_labels.of_language(language, field):
                meanings.setdefault(forward_labels.fold(label), set()).add(field)
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
    told = forward_subject.read(subject)
    assert (told.kind, told.rest) == (kind, rest)
