"""A server that signs users in for Postfix: Dovecot's authentication protocol, with PLAIN alone, on a unix socket."""

from __future__ import annotations

import base64
import socketserver
import threading
from pathlib import Path

PASSWORD = "secret"


class Sasl:
    """Signs in whoever gives the one password, by the name given; close it when done."""

    def __init__(self, path: Path) -> None:
        self._server = socketserver.ThreadingUnixStreamServer(str(path), _Session)
        path.chmod(0o666)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Session(socketserver.StreamRequestHandler):
    """The protocol, version 1: who asks sends AUTH with a number, and gets OK or FAIL with it."""

    def handle(self) -> None:
        self.wfile.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
        for line in self.rfile:
            words = line.decode().rstrip("\n").split("\t")
            if words[0] == "AUTH":
                given = next(word.removeprefix("resp=") for word in words if word.startswith("resp="))
                _, name, password = base64.b64decode(given).decode().split("\0")
                answer = "OK" if password == PASSWORD else "FAIL"
                self.wfile.write(f"{answer}\t{words[1]}\tuser={name}\n".encode())
