"""What a mail server wrote above a message when it delivered it: for whom, and from whom."""

from __future__ import annotations

from casefleet_cli.core.address import normal, untagged
from casefleet_cli.core.mail import header, mailboxes, mime
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
    return Envelope(_ours(recipients, logging_domain), sender)


def recipients_in(raw: bytes, field: str, logging_domain: str, prefix: str = "") -> tuple[str, ...] | None:
    """The different addresses at the logging domain (normal form) in the topmost header field of a name.

    None where there is no such field. More fields of that name count with it up to the next Received: a server that
    had several recipients wrote them together, what stands below may be anybody's. `prefix` (small letters) is taken
    from the beginning of an address, as a virtual domain of qmail puts one there.
    """
    wanted = field.lower()
    values: list[bytes] = []
    for name, value in mime.read_headers(raw):
        if name.lower() == wanted:
            values.append(value)
        elif values and name.lower() == "received":
            break
    found = [one.address for value in values for one in mailboxes.parse_list(header.to_text(value))]
    return _ours([normal(address).removeprefix(prefix) for address in found], logging_domain) if values else None


def _ours(addresses: list[str], logging_domain: str) -> tuple[str, ...]:
    ours = dict.fromkeys(address for address in addresses if address.endswith(f"@{logging_domain}"))
    tagged = {plain for plain, tag in map(untagged, ours) if tag}
    return tuple(address for address in ours if address not in tagged)


def _address(value: bytes) -> str:
    return header.decode(value).strip().removeprefix("<").removesuffix(">")
