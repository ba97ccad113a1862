"""Forwards of the programs of `tests.forwarding`, and what only looks like one."""

from __future__ import annotations

import pytest

from casefleet_cli.core.forward import find
from tests.forwarding import AUTHOR, COMMENT, Letter, forwards, lookalikes

_SUBJECTLESS = (
    "kustomer",
    "yandex, english",
    "yandex, month",
    "yandex, 1",
    "yandex, 2",
    "yandex, 3",
    "groupwise, 1",
    "groupwise, 2",
    "groupwise, 3",
)


@pytest.mark.parametrize(
    ("subject", "text", "letter", "date", "has_subject"),
    [pytest.param(*case, not name.startswith(_SUBJECTLESS), id=name) for name, *case in forwards()],
)
def test_forwards(subject: str, text: str, letter: Letter, date: str, has_subject: bool) -> None:
    for written in (text, text.replace("\n", "\r\n")):
        found = find.find(subject, written, None, (AUTHOR,))
        assert found is not None
        assert found.sender is not None
        assert found.sender.address == letter.address
        assert found.sender.name in (letter.name, "")
        assert found.subject == letter.subject or not has_subject
        assert found.date_raw == date
        assert found.date is None or found.date.replace(tzinfo=None, second=0) == letter.moment.replace(second=0)
        assert found.comment == COMMENT


@pytest.mark.parametrize(("subject", "text"), [pytest.param(*case, id=name) for name, *case in lookalikes()])
def test_nothing_is_invented(subject: str, text: str) -> None:
    for written in (text, text.replace("\n", "\r\n")):
        assert find.find_all(subject, written, None, (AUTHOR,)) == ()
