"""The budget of understanding: what takes more is kept bare by the same delivery, through every door."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from casefleet_cli import archive
from casefleet_cli.store import settings
from tests.e2e.test_door import deliver
from tests.e2e.test_lmtp import Server
from tests.firm import BCC, Firm, mail
from tests.volume import SOAK, volume

# Each stands for a bug that no test has met yet, at the heart of the parser.
POISONS = {
    "processor": "while True: pass",
    "a held interpreter": "import re; re.match('(a*)*b', 'a' * 64)",
    "memory": "octets = bytearray(10**9)",
    "memory by and by": "octets = [str(n) * 100 for n in range(10**8)]",
    "a crash": "import os; os.abort()",
}
EVERY = pytest.mark.parametrize("poisoned", POISONS, indirect=True)


def some(*usual: str) -> pytest.MarkDecorator:
    """Two of them; all in a soak. By the pipe all are always tried, and understanding does not know who asks for it."""
    return pytest.mark.parametrize("poisoned", POISONS if SOAK else usual, indirect=True)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    made = Firm(tmp_path)
    made.case("Nguyen Trust", made.contact("Anna"))
    settings.put(made.db, "understanding-seconds", "1")
    return made


@pytest.fixture
def poisoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    sites = tmp_path / "site"
    sites.mkdir()
    (sites / "sitecustomize.py").write_text(
        f"""from casefleet_cli.core.mail import message
parse = message.parse
def poisoned(raw, runs=(), logging_domain=""):
    if b"poison" in raw:
        {POISONS[request.param]}
    return parse(raw, runs, logging_domain)
message.parse = poisoned
"""
    )
    monkeypatch.setenv("PYTHONPATH", str(sites))
    return request.param


def poison(firm: Firm) -> bytes:
    return mail("anna@client.example", text="poison", msgid="poison")


def is_kept_bare(firm: Firm) -> None:
    bare = firm.all("SELECT id, standing FROM emails WHERE defects = '[\"not-understood\"]'")
    assert [standing for _, standing in bare] == ["unassigned"]
    assert firm.all("SELECT reason, outcome FROM decisions WHERE email_id = ?", bare[0][0]) == [
        ("not-understood", "unassigned")
    ]


@EVERY
def test_by_the_pipe(firm: Firm, poisoned: str) -> None:
    assert deliver(poison(firm), "--recipient", BCC["ada"], db=firm.path) == (0, "")
    is_kept_bare(firm)
    assert firm.all("SELECT content FROM raw_messages") == [(poison(firm),)]
    assert deliver(poison(firm), "--recipient", BCC["ada"], db=firm.path) == (0, "")
    assert firm.count("deliveries") == 1


@some("a held interpreter", "memory")
def test_by_lmtp_among_others(firm: Firm, poisoned: str) -> None:
    server = Server(firm)
    answered: list[str] = []
    threads = [
        threading.Thread(target=lambda raw=raw, name=name: (server.send(raw), answered.append(name)))
        for name, raw in [
            ("poison", poison(firm)),
            *((f"mail {n}", mail("anna@client.example", msgid=str(n))) for n in range(20)),
        ]
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        assert server.stop() == 0
    assert len(answered) == 21
    is_kept_bare(firm)
    assert firm.one("SELECT count(*) FROM emails WHERE standing = 'linked'") == 20


@pytest.mark.parametrize("poisoned", ["a held interpreter"], indirect=True)
def test_other_mail_never_waits_for_it(firm: Firm, poisoned: str) -> None:
    settings.put(firm.db, "understanding-seconds", "2")
    server = Server(firm)
    answered: list[str] = []

    def send(name: str, raws: list[bytes]) -> None:
        for raw in raws:
            server.send(raw)
        answered.append(name)

    others = [mail("anna@client.example", msgid=str(n)) for n in range(80)]
    threads = [
        threading.Thread(target=send, args=("poison", [poison(firm)])),
        *(threading.Thread(target=send, args=("others", others[n::4])) for n in range(4)),
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        assert server.stop() == 0
    assert answered == ["others"] * 4 + ["poison"]
    is_kept_bare(firm)
    assert firm.count("emails") == 81


@some("processor", "a crash")
def test_by_import(firm: Firm, tmp_path: Path, poisoned: str) -> None:
    mails = [mail("anna@client.example", msgid=str(n)) for n in range(150)]
    mails[70] = poison(firm)
    path = tmp_path / "many.mbox"
    path.write_bytes(b"".join(b"From a@b.example Mon May  3 10:00:00 2010\n" + raw + b"\n" for raw in mails))
    summary = archive.run(firm.db, [path], user_id=firm.ada, jobs=2)
    assert summary.counts == {"filed": 149, "unassigned": 1, "duplicate": 0, "skipped": 0}
    is_kept_bare(firm)


def test_a_large_letter_is_within_the_budget(firm: Firm) -> None:
    raw = mail("anna@client.example", text="An honest word. " * volume(1_000_000, 2_000_000))
    assert deliver(raw, "--recipient", BCC["ada"], db=firm.path) == (0, "")
    assert firm.one("SELECT defects FROM emails") == "[]"
    assert firm.one("SELECT standing FROM emails") == "linked"
