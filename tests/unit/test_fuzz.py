"""The fuzzer: no public function of the core is left out, a short run finds nothing, and what is wrong is found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from casefleet_cli.core.mail.message import parse
from tests.fuzz import oracles, targets, truths
from tests.fuzz.running import ask_oracles, fuzz
from tests.fuzz.targets import BY_NAME, BY_TYPE, WHOLE, Target, all_targets, arguments

TARGETS = list(all_targets())
ROOMS = sorted({target.name.rpartition(".")[0].partition(".")[0] for target in TARGETS})


def test_every_public_function_of_the_core_has_a_fuzz_target() -> None:
    assert len(TARGETS) > 150
    for target in TARGETS:
        arguments(target)  # raises KeyError with the parameter for which tests/fuzz/targets.py has nothing to give


def test_nothing_is_kept_for_a_function_that_is_gone() -> None:
    names = {target.name for target in TARGETS}
    assert names >= WHOLE.keys() | truths.TRUTHS.keys()
    assert names >= {name.rpartition(".")[0] for name in BY_NAME}


@pytest.mark.parametrize("room", ROOMS)
def test_a_short_run_finds_nothing(room: str) -> None:
    calls: Counter[str] = Counter()
    for target in TARGETS:
        if target.name.startswith(f"{room}."):
            assert fuzz(target, calls, most=5, start=1) is None
            assert calls[target.name]


def test_other_parsers_agree_with_us_where_they_agree() -> None:
    assert ask_oracles(Counter(), most=60, start=1) is None


def test_a_difference_from_all_others_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles.messages, "parse", lambda raw: parse(raw.replace(b"Subject:", b"Comments:")))
    found = ask_oracles(Counter(), most=60, start=1)
    assert found is not None
    assert "subject: None" in found.what


def _raises(text: str) -> None:
    """Raises KeyError."""
    raise ValueError(text)


def _says_what_it_raises(text: str) -> None:
    """Raises ValueError."""
    raise ValueError(text)


def _is_slow(text: str) -> None:
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass


def _is_not_clean(text: str) -> str:
    return f"{text}\n\n!"


@pytest.mark.parametrize(
    ("name", "call", "what"),
    [
        ("address.x", _raises, "ValueError"),
        ("address.x", _says_what_it_raises, None),
        ("address.x", _is_slow, "of processor time"),
        ("mail.header.clean", _is_not_clean, "AssertionError"),
    ],
)
def test_what_is_wrong_is_found(
    name: str, call: Callable[..., Any], what: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "MOST_SECONDS", 0.05)
    found = fuzz(Target(name, call, ""), Counter(), most=4, start=1)
    assert (found is None) == (what is None)
    assert found is None or (what or "") in str(found)


def test_a_parameter_of_a_type_that_nobody_can_make_is_named() -> None:
    def call(strange: Counter[str]) -> None: ...

    with pytest.raises(KeyError, match=r"address\.x\.strange: Counter"):
        arguments(Target("address.x", call, ""))
    assert "Counter[str]" not in BY_TYPE
