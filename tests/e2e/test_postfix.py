"""Mail through a real Postfix, with exactly the lines that `casefleet postfix` prints."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e


def test_a_mail_with_the_secret_in_the_envelope_alone_is_on_the_right_feed(office: Office, postfix: Postfix) -> None:
    case = office.case("Nguyen Trust", office.contact("Anna"))
    queue_id = postfix.submit(mail("anna@client.example"), "anna@client.example", BCC["ada"])
    assert sorted(outcome.status for outcome in postfix.done(queue_id)) == ["sent", "sent"]
    assert office.all("SELECT subject, standing FROM emails") == [("Hearing", "linked")]
    assert office.all("SELECT case_id FROM email_cases") == [(case,)]
    assert office.all("SELECT source, envelope_sender, queue_id, user_id FROM deliveries") == [
        ("pipe", "ada@firm.example", queue_id, office.ada)
    ]
