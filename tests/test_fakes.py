"""The stand-ins themselves."""

from __future__ import annotations

import pytest

from casefleet_cli.core.mail import message as messages
from tests.fakes import OnPurposeError, bug_in


def test_the_bug_that_is_meant_arrives() -> None:
    with bug_in(messages, "parse") as bug, pytest.raises(OnPurposeError):
        messages.parse(b"", (), "log.firm.example")
    assert bug.calls == 1
    assert messages.parse(b"").defects == ("empty-message",)


@pytest.mark.parametrize("values", [(), (b"", (), "", "one too many")])
def test_a_call_that_the_real_one_would_not_take_is_no_bug_on_purpose(values: tuple[object, ...]) -> None:
    with (
        pytest.raises(AssertionError, match="parse was never called"),
        bug_in(messages, "parse"),
        pytest.raises(TypeError),
    ):
        messages.parse(*values)  # type: ignore[arg-type]
