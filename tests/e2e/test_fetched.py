"""Mail that fetchmail and getmail fetch from a provider, called as the README's lines let them call."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess

import pytest

from tests.e2e.conftest import Office
from tests.e2e.snippets import snippet
from tests.firm import BCC, mail

pytestmark = pytest.mark.e2e

PROVIDER = "Received: from mx.else.example by pop.isp.example; Mon, 2 Nov 2026 09:30:01 +0100\n"
ADDED = {
    "fetchmail": "{envelope}Received: from pop.isp.example by office with POP3 (fetchmail-6.4.37)\n"
    "\tfor <casefleet@localhost> (single-drop); Mon, 02 Nov 2026 09:31:00 +0100 (CET)\n{provider}",
    "getmail": "Received: from pop.isp.example by office with POP3 getmail6\n"
    "  msgid:1; 02 Nov 2026 08:31:00 -0000\n{envelope}{provider}",
}
"""Where each puts its own field into what the provider wrote, with those settings (6.4.37, 6.20)."""


def words_of(name: str) -> tuple[list[str], bool]:
    """What is called, and whether by a shell."""
    if name == "fetchmail":
        (command,) = re.findall(r'^  mda "(.*)"$', snippet("# ~casefleet/.fetchmailrc (chmod 600)"), re.MULTILINE)
        return [command], True
    told = configparser.ConfigParser(interpolation=None)
    told.read_string(snippet("# ~casefleet/.config/getmail/getmailrc"))
    assert not told.getboolean("options", "delivered_to")
    destination = told["destination"]
    assert destination["type"] == "MDA_external"
    return [destination["path"], *ast.literal_eval(destination["arguments"])], False


@pytest.fixture(params=ADDED)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def fetched(office: Office, name: str, raw: bytes, told: str = "X-Envelope-To") -> subprocess.CompletedProcess[bytes]:
    words, by_shell = words_of(name)
    words = [
        word.replace("/opt/casefleet/bin/casefleet", str(office.program)).replace(
            "/var/lib/casefleet/casefleet.db", office.path
        )
        for word in words
    ]
    assert not any(BCC["ada"].partition("@")[0] in word for word in words)
    above = ADDED[name].format(envelope=f"{told}: <{BCC['ada']}>\n" if told else "", provider=PROVIDER)
    return subprocess.run(
        ["/bin/sh", "-c", *words] if by_shell else words, input=above.encode() + raw,
        capture_output=True, user=office.unix.pw_uid, group=office.unix.pw_gid, extra_groups=[], cwd="/",
        env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip


def test_a_mail_is_logged_for_the_recipient_of_its_envelope(office: Office, name: str) -> None:
    office.case("Nguyen Trust", office.contact("Anna"))
    raw = mail("anna@client.example")
    done = fetched(office, name, raw)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert office.all("SELECT user_id, standing FROM deliveries") == [(office.ada, "routed")]
    assert bytes(office.one("SELECT content FROM raw_messages")).endswith(raw)


@pytest.mark.parametrize("told", ["", "X-Original-To"])
def test_without_that_header_it_stays_at_the_provider(office: Office, name: str, told: str) -> None:
    done = fetched(office, name, mail("anna@client.example"), told)
    assert (done.returncode, done.stdout[:6]) == (75, b"4.3.0 ")
    assert office.count("raw_messages") == 0
