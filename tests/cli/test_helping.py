"""casefleet help: each topic says what is so."""

from __future__ import annotations

import re

import pytest

from casefleet_cli import access
from casefleet_cli.cli.app import run
from casefleet_cli.cli.helping import TOPICS
from casefleet_cli.core.moments import typed
from casefleet_cli.core.query import FIELDS, POSSESSIONS, STANDINGS, parse
from tests.firm import DAYS


def told(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(line.split()) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_told_in_lines_that_fit(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(f"help {topic}", capsys)
    assert text == told(f"help {topic[:-1].upper()}", capsys)
    assert max(map(len, text.splitlines())) <= 120


def test_without_a_topic_they_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert all(topic in told("help", capsys) for topic in TOPICS)


def test_every_role_and_every_field_is_told() -> None:
    assert all(re.search(rf"^{role} ", TOPICS["roles"], re.M) for role in access.EVERYBODY)
    assert all(f"{field}:" in TOPICS["queries"] for field in FIELDS)
    assert all(f"is:{word}" in TOPICS["queries"] for word in STANDINGS)
    assert all(f"has:{word}" in TOPICS["queries"] for word in POSSESSIONS)


def test_what_is_given_as_an_example_is_read() -> None:
    for text in re.split(r"   +", TOPICS["dates"].splitlines()[0]):
        typed.moment(text.strip('"'), DAYS)
    for line in TOPICS["queries"].splitlines()[4:8]:
        for text in re.split(r"   +", line.strip()):
            parse(text, DAYS)


def test_search_h_is_help_and_h_among_words_is_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Usage:" in told("search -h", capsys)
