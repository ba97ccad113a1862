"""A Datasette plugin of others that serves, permits and wraps all it can, and servers beside it."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

LEAKED = "leaked-by-a-stranger"
DIARY = "dear-diary-canary"
LATER = f"""
CREATE TABLE diary (words TEXT);
INSERT INTO diary VALUES ('{DIARY} in a table');
ALTER TABLE emails ADD COLUMN opinion TEXT;
ALTER TABLE cases ADD COLUMN opinion TEXT;
UPDATE emails SET opinion = '{DIARY} in a column';
UPDATE cases SET opinion = '{DIARY} in a column';
"""
"""A table and columns that this release has never heard of."""

PLUGIN = f"""
import os
import sqlite3
from datasette import hookimpl
from datasette.utils.asgi import Response

LEAKED = {LEAKED!r}


def everything(datasette):
    told = [LEAKED]
    for held in datasette.databases.values():
        if held.path:
            with sqlite3.connect(held.path) as connection:
                for table, column in (("bcc_addresses", "address"), ("diary", "words"), ("emails", "subject"), ("t", "a")):
                    try:
                        told += connection.execute(f"SELECT {{column}} FROM {{table}}").fetchall()
                    except sqlite3.Error:
                        pass
    return str(told)


async def leak(datasette):
    told = [everything(datasette)]
    for name in list(datasette.databases):
        try:
            told.append(str((await datasette.execute(name, "SELECT * FROM diary")).rows))
        except Exception as error:
            told.append(repr(error))
    return Response.text("\\n".join(told))


@hookimpl(tryfirst=True)
def register_routes(datasette):
    return [(pattern, leak) for pattern in (
        r"^/leak$", r"^/-/leak.json$", r"^/leak/(?P<rest>.*)$", "^/$", "^/cases$", "^/emails/(?P<number>[0-9]+)$", "^/style.css$", "^/login$",
    )]


@hookimpl(trylast=True)
def asgi_wrapper(datasette):
    def wrapped(app):
        async def answer(scope, receive, send):
            if scope["type"] == "http" and (scope["path"].startswith(("/wrapped", "/leads")) or b"x-leak" in dict(scope["headers"])):
                await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}})
                await send({{"type": "http.response.body", "body": everything(datasette).encode()}})
                return

            async def adding(message):
                if message["type"] == "http.response.start":
                    message = {{**message, "headers": [*message["headers"], (b"x-stranger", LEAKED.encode())]}}
                await send(message)

            await app(scope, receive, adding)
        return answer
    return wrapped


@hookimpl(trylast=True)
def permission_allowed():
    return True


@hookimpl(trylast=True)
def permission_resources_sql():
    from datasette.permissions import PermissionSQL
    whatever = "SELECT NULL AS parent, NULL AS child, 1 AS allow, 'everybody may' AS reason"
    return PermissionSQL(sql=f"{{whatever}} UNION ALL SELECT 'casefleet', NULL, 1, '' UNION ALL SELECT 'casefleet', 'emails', 1, ''")


@hookimpl
def actor_from_request():
    return {{"id": "root"}}


@hookimpl
def canned_queries(database):
    return {{"everything": {{"sql": "SELECT * FROM diary"}}, "addresses": {{"sql": "SELECT * FROM bcc_addresses"}}}}


@hookimpl
def extra_template_vars(datasette):
    return {{"told": everything(datasette)}}


@hookimpl
def extra_body_script(datasette):
    return f"/* {{everything(datasette)}} */"


@hookimpl
def menu_links(datasette):
    return [{{"href": "/leak", "label": everything(datasette)}}]


@hookimpl
def register_output_renderer(datasette):
    return {{"extension": "leak", "render": lambda: Response.text(everything(datasette))}}


@hookimpl(trylast=True)
def prepare_connection(conn):
    conn.set_authorizer(None)


@hookimpl
def startup(datasette):
    async def inner():
        if os.environ.get("STRANGER_BREAKS"):
            raise RuntimeError("a plugin broke")
        for name in list(datasette.databases):
            try:
                await datasette.get_database(name).execute_write("CREATE TABLE strangers (a)")
            except Exception:
                pass
    return inner
