"""Forwards as mail programs write them, and mail that only looks like one, made of a few letters each.

The formats are those of the programs named; every person, address and word is invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from casefleet_cli.core.model import Mailbox

AUTHOR = Mailbox("Mia Okafor", "mia@firm.example")
"""Who forwards, or writes what looks like it."""


class Letter(NamedTuple):
    """A message that is forwarded."""

    name: str
    address: str
    to: str
    to_address: str
    subject: str
    moment: datetime


LETTERS = (
    Letter("Ida Roth", "ida.roth@client.example", "Leo Kern", "leo.kern@firm.example", "Annex B", datetime(2024, 3, 15, 15, 14, 9)),
    Letter("Roth, Ida", "ida@client.example", "Mia Okafor", "mia@firm.example", "RE: Lease, 2nd floor: plans", datetime(2023, 11, 28, 9, 5, 30)),
    Letter("Zoë Ng-Åberg", "z.ng@sub.client.example", "Leo Kern", "leo.kern@firm.example", "Kündigung (2024/17)", datetime(2022, 12, 31, 23, 59, 1)),
)  # fmt: skip

DATES = {
    "rfc": "%a, %d %b %Y %H:%M:%S +0100",
    "outlook": "%A, %B %d, %Y %I:%M %p",
    "gmail": "%a, %b %d, %Y at %I:%M %p",
    "us": "%m/%d/%Y %I:%M:%S %p",
    "us short": "%m/%d/%Y %I:%M %p",
    "us two": "%m/%d/%y %I:%M %p",
    "us comma": "%A, %B %d, %Y, %I:%M:%S %p",
    "de": "%d.%m.%Y %H:%M:%S",
    "de short": "%d.%m.%Y %H:%M",
    "ru": "%d.%m.%Y, %H:%M",
    "words": "%H:%M, %d %B %Y",
    "iso": "%Y-%m-%d %H:%M",
    "long": "%A, %B %dth %Y at %I:%M:%S %p",
}

COMMENT = "Please file this.\n\nMia"

# id: (subject, date, text), with {name} {address} {to} {to_address} {subject} {date} of the letter; "~" is the comment.
PROGRAMS = {
    "notes 4, attribution": ("Fwd: {subject}", "us", "~\n\n---------------------- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM ---------------------------\n\n\n\"{name}\" <{address}> on {date}\n\nTo:   \"{to}\" <{to_address}>\ncc:    \n\nSubject:  {subject}\n\n\nBody.\n"),
    "notes 4, wrapped marker": ("Fwd: {subject}", "us", "~\n\n---------------------- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 \n08:59 AM ---------------------------\n\n\n\"{name}\" <{address}> on {date}\nPlease respond to <{address}>\nTo: \"{to}\" <{to_address}>\ncc: \"Eva Lind\" <eva@firm.example> \nSubject: {subject}\n\n\nBody.\n"),
    "notes 5, plain subject": ("{subject}", "us", "~\n\n---------------------- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM ---------------------------\n\n{address} on {date}\nTo: {to_address}\ncc: \nSubject: {subject}\n\nBody.\n"),
    "notes 5, label": ("Fwd: {subject}", "us short", "~\n\n---------------------- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM ---------------------------\n   \n\t\n\t\n\tFrom:  {name} <{address}>                           {date}\n\t\n\nTo: {to_address}\ncc:  \nSubject: {subject}\n\nBody.\n"),
    "notes 6, table": ("Fw: {subject}", "us short", "~\n\n----- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM -----\n\n{name} <{address}> \n{date}\n\nTo\n{to} <{to_address}>\ncc\n\nSubject\n{subject}\n\n\n\n\nBody.\n"),
    "notes 6, table in columns": ("Fw: {subject}", "us short", "~\n\n----- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM -----\n\n{name} <{address}>\nSent by: Eva Lind\n{date}\n\nTo\t{to} <{to_address}>\ncc\tEva Lind <eva@firm.example>\nSubject\t{subject}\n\nBody.\n"),
    "notes 6, german": ("WG: {subject}", "de short", "~\n\n----- Weitergeleitet von Mia Okafor/Oslo/Firm am 02.04.2024 08:59 -----\n\n{name} <{address}>\n{date}\n\nAn\n{to} <{to_address}>\nKopie\n\nThema\n{subject}\n\nText.\n"),
    "notes 7, page": ("Fw: {subject}", "us short", "~\n\n----- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM -----\n{name} <{address}>\n{date}\n\nTo {to} <{to_address}>\ncc\nSubject {subject}\n\nTo whom it may concern\n"),
    "apple, german, plain subject": ("For the file", "de", "~\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: {name} <{address}>\n> Betreff: {subject}\n> Datum: {date}\n> An: {to} <{to_address}>\n> \n> Text.\n"),
    "apple, polish, plain subject": ("For the file", "de", "~\n\nPoczątek przekazywanej wiadomości:\n\n> Od: {name} <{address}>\n> Temat: {subject}\n> Data: {date}\n> Do: {to} <{to_address}>\n> \n> Tekst.\n"),
    "notes 8": ("Fw: {subject}", "us short", "~\n\n----- Forwarded by Mia Okafor/Oslo/Firm on 04/02/2024 08:59 AM -----\n\nFrom:\t{name} <{address}>\nTo:\t{to} <{to_address}>, \nCc:\tEva Lind <eva@firm.example>\nDate:\t{date}\nSubject:\t{subject}\nSent by:\tEva Lind\n\n\n\nBody.\n"),
    "em client 8": ("Fw: {subject}", "us", "~\n\n------ Forwarded Message ------\nFrom \"{name}\" <{address}>\nTo \"{to}\" <{to_address}>\nDate {date}\nSubject {subject}\n\nBody.\n"),
    "em client 8, german": ("WG: {subject}", "de", "~\n\n------ Weitergeleitete Nachricht ------\nVon \"{name}\" <{address}>\nAn \"{to}\" <{to_address}>\nCc \"Eva Lind\" <eva@firm.example>\nDatum {date}\nBetreff {subject}\n\nText.\n"),
    "em client 8, french": ("TR: {subject}", "de", "~\n\n------ Message transféré ------\nDe \"{name}\" <{address}>\nÀ \"{to}\" <{to_address}>\nDate {date}\nObjet {subject}\n\nTexte.\n"),
    "em client 7": ("Fw: {subject}", "us", "~\n\n------ Forwarded Message ------\nFrom: \"{name}\" <{address}>\nTo: \"{to}\" <{to_address}>\nSent: {date}\nSubject: {subject}\n\nBody.\n"),
    "the bat": ("Fwd: {subject}", "us comma", "~\n\nThis is a forwarded message\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nDate: {date}\nSubject: {subject}\n\n===8<==============Original message text===============\nBody.\n===8<===========End of original message text===========\n"),
    "the bat, plain subject": ("{subject}", "us comma", "~\n\nThis is a forwarded message\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nDate: {date}\nSubject: {subject}\n\n===8<==============Original message text===============\nBody.\n"),
    "the bat, german": ("{subject}", "de", "~\n\nDies ist eine weitergeleitete Nachricht\nVon: {name} <{address}>\nAn: {to} <{to_address}>\nDatum: {date}\nBetreff: {subject}\n\n===8<==============Original Nachrichtentext===============\nText.\n"),
    "the bat, russian": ("{subject}", "de", "~\n\nЭто пересылаемое сообщение\nОт: {name} <{address}>\nКому: {to} <{to_address}>\nДата: {date}\nТема: {subject}\n\n--====----====----====----====----====--\nТекст.\n"),
    "yandex": ("Fwd: {subject}", "ru", "~\n\n-------- Пересылаемое сообщение --------\n{date}, \"{name}\" <{address}>:\n\nТекст.\n-------- Конец пересылаемого сообщения --------\n"),
    "yandex, english": ("Fwd: {subject}", "ru", "~\n\n-------- Forwarded message --------\n{date}, \"{name}\" <{address}>:\n\nBody.\n-------- End of forwarded message --------\n"),
    "yandex, labels above": ("Fwd: {subject}", "ru", "~\n\n-------- Пересылаемое сообщение --------\nКому: {to} <{to_address}>\nТема: {subject}\n\n{date}, \"{name}\" <{address}>:\n\nТекст.\n"),
    "yandex, month in words": ("Fwd: {subject}", "words", "~\n\n-------- Forwarded message --------\n{date}, \"{name}\" <{address}>:\n\nBody.\n"),
    "groupwise": ("Fwd: {subject}", "us short", "~\n\n>>> {name} <{address}> {date} >>>\nBody.\n"),
    "groupwise, block": ("Fwd: {subject}", "us short", "~\n\n>>> \nFrom: \t{name} <{address}>\nTo:\t{to} <{to_address}>\nDate: \t{date}\nSubject: \t{subject}\n\nBody.\n"),
    "evolution": ("[Fwd: {subject}]", "rfc", "~\n\n-------- Forwarded Message --------\nFrom: {name} <{address}>\nReply-To: office@client.example\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n"),
    "evolution 1": ("[Fwd: {subject}]", "rfc", "~\n\n-----Forwarded Message-----\n\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n"),
    "evolution, full headers": ("Fwd: {subject}", "rfc", "~\n\n-------- Forwarded Message --------\nReturn-Path: <bounce@lists.example>\nDelivered-To: mia@firm.example\nReceived: from mx.lists.example (mx.lists.example [192.0.2.7])\n\tby mail.firm.example (Postfix) with ESMTPS id 4F1\n\tfor <mia@firm.example>; Fri, 15 Mar 2024 15:15:00 +0100 (CET)\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=lists.example;\n\ts=one; h=from:to:subject:date;\n\tbh=abc;\n\tb=def\n\t ghi\n\t jkl\n\t mno\n\t pqr\nSender: list-owner@lists.example\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\nMessage-Id: <1@client.example>\nX-Mailer: none\n\nBody.\n"),
    "mutt": ("[{address}: {subject}]", "rfc", "~\n\n----- Forwarded message from {name} <{address}> -----\n\nDate: {date}\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nSubject: {subject}\nUser-Agent: Mutt/1.10\n\nBody.\n\n----- End forwarded message -----\n"),
    "mutt, full headers": ("Fwd: {subject}", "rfc", "~\n\n----- Forwarded message from {name} <{address}> -----\n\nFrom bounce@lists.example Fri Mar 15 15:14:09 2024\nReturn-Path: <bounce@lists.example>\nReceived: from a.example by b.example\n\twith ESMTP; Fri, 15 Mar 2024 15:15:00 +0100\nReceived: from c.example by a.example; Fri, 15 Mar 2024 15:14:30 +0100\nMessage-ID: <1@client.example>\nSender: list-owner@lists.example\nFrom: {name} <{address}>\nTo: {to}\n <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n"),
    "gnus": ("Fwd: {subject}", "rfc", "~\n\n-------------------- Start of forwarded message --------------------\nSender: list-owner@lists.example\nFrom: {name} <{address}>\nNewsgroups: example.law\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n-------------------- End of forwarded message --------------------\n"),
    "gnus, sender below": ("Fwd: {subject}", "rfc", "~\n\n-------------------- Start of forwarded message --------------------\nFrom: {name} <{address}>\nSender: list-owner@lists.example\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n"),
    "gnus, news": ("[{address}] {subject}", "rfc", "~\n\n-------------------- Start of forwarded message --------------------\nPath: news.example!not-for-mail\nStrange: field\nFrom: {address} ({name})\nNewsgroups: example.law\nDate: {date}\nSubject: {subject}\n\nBody.\n"),
    "eudora": ("Fwd: {subject}", "rfc", "~\n\n>X-Sender: someone@pop.client.example\n>X-Long: a\n>\tb\n>Date: {date}\n>To: {to_address}\n>From: {name} <{address}>\n>Subject: {subject}\n>\n>Body.\n"),
    "alpine": ("{subject} (fwd)", "rfc", "~\n\n---------- Forwarded message ----------\nDate: {date}\nFrom: {name} <{address}>\nReply-To: office@client.example\nTo: {to} <{to_address}>\nSubject: {subject}\n\nBody.\n"),
    "kustomer": ("Fwd: {subject}", "long", "~\n\n---------- Forwarded message ---------\n&nbsp;On {date} {address} wrote:\n&nbsp;Body.\n"),
    "entities": ("Fwd: {subject}", "gmail", "~\n\n---------- Forwarded message ---------\nFrom: {name} &lt;{address}&gt;\nDate:&nbsp;{date}\nSubject: {subject}\nTo: {to} &lt;{to_address}&gt;\n\nBody.\n"),
    "gmail conversation": ("Fwd: {subject}", "gmail", "~\n\n---------- Forwarded conversation\nSubject: *{subject}*\n------------------------\n\nFrom: *{name}* <{address}>\nDate: {date}\nTo: {to} <{to_address}>\n\n\nBody.\n\n----------\nFrom: *{to}* <{to_address}>\nDate: Sat, Mar 16, 2024 at 3:14 PM\nTo: {name} <{address}>\n\n\nThanks.\n"),
    "gmail conversation, plain subject": ("{subject}", "gmail", "~\n\n---------- Forwarded conversation\nSubject: {subject}\n------------------------\n\nFrom: {name} <{address}>\nDate: {date}\nTo: {to} <{to_address}>\n\n\nBody.\n"),
    "entourage": ("About it", "us comma", "~\n\n------ Forwarded Message\n> From: {name} <{address}>\n> Date: {date}\n> To: {to} <{to_address}>\n> Subject: {subject}\n> \n> Body.\n\n------ End of Forwarded Message\n"),
    "entourage, quoted": ("About it", "us comma", "~\n\n> ------ Forwarded Message\n> From: {name} <{address}>\n> Subject: {subject}\n> Date: {date}\n> \n> Body.\n"),
    "mh": ("Fwd: {subject}", "rfc", "~\n\n------- Forwarded Message\n\nReturn-Path: <{address}>\nReceived: from a.example by b.example; Fri, 15 Mar 2024 15:15:00 +0100\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\nFrom: {name} <{address}>\n\nBody.\n\n------- End of Forwarded Message\n"),
    "apple": ("Fwd: {subject}", "us comma", "~\n\n> Begin forwarded message:\n> \n> From: {name} <{address}>\n> Subject: {subject}\n> Date: {date}\n> To: {to} <{to_address}>\n> \n> Body.\n"),
    "outlook": ("FW: {subject}", "outlook", "~\n\nFrom: {name} <{address}>\nSent: {date}\nTo: {to} <{to_address}>\nSubject: {subject}\n\nBody.\n"),
    "outlook, plain subject": ("For the file", "outlook", "~\n\n________________________________\nFrom: {name} <{address}>\nSent: {date}\nTo: {to} <{to_address}>\nSubject: {subject}\n\nBody.\n"),
    "outlook, on behalf": ("FW: {subject}", "outlook", "~\n\n________________________________\nFrom: Desk <desk@client.example> on behalf of {name} <{address}>\nSent: {date}\nTo: {to}\nSubject: {subject}\n\nBody.\n"),
    "pasted source": ("Fwd: {subject}", "rfc", "~\n\nSender: list-owner@lists.example\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nSubject: {subject}\nDate: {date}\n\nBody.\n"),
}  # fmt: skip

# id: (subject, text), with the same; the author is Mia Okafor.
LOOKALIKES = {
    "memo": ("Memo", "To: {to} <{to_address}>\nFrom: Mia Okafor <mia@firm.example>\nDate: {day}\nRe: Lease\n\nThe tenant may terminate.\n"),
    "memo with subject and time": ("Memo", "MEMORANDUM\n\nFrom: Mia Okafor <mia@firm.example>\nTo: {to} <{to_address}>\nDate: {outlook}\nSubject: {subject}\n\nThe tenant may terminate.\n"),
    "memo below a rule": ("Memo", "Memorandum\n==========\n\nFrom: {name} <{address}>\nTo: {to}\nDate: {day}\nSubject: {subject}\n\nThe tenant may terminate.\n"),
    "memo without addresses": ("Memo", "From: {name}\nTo: {to}\nCC: Eva Lind\nDate: {outlook}\nSubject: {subject}\n\nThe tenant may terminate.\n"),
    "fax sheet": ("Fax for you", "From: {name} <{address}>\nFax: +49 30 1234\nTo: {to}\nDate: {outlook}\nPages: 3\nSubject: {subject}\n\nPlease see the enclosed pages.\n"),
    "fax sheet, label above": ("Fax for you", "Fax no: 3\nFrom: {name} <{address}>\nTo: {to} <{to_address}>\nDate: {outlook}\nSubject: {subject}\n\nPlease see the enclosed pages.\n"),
    "fax sheet, label below": ("Fax for you", "From: {name} <{address}>\nTo: {to} <{to_address}>\nDate: {outlook}\nSubject: {subject}\nPages: 3\n\nPlease see the enclosed pages.\n"),
    "chat": ("Chat transcript", "From: {name}\nTo: {to}\nDate: {iso}\n\nIda: did you get the lease?\nJon: yes.\n"),
    "chat with addresses": ("Chat transcript", "From: {address}\nTo: {to_address}\nDate: {iso}\n\nIda: did you get the lease?\nJon: yes.\n"),
    "bank notice": ("Payment received", "From: {name}\nTo: {to}\nDate: {iso}\nAmount: 200.00 EUR\nReference: 4711\n\nYour balance has changed.\n"),
    "bank notice with an address": ("Payment received", "From: {name} <{address}>\nTo: {to}\nDate: {iso}\nSubject: {subject}\nAmount: 200.00 EUR\n\nYour balance has changed.\n"),
    "contact form": ("Message from your site", "From: {name}\nEmail: {address}\nSubject: {subject}\nMessage: call me back\n"),
    "quarantine": ("Quarantine summary", "These were held:\n\n--------------------\nFrom: {name} <{address}>\nTo: mia@firm.example\nSubject: {subject}\nDate: {outlook}\n--------------------\nFrom: {to} <{to_address}>\nTo: mia@firm.example\nSubject: {subject}\nDate: {outlook}\n--------------------\n"),
    "list of mail": ("Yesterday's mail", "From: {name} <{address}>\nSubject: {subject}\nDate: {outlook}\n\nFrom: {to} <{to_address}>\nSubject: {subject}\nDate: {outlook}\n"),
    "digest": ("Law Digest, Vol 1, Issue 3", "Today's topics: leases\n\n----------------------------------------------------------------------\n\nMessage: 1\nDate: {rfc}\nFrom: {name} <{address}>\nTo: law@lists.example\nSubject: {subject}\nMessage-ID: <1@client.example>\n\nBody.\n"),
    "receipt": ("Read: {subject}", "Your message\n\n   To: {to}\n   Subject: {subject}\n   Sent: {outlook}\n\nwas read.\n"),
    "web form": ("Your site", "From: {name} <{address}>\nSubject: {subject}\n\nMessage Body:\nCall me.\n"),
    "booking": ("Booking", "From: London\nTo: Paris\nDate: {outlook}\nSubject: to change\nClass: 2\n"),
    "protected headers": ("{subject}", "From: Mia Okafor <mia@firm.example>\nTo: {to} <{to_address}>\nSubject: {subject}\nMessage-ID: <p@firm.example>\nDate: {rfc}\n\nSigned text.\n"),
    "protected headers of a forward": ("Fwd: {subject}", "From: Mia Okafor <mia@firm.example>\nTo: {to} <{to_address}>\nSubject: Fwd: {subject}\nDate: {rfc}\n\nSigned text.\n"),
    "protected headers of an answer": ("Re: {subject}", "From: Mia Okafor <mia@firm.example>\nSubject: Re: {subject}\n\nSigned text.\n"),
    "own appointment": ("{subject}", "-----Original Appointment-----\nFrom: Mia Okafor <mia@firm.example>\nSent: {outlook}\nTo: {to}\nSubject: {subject}\nWhen: {outlook}\n\nSee you.\n"),
    "own header below a marker": ("{subject}", "---------- Forwarded message ---------\nFrom: Mia Okafor <mia@firm.example>\nDate: {gmail}\nSubject: {subject}\nTo: {to} <{to_address}>\n\nBody.\n"),
    "padding after blank lines": ("Your invoice 4711", "Please open the attached invoice.\n" + "\n" * 20 + "-----Original Message-----\nFrom: {name} <{address}>\nSent: {outlook}\nTo: Jon Hale <jon@else.example>\nSubject: {subject}\n\nThanks.\n"),
    "padding after a long letter": ("Your invoice 4711", "Please open the attached invoice, which is due at once. " * 15 + "\n\n________________________________\nFrom: {name} <{address}>\nSent: {outlook}\nTo: Jon Hale <jon@else.example>\nSubject: {subject}\n\nThanks.\n"),
    "padding by attributions": ("Your invoice 4711", "Please open the attached invoice.\n\nOn {gmail} {name} <{address}> wrote:\n> Hello\n\n---------- Forwarded message ---------\nFrom: {name} <{address}>\nDate: {gmail}\nSubject: {subject}\nTo: Jon <jon@else.example>\n\nThanks.\n"),
    "sendmail bounce": ("Returned mail: User unknown", "   ----- Transcript of session follows -----\n550 leo... User unknown\n\n   ----- Unsent message follows -----\nReturn-Path: <mia@firm.example>\nReceived: by a.example (5.61/1.34)\nDate: {rfc}\nFrom: {name} <{address}>\nTo: {to_address}\nSubject: {subject}\n\nBody.\n"),
    "sendmail bounce, other subject": ("Mail from a.example", "   ----- Transcript of session follows -----\n550 leo... User unknown\n\n   ----- Unsent message follows -----\nFrom: {name} <{address}>\nTo: {to_address}\nDate: {rfc}\nSubject: {subject}\n\nBody.\n"),
    "bounce that returns the text": ("Failed mail", "Your message was not delivered.\n\n----- Original message follows -----\nFrom: {name} <{address}>\nTo: {to_address}\nDate: {rfc}\nSubject: {subject}\n\nBody.\n"),
    "groupwise answer": ("Re: {subject}", "Agreed.\n\n>>> {name} <{address}> {us short} >>>\nBody.\n"),
    "groupwise answer, plain subject": ("{subject}", "Agreed.\n\n>>> {name} <{address}> {us short} >>>\nBody.\n"),
    "outlook answer": ("RE: {subject}", "Agreed.\n\n________________________________\nFrom: {name} <{address}>\nSent: {outlook}\nTo: Mia Okafor <mia@firm.example>\nSubject: {subject}\n\nBody.\n"),
    "notes answer": ("Re: {subject}", "Agreed.\n\n{name} <{address}>\n{us short}\n\nTo\nMia Okafor <mia@firm.example>\ncc\n\nSubject\n{subject}\n\nBody.\n"),
    "notes answer, plain subject": ("{subject}", "Agreed.\n\n\"{name}\" <{address}> on {us}\n\nTo:   \"Mia Okafor\" <mia@firm.example>\ncc:\n\nSubject:  {subject}\n\nBody.\n"),
    "labels without colons": ("Report", "------ Summary ------\nFrom \"{name}\" <{address}>\nTo \"{to}\" <{to_address}>\nDate {us}\nSubject {subject}\n\nBody.\n"),
    "words about forwarding": ("A question", "I have seen a forwarded message\nwith this header:\n\nFrom: {name} <{address}>\nSent: {outlook}\nTo: {to} <{to_address}>\nSubject: {subject}\n\nIs it real?\n"),
    "a forward that is announced only": ("A question", "Here is a forwarded message:\n\nit never came.\n"),
    "entities in a letter": ("A question", "From:&nbsp;the board\nTo:&nbsp;all &lt;members&gt;\n\nThe minutes follow.\n"),
}  # fmt: skip


def _filled(template: str, letter: Letter, **more: str) -> str:
    words = {
        "day": letter.moment.strftime("%B %d, %Y"),
        **{name: letter.moment.strftime(form) for name, form in DATES.items()},
    }
    return template.format(**{**words, **letter._asdict(), **more})


def forwards() -> Iterator[tuple[str, str, str, Letter, str]]:
    """Each program's forward of each letter: its name, the subject, the text, the letter, the date as it is written."""
    for program, (subject, form, text) in PROGRAMS.items():
        for number, letter in enumerate(LETTERS, start=1):
            date = letter.moment.strftime(DATES[form])
            whole = _filled(text.replace("~", COMMENT), letter, date=date)
            yield f"{program}, {number}", _filled(subject, letter), whole, letter, date


def lookalikes() -> Iterator[tuple[str, str, str]]:
    """Each mail that forwards nothing, about each letter: its name, the subject and the text."""
    for name, (subject, text) in LOOKALIKES.items():
        for number, letter in enumerate(LETTERS, start=1):
            yield f"{name}, {number}", _filled(subject, letter), _filled(text, letter)
