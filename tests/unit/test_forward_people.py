from __future__ import annotations

import pytest

from casefleet_cli.core.forward import people

SENDERS = [
    ("Ada Byron <ada@example.com>", ("Ada Byron", "ada@example.com")),
    ('"Byron, Ada" <ada@example.com>', ("Byron, Ada", "ada@example.com")),
    ("Byron, Ada <ada@example.com>", ("Byron, Ada", "ada@example.com")),
    ("„Ada Byron” <ada@example.com>", ("Ada Byron", "ada@example.com")),
    ("« Ada Byron » <ada@example.com>", ("Ada Byron", "ada@example.com")),
    ("'ada@example.com' <ada@example.com>", ("", "ada@example.com")),
    ("ada@example.com <ada@example.com>", ("", "ada@example.com")),
    ("<ada@example.com>", ("", "ada@example.com")),
    ("ada@example.com", ("", "ada@example.com")),
    ("Ada Byron [mailto:ada@example.com]", ("Ada Byron", "ada@example.com")),
    ("Ada Byron [ada@example.com]", ("Ada Byron", "ada@example.com")),
    ("Ada Byron (ada@example.com)", ("Ada Byron", "ada@example.com")),
    ("Ada Byron (<ada@example.com>)", ("Ada Byron", "ada@example.com")),
    ("Ada Byron <ada@example.com<mailto:ada@example.com>>", ("Ada Byron", "ada@example.com")),
    ("Ada Byron <ada@example.com <mailto:ada@example.com>>", ("Ada Byron", "ada@example.com")),
    ("Ada Byron<mailto:ada@example.com>", ("Ada Byron", "ada@example.com")),
    ("ada@example.com<mailto:ada@example.com>", ("", "ada@example.com")),
    ("Ada <ada@example.com> on behalf of Office <office@example.com>", ("Office", "office@example.com")),
    ("Ada <ada@example.com> im Auftrag von Büro <office@example.com>", ("Büro", "office@example.com")),
    ("office@example.com [office@example.com] On Behalf Of Bo Meier", ("Bo Meier", "office@example.com")),
    ("Ada <ada@example.com> on behalf of office@example.com", ("Ada", "ada@example.com")),
    ("office@example.com; on behalf of; Bo Meier [bo@example.com]", ("Bo Meier", "bo@example.com")),
    ("on behalf of Bo <bo@example.com>", ("Bo", "bo@example.com")),
    ("Ada <ada@example.com> on behalf of", ("Ada", "ada@example.com")),
    ("Ada Byron <@example.com>", ("Ada Byron", "")),
    ("<@example.com>", ("@example.com", "")),
    (
        "Bank <no.reply@bank.example> <info-77@sender.example>",
        ("Bank <no.reply@bank.example>", "info-77@sender.example"),
    ),
    ("<<ada@example.com>>", ("", "ada@example.com")),
    ("Ada Byron", ("Ada Byron", "")),
    ("Ada Byron/Legal/Firm@Firm", ("Ada Byron/Legal/Firm@Firm", "")),
    ("Ada Byron ada@example.com", ("Ada Byron", "ada@example.com")),
]
LISTS = [
    ("ada@example.com, <bo@example.com>", [("", "ada@example.com"), ("", "bo@example.com")]),
    ("Ada <ada@example.com>; Bo <bo@example.com>;", [("Ada", "ada@example.com"), ("Bo", "bo@example.com")]),
    ("Byron, Ada; Meier, Bo <bo@example.com>", [("Byron, Ada", ""), ("Meier, Bo", "bo@example.com")]),
    ("Byron, Ada <ada@example.com>, bo@example.com", [("Byron, Ada", "ada@example.com"), ("", "bo@example.com")]),
    ("'Byron, Ada' <ada@example.com>, \"Bo\" <bo@example.com>", [("Byron, Ada", "ada@example.com"), ("Bo", "bo@example.com")]),
    ("Ada <mailto:ada@example.com>, Bo <mailto:bo@example.com>", [("Ada", "ada@example.com"), ("Bo", "bo@example.com")]),
    ("Byron, Ada", [("Byron, Ada", "")]),
    ("Ada Byron, Bo Meier", [("Ada Byron", ""), ("Bo Meier", "")]),
    ("undisclosed-recipients:;", []),
    ("", []),
    (" ,;, ", []),
]  # fmt: skip


@pytest.mark.parametrize(("written", "expected"), SENDERS)
def test_senders(written: str, expected: tuple[str, str]) -> None:
    assert people.one(written) == expected


@pytest.mark.parametrize(("written", "expected"), LISTS)
def test_lists(written: str, expected: list[tuple[str, str]]) -> None:
    assert list(people.many(written)) == expected


def test_nobody() -> None:
    assert people.one(" ") is None