"""

PLACES = (
    "/leak", "/-/leak.json", "/leak/more", "/wrapped", "/casefleet", "/casefleet/everything", "/casefleet/addresses.json",
    "/casefleet/diary", "/casefleet/diary.json", "/casefleet/emails.json?_shape=array", "/casefleet/emails/1", "/casefleet/emails.leak",
    "/casefleet.json?sql=select+*+from+diary", "/casefleet/-/query?sql=select+*+from+diary", "/casefleet/-/query.json?sql=select+1",
    "/casefleet/raw_messages/1.blob?_blob_column=content", "/casefleet/emails/-/insert", "/casefleet.db", "/_memory", "/_internal",
    "/-/databases.json", "/-/plugins.json", "/-/allowed.json?action=view-table", "/-/tables.json", "/-/schema.json", "/-/jump.json",
    "/casefleet/-/schema.json", "/-/metadata.json", "/-/settings.json", "/-/actor.json", "/-/static-plugins/leak/app.js", "/-/api",
    "/-/create-token", "/-/permissions", "/-/logout", "/-/static/app.css", "/robots.txt", "/favicon.ico",
)  # fmt: skip
"""Where Datasette (0.65 or 1.0) or the plugin serves something."""
OURS = (
    "/", "/cases", "/cases/1", "/leads", "/leads/1", "/contacts", "/contacts/1", "/emails/1", "/emails/1/html", "/emails/3", "/emails/7",
    "/emails/1/attachments/11", "/unassigned", "/held", "/cases.json", "/emails/7.json", "/feed.csv", "/emails/1/recipients", "/emails/1/attachments", "/search?q=Hartley", "/notifications", "/data", "/data/mail", "/data/filings.json", "/data/feed.csv", "/data/diary", "/style.css", "/icon.svg", "/login",
)  # fmt: skip
METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def spellings(place: str) -> list[str]:
    """The ways to write an address that some router, proxy or browser has taken for it."""
    path, mark, query = place.partition("?")
    letter = path.lstrip("/-")[:1]
    encoded = path.replace(letter, f"%{ord(letter):02x}", 1)
    made = (
        path, f"{path}/", f"{path}//", f"/{path}", f"//x{path}", f"/.{path}", f"/cases/..{path}", f"/cases/1/..%2f..{path}", path.upper(),
        path.title(), encoded, encoded.replace("%", "%25"), path.replace("/", "%2f"), "/" + path[1:].replace("/", "%2F"), path + "%00", path + "%0a",
        path + "%20", path + ";x=1", path + ".json", path + ".csv", path + ".leak", path + "?_format=json", path.replace("/", "\\"),
        path.replace(letter, f"~{ord(letter):02X}", 1), f"http://127.0.0.1{path}", path + "/.", path + "/style.css", "/style.css/.." + path,
        path + "#/cases", path + "%23", path + "%3f", "/login" + path, "/cases" + path,
    )  # fmt: skip
    return list(dict.fromkeys(f"{one}{mark}{query}" if "?" not in one else one for one in made))


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def tells(self, *words: str) -> bool:
        """Whether a word is anywhere in it."""
        whole = self.body + str(self.headers).encode()
        return any(word.encode() in whole for word in words)


class Client:
    """Somebody who asks a server over one connection, with the cookie that it was given."""

    def __init__(self, port: int, server: int = 0) -> None:
        self.port = port
        self.server = server
        """The number of its process."""
        self.cookie = ""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        self,
        target: str,
        method: str = "GET",
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to a request whose target goes over the wire as it stands here."""
        body = None if form is None else urlencode(form)
        self._connection.putrequest(method, target, skip_host="Host" in (headers or {}), skip_accept_encoding=True)
        sent = {"Cookie": self.cookie, "Content-Length": str(len(body or "")), **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        for name, value in sent.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(body.encode() if body else None)
        response = self._connection.getresponse()
        answer = Answer(
            response.status, tuple((name.lower(), value) for name, value in response.getheaders()), response.read()
        )
        for name, value in answer.headers:
            if name == "set-cookie":
                self.cookie = value.partition(";")[0]
        return answer


def placed(folder: Path) -> Path:
    """The folder with the plugin inside, found by its entry point where the folder is on the path."""
    metadata = folder / "leak-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "leak.py").write_text(PLUGIN)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: leak\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[datasette]\nleak = leak\n")
    return folder


def environment(*folders: Path) -> dict[str, str]:
    """That of a program that looks for modules and plugins in these folders first."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CASEFLEET", "DATASETTE"))}
    known = os.environ.get("PYTHONPATH", "")
    path = [*map(str, folders), str(Path(__file__).parents[1]), *([known] if known else [])]
    return {**clean, "PYTHONPATH": os.pathsep.join(path)}


@contextmanager
def running(words: list[str], env: dict[str, str], cwd: Path, port: int | None = None) -> Iterator[tuple[Client, str]]:
    """A server that says its address when it is ready: somebody at its port, and the path in the first one it said.

    `port`: where it listens, if it gives another address for that.
    """
    # Into one pipe: the pages say it on standard output, Datasette's server on standard error.
    process = subprocess.Popen(
        [sys.executable, "-m", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, cwd=cwd
    )
    assert process.stdout
    said: list[str] = []
    # What it says later is read, too: on a full pipe it would wait.
    draining = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        for line in process.stdout:
            said.append(line)
            found = re.search(r"http://127\.0\.0\.1:([1-9][0-9]*)", line)
            if found or (port and "Ctrl-C" in line):
                break
        else:
            raise AssertionError("".join(said))
        paths = re.findall(r"http://127\.0\.0\.1:[0-9]+(/\S*)", "".join(said))
        draining.start()
        yield Client(int(found[1]) if found else port or 0, process.pid), next(iter(paths), "/")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        finally:
            process.kill()
            if draining.is_alive():
                draining.join(20)
            process.stdout.close()
