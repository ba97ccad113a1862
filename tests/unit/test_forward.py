from __future__ import annotations

from casefleet_cli.core.forward import find


def test_a_gmail_forward_is_found() -> None:
    text = (
        "See below.\n\n---------- Forwarded message ---------\nFrom: Ada Byron <ada@example.com>\n"
        "Date: Wed, Oct 27, 2021 at 9:31 AM\nSubject: Deed\nTo: <bo@example.org>\n\nThe deed is signed.\n"
    )
    found = find.find("Fwd: Deed", text, None)
    assert found is not None
    assert found.sender == ("Ada Byron", "ada@example.com")
    assert found.comment == "See below."
