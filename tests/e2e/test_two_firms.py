"""Two firms on one server: the lines that each is printed, in one Postfix, and no mail of one reaches the other."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from casefleet_cli.store import settings
from tests.e2e import installed
from tests.e2e.conftest import Office
from tests.e2e.lmtp import Lmtp
from tests.e2e.postfix import Postfix, printed
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e
OTHER = {"log.firm.example": BCC["ada"], "log.other.example": BCC["ada"].replace("log.firm", "log.other")}

LISTS = ("relay_domains", "transport_maps", "relay_recipient_maps")


class Server:
    """A Postfix that two firms share, set up one after the other."""

    def __init__(self, place: Path, program: Path) -> None:
        unix = installed.unprivileged_user()
        self.firms = {domain: Office(place / domain, program, unix) for domain in OTHER}
        other = self.firms["log.other.example"]
        settings.put(other.db, "logging_domain", "log.other.example")
        other.db.execute("UPDATE bcc_addresses SET address = replace(address, 'log.firm', 'log.other')")
        for firm in self.firms.values():
            firm.case("Nguyen Trust", firm.contact("Anna"))
        self.postfix = Postfix(place / "postfix", "", "")
        self.place = place

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "MAIL_CONFIG": str(self.postfix.etc)}

    def add(self, domain: str, *words: str, maps: bool = True) -> str:
        """Do what `casefleet postfix` says for a firm; the name of its transport."""
        etc = self.postfix.etc
        words += ("--map", str(self.place / f"{domain}.sqlite")) if maps else ()
        done = self.firms[domain].run("postfix", *words, env=self.environment)
        assert (done.returncode, done.stderr) == (0, "")
        main, master = printed(done.stdout)
        master, _, table = master.partition("\n# /etc/postfix/")
        name, _, lines = (table or done.stdout.rpartition("\n# /etc/postfix/")[2]).partition(" (")
        if maps:
            (etc / name).write_text(lines.partition("\n")[2])
        for line in main.strip().replace("/etc/postfix/", f"{etc}/").splitlines():
            setting, _, value = line.partition(" = ")
            before = self.value(setting) if setting in LISTS else ""
            subprocess.run(["postconf", "-c", etc, "-e", f"{setting}={before} {value}".replace("= ", "=")], check=True)
            self.postfix.settle()
        with (etc / "master.cf").open("a") as file:
            file.write(master)
        return name.removesuffix("-recipients.cf")

    def value(self, setting: str) -> str:
        asked = ["postconf", "-c", self.postfix.etc, "-n", "-h", setting]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip()

    def findings(self, domain: str) -> dict[str, tuple[str, str]]:
        done = self.firms[domain].run("doctor", "--json", env=self.environment)
        return {found["check"]: (found["state"], found["sentence"]) for found in json.loads(done.stdout)}

    def bad(self, domain: str) -> dict[str, tuple[str, str]]:
        return {check: found for check, found in self.findings(domain).items() if found[0] != "ok"}


@pytest.fixture
def server(place: Path, program: Path) -> Iterator[Server]:
    installed.need("postfix", "postconf", "postmap")
    made = Server(place, program)
    yield made
    made.postfix.stop("abort")


def each_gets_its_own(server: Server) -> None:
    sent = {
        domain: server.postfix.submit(mail("anna@client.example", subject=domain), address)
        for domain, address in OTHER.items()
    }
    for domain, queue_id in sent.items():
        assert [outcome.status for outcome in server.postfix.done(queue_id)] == ["sent"]
        assert server.firms[domain].all("SELECT subject, standing FROM emails") == [(domain, "linked")]
    for address in ("nobody@log.firm.example", "nobody@log.other.example"):
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            server.postfix.submit(mail("anna@client.example"), address)
        assert refused.value.smtp_code in (550, 554)


def test_two_firms_by_the_pipe(server: Server) -> None:
    assert server.add("log.firm.example") == "casefleet"
    assert server.add("log.other.example") == "casefleet-log-other-example"
    server.postfix.start()
    assert [server.bad(domain) for domain in OTHER] == [{}, {}]
    each_gets_its_own(server)
    done = server.firms["log.other.example"].run("postfix", env=server.environment)
    assert "casefleet-log-other-example_time_limit" in done.stdout


def test_two_firms_by_lmtp(server: Server) -> None:
    doors = [Lmtp(firm, server.place / f"run-{domain}") for domain, firm in server.firms.items()]
    try:
        names = [
            server.add(domain, "--lmtp", door.start().where, "--transport", f"casefleet-{n}")
            for n, (domain, door) in enumerate(zip(OTHER, doors, strict=True))
        ]
        assert names == ["casefleet-0", "casefleet-1"]
        server.postfix.start()
        assert [server.bad(domain) for domain in OTHER] == [{}, {}]
        each_gets_its_own(server)
        # One door for both: mail of the other firm waits, and both are told.
        one = f"casefleet-0:{doors[0].where}"
        maps = " ".join(f"inline:{{ {domain}={one} }}" for domain in OTHER)
        server.postfix.set(f"transport_maps={maps}")
        assert server.bad("log.firm.example")["neighbours"][0] == "failure"
        assert server.bad("log.other.example")["server"][1].endswith("takes no mail for log.other.example.")
        queue_id = server.postfix.submit(mail("anna@client.example", msgid="2"), OTHER["log.other.example"])
        assert {outcome.status for outcome in server.postfix.tried(queue_id)} == {"deferred"}
    finally:
        for door in doors:
            door.kill()


def test_the_copies_of_what_users_send_go_to_their_own_firm(server: Server) -> None:
    """One submission service and its cleanup for both: each firm appends its tables."""
    domains = {"log.firm.example": "firm.example", "log.other.example": "other.example"}
    other = server.firms["log.other.example"]
    other.db.execute("UPDATE sender_addresses SET address = replace(address, 'firm.example', 'other.example')")
    etc, printed_master = server.postfix.etc, set()
    for domain in domains:
        server.add(domain)
        done = server.firms[domain].run("postfix", "--sender-bcc", env=server.environment)
        assert (done.returncode, done.stderr) == (0, "")
        lines, *tables = done.stdout.split("\n# /etc/postfix/casefleet-")
        main, master = printed(lines)
        if not printed_master:
            with (etc / "master.cf").open("a") as file:
                file.write(master)
        printed_master.add(master)
        for table in tables:
            (etc / f"casefleet-{table.partition(' ')[0]}").write_text(table.partition("\n")[2])
        for line in main.strip().replace("/etc/postfix/", f"{etc}/").splitlines():
            setting, _, value = line.partition(" = ")
            subprocess.run(["postconf", "-c", etc, "-e", f"{setting}={server.value(setting)} {value}"], check=True)
    asked = {setting: server.value(setting).split() for setting in ("mua_sender_bcc_maps", "mua_sender_login_maps")}
    assert [len(tables) for tables in asked.values()] == [2, 2]
    assert len(printed_master) == 1

    def answer(setting: str, address: str) -> str:
        found = [subprocess.run(["postmap", "-c", etc, "-q", address, table], capture_output=True, text=True).stdout.strip()
                 for table in asked[setting]]  # fmt: skip
        return "".join(found)

    for domain, of in domains.items():
        assert answer("mua_sender_bcc_maps", f"Ada@{of}") == OTHER[domain]
        assert answer("mua_sender_login_maps", f"ada@{of}") == f"ada@{of}"
        for nobody in ("ada", f"@{of}", f"eve@{of}", f"ada@{of}'--", "x' OR '1'='1"):
            assert answer("mua_sender_bcc_maps", nobody) == ""


def test_the_name_of_another_firm_is_refused(server: Server) -> None:
    server.add("log.firm.example")
    done = server.firms["log.other.example"].run("postfix", "--transport", "casefleet", env=server.environment)
    sentence = "casefleet: The transport casefleet in master.cf is not this database's; choose another name.\n"
    assert (done.returncode, done.stdout, done.stderr) == (78, "", sentence)
    done = server.firms["log.firm.example"].run("postfix", "--transport", "casefleet", env=server.environment)
    assert done.returncode == 0


def test_one_name_for_both_loses_nothing_and_is_told(server: Server) -> None:
    """As somebody does who copies the lines of one firm for another."""
    server.add("log.firm.example", maps=False)
    other = server.firms["log.other.example"]
    path = server.postfix.etc / "master.cf"
    lines = path.read_text()
    entry = lines[lines.index("casefleet unix") :].replace(server.firms["log.firm.example"].path, other.path)
    path.write_text(lines + entry)
    server.postfix.set(
        "relay_domains=log.firm.example log.other.example",
        "transport_maps=inline:{ log.firm.example=casefleet: } inline:{ log.other.example=casefleet: }",
    )
    server.postfix.start()
    for domain, checks in {"log.firm.example": {"transport"}, "log.other.example": set()}.items():
        bad = server.bad(domain)
        assert set(bad) - {"map"} == {"entries", "neighbours"} | checks
        assert bad["entries"][1] == "master.cf has 2 entries named casefleet; Postfix uses the last."
        assert bad["neighbours"][0] == "failure"
    queue_id = server.postfix.submit(mail("anna@client.example"), OTHER["log.firm.example"])
    outcome = server.postfix.tried(queue_id)[0]
    assert outcome.status == "deferred"
    assert "not at the logging domain" in outcome.text
    assert [firm.count("emails") for firm in server.firms.values()] == [0, 0]


@pytest.mark.parametrize("name", ["Casefleet", "case fleet", "1x", "", "x" * 64])
def test_a_name_that_master_cf_cannot_have(server: Server, name: str) -> None:
    done = server.firms["log.firm.example"].run("postfix", "--transport", name, env=server.environment)
    if name:
        assert done.returncode == 78
        assert done.stderr == f"casefleet: {name!r} cannot be a transport; write small letters, digits and hyphens.\n"
