"""What a mail server wrote above a message when it delivered it: for whom, and from whom."""

from __future__ import annotations

from casefleet_cli.core.address import normal, untagged
from casefleet_cli.core.mail import header, mime
from casefleet_cli.light import NamedTuple

_RECIPIENT = ("x-original-to", "delivered-to")


class Envelope(NamedTuple):
    """The envelope of a delivery, as the fields of its delivery agent say."""

    recipients: tuple[str, ...]
    """Different addresses at the logging domain, in normal form, the topmost first."""
    sender: str | None
    """The return path (RFC 5321 section 4.4), "" for the null sender, None where there is no such field."""


def of_delivery(raw: bytes, logging_domain: str) -> Envelope:
    """The envelope that stands above every Received field: what stands below may be anybody's.

    An address of another domain is where the mailbox is (an alias led there), never whose mail it is.
    The same address with a case tag and, further down, without it is one.
    """
    recipients: list[str] = []
    sender: str | None = None
    for name, value in mime.read_headers(raw):
        field = name.lower()
        if field == "received":
            break
        if field in _RECIPIENT:
            recipients.append(normal(_address(value)))
        elif field == "return-path" and sender is None:
            sender = _address(value)
    ours = dict.fromkeys(address for address in recipients if address.endswith(f"@{logging_domain}"))
    tagged = {plain for plain, tag in map(untagged, ours) if tag}
    return Envelope(tuple(address for address in ours if address not in tagged), sender)


def _address(value: bytes) -> str:
    return header.decode(value).strip().removeprefix("<").removesuffix(">")
