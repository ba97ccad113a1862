"""One client of the LMTP server: commands line by line, data after DATA, an answer for each recipient (RFC 2033)."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from typing import TYPE_CHECKING

from casefleet_cli import config
from casefleet_cli.errors import CasefleetError
from casefleet_cli.lmtp.writer import Envelope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from casefleet_cli.lmtp.writer import Writer
    from casefleet_cli.store.users import BccOwner

_MOST_RECIPIENTS = 1000
_LINE_LIMIT = 64 * 1024
_IDLE_SECONDS = 300.0
_PATH = re.compile(rb'<((?:"(?:[^"\\\r\n]|\\.)*"|[^>"\r\n])*)>|([^\s<>]+)')
_IDENT = re.compile(rb"(?:^| )IDENT=([\w-]+)(?: |$)", re.IGNORECASE)

OK = b"250 2.0.0 OK"
UNKNOWN = b"550 5.1.1 There is no logging address of this name here."
LATER = b"451 4.3.0 The mail cannot be logged now; try again."
# Not 552: nothing but an unknown address may bounce a mail, and the limit of the mail server comes first.
TOO_BIG = b"452 4.3.4 The message is too big; see message_size_limit of the mail server."


class Session:
    """One client: commands line by line, data after DATA, an answer for each recipient."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, store: Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._store = store
        self._sender: str | None = None
        self._owners: list[BccOwner] = []
        self._queue_id: str | None = None
        self._pending = bytearray()

    async def run(self) -> None:
        """Serve the client until it quits, vanishes or is idle for too long."""
        await self._say(b"220 casefleet LMTP")
        while True:
            line = await asyncio.wait_for(self._line(), _IDLE_SECONDS)
            if line is None:
                return
            word, _, rest = line.partition(b" ")
            verb = word.strip().upper()
            if verb == b"QUIT":
                await self._say(b"221 2.0.0 Bye")
                return
            answer = self._answers().get(verb)
            if answer is None:
                await self._say(b"500 5.5.1 Not a command of LMTP.")
            else:
                await answer(rest)

    def _answers(self) -> dict[bytes, Callable[[bytes], Awaitable[None]]]:
        return {
            b"LHLO": self._lhlo,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"VRFY": self._vrfy,
            b"XFORWARD": self._xforward,
        }

    async def _lhlo(self, rest: bytes) -> None:  # noqa: ARG002
        self._forget()
        await self._say(
            b"250-casefleet\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
            b"250 XFORWARD IDENT"
        )

    async def _mail(self, rest: bytes) -> None:
        if self._sender is not None:
            await self._say(b"503 5.5.1 There is a sender already.")
            return
        found = _address(rest, b"FROM:")
        if found is None:
            await self._say(b"501 5.5.4 MAIL FROM:<address> is needed.")
            return
        self._sender = found
        await self._say(OK)

    async def _rcpt(self, rest: bytes) -> None:
        if self._sender is None:
            await self._say(b"503 5.5.1 MAIL comes first.")
            return
        recipient = _address(rest, b"TO:")
        if not recipient:
            await self._say(b"501 5.5.4 RCPT TO:<address> is needed.")
            return
        if len(self._owners) >= _MOST_RECIPIENTS:
            await self._say(b"452 4.5.3 Too many recipients.")
            return
        try:
            owner = await self._store.owner(recipient, self._queue_id)
        except (CasefleetError, sqlite3.Error, OSError):
            await self._say(LATER)
            return
        if owner is None:
            await self._say(UNKNOWN)
            return
        self._owners.append(owner)
        await self._say(OK)

    async def _data(self, rest: bytes) -> None:  # noqa: ARG002
        if self._sender is None or not self._owners:
            await self._say(b"503 5.5.1 There is no valid recipient.")
            return
        await self._say(b"354 End with a line that is a dot.")
        raw = await asyncio.wait_for(self._message(), _IDLE_SECONDS * 2)
        if raw is None:
            answers = [TOO_BIG] * len(self._owners)
        else:
            logged = await self._store.deliver(raw, Envelope(self._sender, tuple(self._owners), self._queue_id))
            answers = [OK if logged else LATER] * len(self._owners)
        self._forget()
        await self._say(b"\r\n".join(answers))

    async def _rset(self, rest: bytes) -> None:  # noqa: ARG002
        self._forget()
        await self._say(OK)

    async def _noop(self, rest: bytes) -> None:  # noqa: ARG002
        await self._say(OK)

    async def _vrfy(self, rest: bytes) -> None:  # noqa: ARG002
        await self._say(b"252 2.1.5 Send the mail and see.")

    async def _xforward(self, rest: bytes) -> None:
        """The queue id at the mail server, for the journal of deliveries and the log (Postfix, XFORWARD_README)."""
        match = _IDENT.search(rest)
        self._queue_id = match[1].decode() if match else None
        await self._say(OK)

    def _forget(self) -> None:
        self._sender = None
        self._queue_id = None
        self._owners = []

    async def _line(self) -> bytes | None:
        """One command line without its end; None when the client is gone or never ends its line."""
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > _LINE_LIMIT or not await self._fill():
                return None
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        return line.rstrip(b"\r")

    async def _message(self) -> bytes | None:
        """The data up to CRLF.CRLF (nothing less ends it: RFC 5321 section 2.3.8), dots unstuffed, lines ending in LF
        as the pipe gives them; None when it is too big. Raises ConnectionError when the client is gone.
        """
        kept = bytearray(b"\r\n")  # so that a dot on the first line has a line end before it
        too_big = False
        while True:
            searched = max(0, len(kept) - 4)
            kept += self._pending
            self._pending.clear()
            end = kept.find(b"\r\n.\r\n", searched)
            if end >= 0:
                self._pending += kept[end + 5 :]
                del kept[end:]
                break
            if len(kept) > config.LMTP_OCTETS:
                too_big = True
                del kept[:-4]
            if not await self._fill():
                raise ConnectionResetError
        if too_big:
            return None
        body = bytes(kept).replace(b"\r\n..", b"\r\n.")[2:]
        return body.replace(b"\r\n", b"\n") + (b"\n" if body else b"")

    async def _fill(self) -> bool:
        """Take more from the client; False when it is gone."""
        chunk = await self._reader.read(_LINE_LIMIT)
        self._pending += chunk
        return bool(chunk)

    async def _say(self, answer: bytes) -> None:
        self._writer.write(answer + b"\r\n")
        await self._writer.drain()


def _address(rest: bytes, keyword: bytes) -> str | None:
    """The address of MAIL FROM or RCPT TO ("" for the null sender), or None."""
    rest = rest.strip()
    if not rest.upper().startswith(keyword):
        return None
    match = _PATH.match(rest[len(keyword) :].strip())
    if match is None:
        return None
    return (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")
