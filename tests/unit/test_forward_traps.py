"""Mails that look like forwards and forward nothing, and the other way round; every text is invented."""

from __future__ import annotations

import pytest

from casefleet_cli.core.forward import find
from casefleet_cli.core.model import Mailbox

BLOCK = "From: Ada Byron <ada@example.com>\nSent: 27 October 2021 09:31\nTo: Bo <bo@example.com>\nSubject: Deed\n"
RULE = "________________________________\n"
GMAIL = (
    "---------- Forwarded message ---------\nFrom: Ada Byron <ada@example.com>\nDate: Wed, Oct 27, 2021 at 9:31 AM\n"
    "Subject: Deed\nTo: <bo@example.com>\n\nThe deed is signed.\n"
)

TRAPS = {
    "subject-says-fwd-body-forwards-nothing": ("Fwd: Deed", "Please see the attached deed.\n\nBo\n"),
    "subject-says-fw-body-talks-of-forwarding": ("FW: Deed", "I forwarded your message:\nit was about the deed.\n"),
    "subject-says-fwd-body-is-a-quoted-answer": (
        "Fwd: Deed",
        "Agreed.\n\nOn Wed, Oct 27, 2021 at 9:31 AM Ada Byron <ada@example.com> wrote:\n> The deed is signed.\n",
    ),
    "answer-with-attribution": (
        "Re: Deed",
        "Agreed.\n\nOn 27 Oct 2021, at 09:31, Ada Byron <ada@example.com> wrote:\n\n> The deed is signed.\n",
    ),
    "answer-without-subject": (None, "Agreed.\n\nAm 27.10.2021 um 09:31 schrieb Ada Byron:\n> Der Vertrag.\n"),
    "answer-with-outlook-block": ("RE: Deed", f"Agreed.\n\n{BLOCK}\nThe deed is signed.\n"),
    "answer-with-outlook-rule": ("RE: Deed", f"Agreed.\n\n{RULE}{BLOCK}\nThe deed is signed.\n"),
    "answer-with-original-message": ("RE: Deed", f"Agreed.\n\n-----Original Message-----\n{BLOCK}\nSigned.\n"),
    "answer-in-german-outlook": (
        "AW: Vertrag",
        ("Einverstanden.\n\n-----Ursprüngliche Nachricht-----\nVon: Ada <ada@example.de>\nGesendet: Mittwoch, 27. Oktober 2021 09:31\n"
        "An: Bo <bo@example.de>\nBetreff: WG: Vertrag\n\nText\n"),
    ),
    "answer-to-a-forward": ("Re: Fwd: Deed", f"Agreed.\n\nOn 27 Oct 2021, at 10:31, Bo <bo@example.com> wrote:\n\n{GMAIL}"),
    "answer-that-quotes-a-forward": ("Re: Fwd: Deed", "Agreed.\n\n" + "".join(f"> {line}\n" for line in GMAIL.split("\n"))),
    "outlook-answer-to-a-forward": ("RE: Deed", f"Agreed.\n\n{BLOCK}\nSee below.\n\n{GMAIL}"),
    "tag-before-the-answer": ("[EXTERNAL] RE: Deed", f"Agreed.\n\n{RULE}{BLOCK}\nSigned.\n"),
    "header-block-in-a-discussion": ("Odd headers", f"Why does my mail say this:\n\n{BLOCK}\nThe date is wrong, isn't it?\n"),
    "header-block-in-a-discussion-of-forwards": ("Odd headers", f"See the forwarded mail's header:\n\n{BLOCK}\nThe date is wrong.\n"),
    "labels-in-a-letter": ("Minutes", "From: the board\nTo: all members\n\nThe minutes follow.\n"),
    "labels-in-a-form": ("Booking", "From: London\nTo: Paris\nDeparture: 09:31\nClass: 2\n"),
    "letterhead-memo-two-labels": ("Memo", "Subject: holidays\nDate: 27 October 2021\n\nAll offices are closed.\n"),
    "bounce-with-original": (
        "Undelivered Mail Returned to Sender",
        f"Your message could not be delivered to one or more recipients.\n\n----- Original message -----\n{BLOCK}\nSigned.\n",
    ),
    "bounce-by-its-words": (
        "Deed",
        f"Delivery to the following recipient failed permanently:\n\n  bo@example.com\n\n----- Original message -----\n{BLOCK}\nSigned.\n",
    ),
    "bounce-with-raw-headers": (
        "Warning: message delayed",
        ("------ Original message follows ------\n\nReturn-Path: <ada@example.com>\nReceived: by mx.example.com; Wed, 27 Oct 2021 09:31:00 +0000\n"
        "MIME-Version: 1.0\nFrom: Ada <ada@example.com>\nTo: bo@example.com\nSubject: Deed\nDate: Wed, 27 Oct 2021 09:31:00 +0000\n"),
    ),
    "bounce-without-marker": (
        "Mail delivery failed: returning message to sender",
        f"This is a copy of the message, including all the headers.\n\n{BLOCK}\nSigned.\n",
    ),
    "answer-that-speaks-of-forwarding": ("RE: Deed", f"I forwarded it to Cy:\n\n{BLOCK}\nSigned.\n"),
    "answer-with-a-rule-of-words": ("RE: Deed", f"Forwarded message\n\n{BLOCK}\nSigned.\n".replace("Forwarded m", "Your forwarded m")),
    "marker-in-a-manual": ("How to forward", "Gmail writes this line:\n\n---------- Forwarded message ---------\n\nand then the header.\n"),
    "estonian-answer": (
        "VS: Leping",
        "Jah.\n\nSaatja: Mari <mari@example.ee>\nSaadetud: 27. oktoober 2021 09:31\nAdressaat: Bo <bo@example.ee>\nTeema: Leping\n\nTekst\n",
    ),
    "nothing": ("", ""),
    "plain-letter": ("Deed", "Dear Bo,\n\nplease find enclosed:\n- the deed\n- the plan\n\nKind regards: Ada\n"),
    "swedish-answer": (
        "SV: Avtal",
        "Ja.\n\nFrån: Ada <ada@example.se>\nSkickat: den 27 oktober 2021 09:31\nTill: Bo <bo@example.se>\nÄmne: Avtal\n\nText\n",
    ),
    "finnish-answer": (
        "VS: Sopimus",
        "Kyllä.\n\nLähettäjä: Aino <aino@example.fi>\nLähetetty: 27. lokakuuta 2021 9.31\nVastaanottaja: Bo <bo@example.fi>\nAihe: Sopimus\n\nTeksti\n",
    ),
    "polish-answer": (
        "ODP: Umowa",
        "Tak.\n\nOd: Ada <ada@example.pl>\nWysłano: środa, 27 października 2021 09:31\nDo: Bo <bo@example.pl>\nTemat: Umowa\n\nTekst\n",
    ),
    "chinese-answer": ("回复: 合同", "同意。\n\n发件人: 李明 <li@example.cn>\n发送时间: 2021年10月27日 9:31\n收件人: 王芳 <wang@example.cn>\n主题: 合同\n\n正文\n"),
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_is_invented(trap: str) -> None:
    assert find.find(*TRAPS[trap], None) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fwd: Undelivered Mail Returned to Sender", f"What is this?\n\n{RULE}{BLOCK}\nIt could not be delivered.\n"),
        ("Re: Deed", f"As you asked.\n\n{GMAIL}"),
        ("Deed", GMAIL),
        ("Deed", f"{BLOCK}\nThe deed is signed.\n"),
        ("For the file", f"Please file.\n\n{RULE}{BLOCK}\nThe deed is signed.\n"),
        ("[EXTERNAL] Fwd: Deed", f"Please file.\n\n{BLOCK}\nThe deed is signed.\n"),
        ("FW: RE: Deed", f"Please file.\n\n{BLOCK}\nThe deed is signed.\n"),
        ("[Fwd: Deed]", f"{BLOCK}\nThe deed is signed.\n"),
        ("Deed (fwd)", f"{BLOCK}\nThe deed is signed.\n"),
        ("Fwd[2]: Deed", f"{BLOCK}\nThe deed is signed.\n"),
        ("FW : Deed", f"{BLOCK}\nThe deed is signed.\n"),
    ],
)
def test_forwards_that_look_like_something_else(subject: str, text: str) -> None:
    found = find.find(subject, text, None)
    assert found is not None
    assert found.sender == ("Ada Byron", "ada@example.com")
    assert found.subject == "Deed"


