"""Thousands of requests of all kinds, by many visitors and by people who have no business here: nobody is wrongly in, and
the server's memory does not grow.
"""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import socket
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from casefleet_cli.desk import passwords as password_desk
from casefleet_cli.store import database, visits
from tests.strangers import OURS, PLACES, Answer, Client, environment, running
from tests.volume import volume
from tests.web.conftest import ADA, BCC, BEN, FOREIGN_MARKER, GUEST, HELD_MARKER, LIM, REJECTED_MARKER

NAME = "pages.firm.example"
PASSWORD = "correct horse battery staple"
PEOPLE = {
    ADA: ("ada@firm.example", "Ada Berg"),
    BEN: ("ben@firm.example", "Ben Cole"),
    GUEST: ("gus@firm.example", "Gus Guest"),
}
GUESSED = "lia@firm.example"
"""Whose password is guessed at: after five wrong ones the name itself has to wait."""
PRIVATE = ("Minh", "Neill", "Petrov", "2026-104", "Ada Berg", "Ben Cole", "Gus Guest", HELD_MARKER, BCC)
"""Words of which one stands on every page of ours, and none where nobody is signed in."""
HIDDEN = {
    ADA: (HELD_MARKER, REJECTED_MARKER, BCC), BEN: (BCC,), GUEST: (HELD_MARKER, REJECTED_MARKER, FOREIGN_MARKER, BCC),
}  # fmt: skip
PAGES = tuple(place for place in OURS if place not in ("/style.css", "/icon.svg", "/login"))
ROUNDS = 10
GROWTH = 3_000
"""kB by which a server may differ at the end from what it was when every kind of page had been asked for."""
WARM = 3
"""The tenth after which that is so."""


