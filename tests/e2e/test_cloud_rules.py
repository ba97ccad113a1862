"""Copies that a rule of Exchange or Google Workspace sends here: the mail itself is filed, whatever else comes is not."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Office
from tests.e2e.postfix import Postfix
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e

CLIENT = "anna@client.example"
HEARING = b"""\
From: Ada Berg <ada@firm.example>
To: Anna <anna@client.example>
Subject: Hearing
Message-ID: <DB9PR01MB1@DB9PR01MB1.eurprd01.prod.outlook.com>
Date: Mon, 2 Nov 2026 08:30:00 +0000
"""
TEXTS = b"""\
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="_000_DB9PR01_"

--_000_DB9PR01_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Dear Anna, see you on Monday.

--_000_DB9PR01_
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html><body>Dear Anna, see you on Monday.</body></html>

--_000_DB9PR01_--
"""
EXCHANGE = (
    b"""\
Received: from DB9PR01MB1.eurprd01.prod.outlook.com ([fe80::1]) by DB9PR01MB1.eurprd01.prod.outlook.com
 ([fe80::1%7]) with mapi id 15.20.1; Mon, 2 Nov 2026 08:30:01 +0000
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=firm.example; s=selector1; h=From:Date:Subject; bh=x=; b=x=
"""
    + HEARING
    + b"""\
Thread-Topic: Hearing
Thread-Index: AQHb==
X-MS-Has-Attach:
X-MS-TNEF-Correlator:
x-ms-publictraffictype: Email
X-MS-Exchange-SenderADCheck: 1
X-OriginatorOrg: firm.example
X-MS-Exchange-CrossTenant-FromEntityHeader: Hosted
"""
    + TEXTS
)
GOOGLE = (
    b"""\
Received: by mail-sor-f41.google.com with SMTP id x1; Mon, 02 Nov 2026 00:30:01 -0800 (PST)
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=firm.example; s=google; h=to:subject:from; bh=x=; b=x=
X-Google-DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=1e100.net; s=20230601; h=to:subject; bh=x=; b=x=
X-Gm-Original-To: anna@client.example
X-Gm-Message-State: AOJu0Y
X-Google-Smtp-Source: AGHT+I
X-Received: by 2002:a17:907:1 with SMTP id x2; Mon, 02 Nov 2026 00:30:01 -0800 (PST)
"""
    + HEARING.replace(b"DB9PR01MB1@DB9PR01MB1.eurprd01.prod.outlook.com", b"CAE1@mail.gmail.com")
    + TEXTS
)
JOURNAL = (
    b"""\
From: <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.example>
To: <journal@firm.example>
Subject: Hearing
Message-ID: <journal-1@journal.report.generator>
Date: Mon, 2 Nov 2026 08:30:02 +0000
X-MS-Journal-Report:
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="_report_"

--_report_
Content-Type: text/plain; charset="us-ascii"

Sender: ada@firm.example
Subject: Hearing
Message-Id: <DB9PR01MB1@DB9PR01MB1.eurprd01.prod.outlook.com>
To: anna@client.example

--_report_
Content-Type: message/rfc822

"""
    + HEARING
    + TEXTS
    + b"\n--_report_--\n"
)
RECEIVED = mail("ada@firm.example", sender=CLIENT, msgid="3")


@pytest.fixture
def office(office: Office) -> Office:
    office.case("Nguyen Trust", office.contact("Anna"))
    return office


def sent_here(postfix: Postfix, raw: bytes, sender: str = "ada@firm.example") -> None:
    assert [one.status for one in postfix.done(postfix.submit(raw, BCC["ada"], sender=sender))] == ["sent"]


@pytest.mark.parametrize("raw", [EXCHANGE, GOOGLE], ids=["exchange", "google"])
def test_the_copy_of_a_rule_is_filed(office: Office, postfix: Postfix, raw: bytes) -> None:
    sent_here(postfix, raw)
    assert office.all("SELECT subject, standing FROM emails") == [("Hearing", "linked")]
    assert office.all("SELECT case_id, linked_by FROM email_cases") == [(1, "rule")]
    assert office.count("notifications") == 0
    # And the same mail with the Bcc typed, which comes by another way, is the same mail.
    sent_here(postfix, HEARING.replace(b"DB9PR01MB1@DB9PR01MB1.eurprd01.prod.outlook.com", b"CAE1@mail.gmail.com") + TEXTS
              if raw is GOOGLE else HEARING + TEXTS)  # fmt: skip
    assert office.count("emails") == office.count("email_cases") == 1


@pytest.mark.parametrize(
    ("raw", "sender", "standing"),
    [
        (JOURNAL, "", "held"),
        (RECEIVED, "SRS0=x=y=client.example=anna@firm.example", "held"),
        (b"Resent-From: ada@firm.example\n" + RECEIVED, "ada@firm.example", "unassigned"),
    ],
    ids=["journal-report", "redirected-by-the-server", "redirected-by-the-user"],
)
def test_nothing_else_that_such_a_server_sends_is_filed(
    office: Office, postfix: Postfix, raw: bytes, sender: str, standing: str
) -> None:
    sent_here(postfix, raw, sender)
    assert office.all("SELECT standing FROM emails") == [(standing,)]
    assert office.count("email_cases") == 0