def test_the_mails_own_header_is_forwarded_where_subject_and_marker_say_so() -> None:
    ada = (Mailbox("Ada Byron", "ada@example.com"),)
    own = GMAIL.replace("Subject: Deed", "Subject: Fwd: Deed")
    assert find.find("Fwd: Deed", own, None, ada) is not None
    assert find.find("Fwd: Deed", own.partition("\n")[2], None, ada) is None
    assert find.find("Fwd: Deed", own.partition("\n")[2] + GMAIL, None, ada) is not None
    assert find.find("Deed", GMAIL, None, ada) is None
    assert find.find("Deed", GMAIL, None) is not None


def test_the_outermost_message_comes_first() -> None:
    inner = GMAIL.replace("Ada Byron <ada@", "Cy <cy@").replace("Deed", "Fwd: Deed")
    text = f"Look.\n\n{inner.replace('The deed is signed.', 'As promised.')}\n{GMAIL}"
    chain = find.find_all("Fwd: Fwd: Deed", text, None)
    assert [step.sender and step.sender.address for step in chain] == ["cy@example.com", "ada@example.com"]
    assert [step.comment for step in chain] == ["Look.", "As promised."]
    assert [step.by for step in chain] == [None, ("Cy", "cy@example.com")]
    assert find.find("Fwd: Fwd: Deed", text, None) == chain[0]


def test_what_a_forwarded_answer_quotes_is_no_further_forward() -> None:
    quoted = BLOCK.replace("Ada Byron <ada@", "Di <di@")
    text = f"{BLOCK.replace('Deed', 'RE: Deed')}\nAgreed.\n\n{quoted}\nIs it signed?\n"
    assert len(find.find_all("FW: Deed", text, None)) == 1
    assert len(find.find_all("FW: Deed", text.replace("RE: Deed", "Deed"), None)) == 1


def test_a_header_ends_where_the_next_sender_begins() -> None:
    found = find.find(
        "FW: Deed", f"From: Cy <cy@example.com>\nTo: Di <di@example.com>\nSubject: Deed\n{BLOCK}\nSigned.\n", None
    )
    assert found is not None
    assert found.sender == ("Cy", "cy@example.com")
    assert found.date_raw is None


def test_the_html_is_asked_where_the_text_says_too_little() -> None:
    html = "<p>See below.</p><hr><p><b>From:</b> Ada Byron &lt;ada@example.com&gt;<br><b>Sent:</b> 27 October 2021 09:31<br><b>To:</b> Bo<br><b>Subject:</b> Deed</p><p>Signed.</p>"
    found = find.find("FW: Deed", "See the HTML part.\n", html)
    assert found is not None
    assert (found.sender, found.comment) == (("Ada Byron", "ada@example.com"), "See below.")
    assert find.find("Deed", "See the HTML part.\n", html) is None