class Crowd:
    """Everybody who asks: the visitors of this round, and the cookies that were good once."""

    def __init__(self, port: int, server: int, path: Path) -> None:
        self._chance = random.Random(7)
        self._path = path
        self._port = port
        self._client = Client(port)
        self._inside: dict[int, list[str]] = {}
        self._outside: list[str] = ["", "casefleet_session=", "casefleet_session=x", "ds_actor=x"]
        self._number = 0
        self.server = server
        self.seen: Counter[str] = Counter()

    def round(self, requests: int) -> None:
        """So many requests: people sign in anew first, and what they had before runs out."""
        with contextlib.closing(sqlite3.connect(visits.path_beside(str(self._path)))) as book:
            before = book.execute("SELECT hash FROM sessions").fetchall()
            self._outside += [cookie for cookies in self._inside.values() for cookie in cookies]
            self._outside = self._outside[:4] + self._outside[-30:]
            self._inside = {user: [self._signed_in(user) for _ in range(2)] for user in PEOPLE}
            over = self._signed_in(ADA)
            assert self._ask("/logout", "POST", cookie=over).status == 303
            self._outside.append(over)
            # Only now: whoever signs in throws out what has run out.
            book.executemany("UPDATE sessions SET ends_at = unixepoch() - 1 WHERE hash = ?", before)
            book.commit()
        for _ in range(requests - 14):
            kind = self._chance.choices(KINDS, WEIGHTS)[0]
            kind(self)
            self.seen[kind.__name__] += 1
            if self._chance.random() < 0.02:
                self._client = Client(self._port)

    def visitor(self) -> None:
        """Somebody who is signed in looks at a page, and sees the own name and nothing hidden."""
        user = self._chance.choice([*PEOPLE])
        place = self._chance.choice(PAGES)
        mark = "&" if "?" in place else "?"
        self._number += 1
        target = self._chance.choice(
            (place, f"{place}{mark}before={self._number}", f"/search?q=word{self._number}+to:a")
        )
        answer = self._ask(
            target, self._chance.choice(("GET", "GET", "GET", "HEAD")), cookie=self._chance.choice(self._inside[user])
        )
        known = (200, 400, 404) if "/data" in target else (200, 404)  # an argument is not known there
        assert answer.status in known, (target, answer.status)
        assert not answer.tells(*HIDDEN[user]), target
        named = re.findall(rb'<form class="who".*?<a href="/profile">(.*?)</a>', answer.body, re.DOTALL)
        assert named in ([], [PEOPLE[user][1].encode()]), target

    def astray(self) -> None:
        """Somebody who is signed in asks for what is not there."""
        cookie = self._chance.choice(self._inside[self._chance.choice([*PEOPLE])])
        answer = self._ask(
            self._chance.choice((*PLACES, "/emails/999", "/cases/999", f"/x{self._number}")), cookie=cookie
        )
        assert answer.status == 404
        assert not answer.tells(*PRIVATE)

    def stranger(self) -> None:
        """Somebody with no cookie, with one that is over, or with one that was made up."""
        cookie = self._chance.choice(self._outside)
        if self._chance.random() < 0.5:
            cookie = self._tampered(self._chance.choice(self._inside[ADA]))
        place = self._chance.choice((*PAGES, *PLACES))
        method = self._chance.choice(("GET", "GET", "GET", "HEAD", "POST", "OPTIONS"))
        self._shut_out(self._ask(place, method, cookie=cookie), 401)

    def guesser(self) -> None:
        """Somebody who tries passwords: mostly one who was told to wait."""
        self._number += 1
        name, password = self._chance.choice(
            (
                (GUESSED, "wrong"),
                (GUESSED, f"wrong {self._number}"),
                (f"nobody{self._number}", PASSWORD),
                ("", ""),
            )
        )
        form = {"name": name, "password": password, "to": "/emails/3"}
        # Behind one and the same proxy; a new peer now and then.
        peer = f"192.0.2.{self._number % 250}" if self._chance.random() < 0.1 else "192.0.2.9"
        self._shut_out(self._ask("/login", "POST", form=form, headers={"X-Forwarded-For": peer}), 401, 429)

    def looker(self) -> None:
        """Somebody who tries addresses that work once."""
        self._number += 1
        self._shut_out(self._ask(f"/login?token={self._number:052x}"), 401)

    def _shut_out(self, answer: Answer, *statuses: int) -> None:
        assert answer.status in statuses, answer
        assert not answer.tells(*PRIVATE, "set-cookie"), answer

    def _signed_in(self, user: int) -> str:
        answer = self._ask(
            "/login",
            "POST",
            form={"name": PEOPLE[user][0], "password": PASSWORD},
            headers={"X-Forwarded-For": f"198.51.100.{user}"},
        )
        assert answer.status == 303, answer
        return dict(answer.headers)["set-cookie"].partition(";")[0]

    def _tampered(self, cookie: str) -> str:
        at = self._chance.randrange(len("casefleet_session="), len(cookie) - 1)  # the last letter has bits to spare
        other = "A" if cookie[at] != "A" else "B"
        return self._chance.choice(
            (f"{cookie[:at]}{other}{cookie[at + 1 :]}", cookie[:at], cookie + "x", cookie.replace(".", "", 1))
        )

    def _ask(
        self,
        target: str,
        method: str = "GET",
        *,
        cookie: str = "",
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        self._client.cookie = cookie
        return self._client.ask(target, method, form, {"Host": NAME, **(headers or {})})

    def memory(self) -> int:
        """What the server holds, in kB."""
        status = Path(f"/proc/{self.server}/status").read_text()
        return int(re.search(r"VmRSS:\s+([0-9]+) kB", status)[1])  # type: ignore[index]


KINDS: tuple[Callable[[Crowd], None], ...] = (Crowd.visitor, Crowd.astray, Crowd.stranger, Crowd.guesser, Crowd.looker)
WEIGHTS = (60, 7, 25, 5, 3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def office(firm: Path, tmp_path: Path) -> Path:
    path = Path(shutil.copy(firm, tmp_path / "casefleet.db"))
    connection = database.open_database(str(path))
    for user, address in (*((user, address) for user, (address, _) in PEOPLE.items()), (LIM, GUESSED)):
        connection.execute("INSERT OR IGNORE INTO sender_addresses (user_id, address) VALUES (?, ?)", (user, address))
        password_desk.put(connection, user, PASSWORD)
    database.close_whole(connection, str(path))
    return path


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_thousands_of_requests_let_nobody_in_and_leave_nothing_behind(office: Path) -> None:
    port = free_port()
    words = ["casefleet_cli", "--db", str(office), "serve", "--port", str(port), "--passwords", "--public-name", NAME]
    with running(words, environment(), office.parent, port) as (client, _):
        crowd = Crowd(client.port, client.server, office)
        requests = volume(1_000, 10_000) // ROUNDS
        crowd.round(requests)
        held = [crowd.memory()]
        for _ in range(ROUNDS - 1):
            crowd.round(requests)
            held.append(crowd.memory())
        print(f"VmRSS after each {requests} requests, kB: {held}; {dict(crowd.seen)}")
        assert held[-1] - held[WARM] < GROWTH, held
