"""Outlook's .msg (MS-OXMSG, in an OLE2 file; needs the extra `casefleet[msg]`) and a winmail.dat that was saved alone.

They are no RFC 5322 messages, so one is made of them: the transport headers where Outlook kept them, else fields from
the properties; text, HTML and attachments; and, as the last attachment, the file itself, so that nothing of it is lost.
The same file always gives the same bytes.
"""

from __future__ import annotations

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TNEF = b"\x78\x9f\x3e\x22"
MAGICS = (MAGIC, TNEF)
"""How the files begin that are read here."""
NOT_A_MESSAGE = "This is an OLE2 file, as Office documents are, and no Outlook message."
MISSING = "This is an Outlook message (.msg): install casefleet[msg] to import it, or save it as .eml."
DAMAGED = "This Outlook message (.msg) is damaged: try to open it in Outlook and save it as .eml."
TNEF_DAMAGED = "This winmail.dat (TNEF) is damaged: ask its sender for the mail in another form."
TOO_LARGE = "This message of Outlook's holds more than one message may: save it as .eml to import it."
_NO_MAIL = {
    "ipm.appointment": "an appointment",
    "ipm.contact": "a contact",
    "ipm.distlist": "a distribution list",
    "ipm.task": "a task",
    "ipm.stickynote": "a note",
    "ipm.activity": "a journal entry",
    "ipm.document": "a document",
    "ipm.configuration": "a setting",
}
"""Message classes of what Outlook keeps beside mail (MS-OXCMSG); what is sent, as invitations are, is mail."""


def to_message(content: bytes, name: str) -> bytes | str:
    """The message made of a file that begins with one of MAGICS, or the sentence that says why there is none."""
    from casefleet_cli.core.mail.containers import letter, mapi, msg, tnef  # noqa: PLC0415 - few archives have one
    from casefleet_cli.core.mail.containers.allowance import Allowance, DamagedError, SpentError  # noqa: PLC0415

    is_tnef = content.startswith(TNEF)
    if not is_tnef and msg.MARK not in content:
        return NOT_A_MESSAGE
    if not is_tnef and not msg.can_read():
        return MISSING
    try:
        item = (tnef if is_tnef else msg).read(content, Allowance(len(content)))
    except DamagedError:
        return TNEF_DAMAGED if is_tnef else DAMAGED
    except SpentError:
        return TOO_LARGE
    thing = _other_than_mail(item.properties.text(mapi.CLASS))
    if thing:
        return f"This is {thing} of Outlook's and no mail."
    return letter.write(
        item, content, (name, "application/ms-tnef" if is_tnef else "application/vnd.ms-outlook", content)
    )


def _other_than_mail(message_class: str) -> str:
    """What Outlook keeps under this class, "" for mail."""
    said = message_class.strip().lower()
    return next((thing for name, thing in _NO_MAIL.items() if said == name or said.startswith(f"{name}.")), "")
