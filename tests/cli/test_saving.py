"""email save: what mail brought, to files that are whole, safe and never another one's."""

from __future__ import annotations

import gzip
import stat
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from casefleet_cli.cli.app import run
from casefleet_cli.core.filenames import numbered
from casefleet_cli.desk import settings as settings_desk
from casefleet_cli.intake.receiving import receive
from casefleet_cli.store.deliveries import Arrival
from tests import containers
from tests.firm import BCC, Firm, mail

FIXTURES = Path(__file__).parents[2] / "fixtures" / "mail"
Save = Callable[..., tuple[int, str, str]]


def letter(*attached: tuple[str, bytes], inline: bool = False) -> bytes:
    """A mail with these files, by the names as they stand in its header."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@firm.example", "anna@client.example", "x"
    message.set_content("text")
    for number, (_, content) in enumerate(attached):
        message.add_attachment(
            content,
            maintype="image" if inline else "application",
            subtype="png" if inline else "octet-stream",
            filename=f"NAME{number}",
            disposition="inline" if inline else "attachment",
        )
    raw = message.as_bytes()
    for number, (name, _) in enumerate(attached):
        raw = raw.replace(f"NAME{number}".encode(), name.encode("utf-8", "surrogateescape"))
    return raw


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    monkeypatch.chdir(tmp_path)
    return Firm(tmp_path)


@pytest.fixture
def save(firm: Firm, capfdbinary: pytest.CaptureFixture[bytes]) -> Save:
    def save(raw: bytes, *words: str, user: str | None = None) -> tuple[int, bytes, bytes]:
        done = receive(firm.db, raw, Arrival(firm.ada, "pipe"))
        said_by = ["--as", user] if user else []
        code = run(["--db", firm.path, *said_by, "email", "save", str(done.email_id), *words])
        said = capfdbinary.readouterr()
        return code, said.out, said.err

    return save


def names(folder: str = "out") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).exists() else []


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        (("report.pdf",), ["report.pdf"]),
        (("../../etc/passwd",), ["passwd"]),
        (("/etc/cron.d/evil",), ["evil"]),
        (("C:\\\\Temp\\\\a.doc",), ["a.doc"]),
        ((".bashrc",), ["bashrc"]),
        (("..",), ["attachment.octetstr"]),
        (("CON",), ["_CON"]),
        (("nul.txt",), ["_nul.txt"]),
        (("l" * 300 + ".pdf",), ["l" * 180 + ".pdf"]),
        (("gpj.\u202eexe.jpg",), ["gpj.exe.jpg"]),
        (("a.pdf", "a.pdf", "a.pdf"), ["a (2).pdf", "a (3).pdf", "a.pdf"]),
        (("a", "x/a", "a (2)"), ["a", "a (2)", "a (2) (2)"]),
        (("l" * 300 + ".pdf",) * 2, ["l" * 180 + " (2).pdf", "l" * 180 + ".pdf"]),
        (("訴" * 200,) * 2, ["訴" * 60, "訴" * 60 + " (2)"]),
    ],
)
def test_names_are_safe_and_none_twice(given: tuple[str, ...], saved: list[str], save: Save) -> None:
    contents = [f"{number}".encode() for number in range(len(given))]
    code, said, _ = save(letter(*zip(given, contents, strict=True)), "--to", "out")
    assert (code, names()) == (0, sorted(saved))
    assert sorted(path.read_bytes() for path in Path("out").iterdir()) == contents
    assert said.decode().count("\n") == len(given)
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path("out").iterdir()} == {0o600}
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o700


def test_a_nul_in_a_name_ends_nothing(save: Save) -> None:
    raw = letter(("x", b"1")).replace(b'filename="x"', b"filename*=utf-8''a%00b%2F..%2Fc.txt")
    assert (save(raw, "--to", "out")[0], names()) == (0, ["c.txt"])


@pytest.mark.parametrize("kind", ["file", "dangling link", "folder"])
def test_what_is_there_stays(kind: str, save: Save) -> None:
    Path("out").mkdir()
    there = Path("out/a.txt")
    if kind == "file":
        there.write_bytes(b"mine")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to("nowhere")
    code, said, _ = save(letter(("a.txt", b"theirs")), "--to", "out")
    assert (code, names()) == (0, ["a (2).txt", "a.txt"])
    assert said == b"out/a (2).txt: part 2, 6 bytes\n"
    assert not Path("out/nowhere").exists()
    assert kind != "file" or there.read_bytes() == b"mine"


def test_without_a_folder_it_is_this_one(save: Save) -> None:
    before = names(".")
    assert save(letter(("a.txt", b"1")))[:2] == (0, b"a.txt: part 2, 1 bytes\n")
    assert names(".") == sorted([*before, "a.txt"])


def test_one_part(save: Save) -> None:
    raw = letter(("a.txt", b"1"), ("b.txt", b"22"))
    assert save(raw, "--part", "3", "--to", "out")[1] == b"out/b.txt: part 3, 2 bytes\n"
    assert names() == ["b.txt"]
    assert save(raw, "--part", "3", "--to", "-")[1] == b"22"


def test_pictures_in_the_text_are_among_them(save: Save) -> None:
    assert save(letter(("a.png", b"\x89PNG"), inline=True), "--to", "out")[0] == 0
    assert names() == ["a.png"]


def test_the_mail_itself(save: Save, firm: Firm) -> None:
    raw = mail("anna@client.example", subject="../x")
    assert save(raw, "--eml", "--to", "out") == (0, f"out/email-1.eml: the e-mail, {len(raw)} bytes\n".encode(), b"")
    assert Path("out/email-1.eml").read_bytes() == raw
    assert save(raw, "--eml", "--to", "-") == (0, raw, b"")
    save(raw, "--eml", "--to", "out")
    assert names() == ["email-1 (2).eml", "email-1.eml"]


def test_what_is_inside_of_containers_is_among_them(save: Save, firm: Firm) -> None:
    outer = EmailMessage()
    outer["From"], outer["To"] = "ada@firm.example", "anna@client.example"
    outer.set_content("text")
    outer.add_attachment(message_from_bytes(letter(("deep.txt", b"deep")), policy=policy.default))
    raw = outer.as_bytes()
    code, said, err = save(raw, "--to", "out")
    assert (code, err) == (0, b"")
    parts = [row[0] for row in firm.all("SELECT part FROM attachments ORDER BY id")]
    assert said.decode().count("\n") == len(parts) >= 2
    assert Path("out/deep.txt").read_bytes() == b"deep"


def test_what_is_in_a_winmail_is_among_them(save: Save) -> None:
    winmail = containers.tnef(text=b"text", files=(("../deed.pdf", b"%PDF"), ("deed.pdf", b"%PDF2")))
    parts = (b"Content-Type: text/plain\n\nsee there\n", containers.part("application/ms-tnef", "winmail.dat", winmail))
    code, _, err = save(containers.letter(*parts), "--to", "out")
    assert (code, err, names()) == (0, b"", ["deed (2).pdf", "deed.pdf", "winmail.dat"])
    assert Path("out/deed.pdf").read_bytes() == b"%PDF"


@pytest.mark.parametrize("name", ["attached-message", "attached-chain"])
def test_every_attachment_of_a_real_form_is_saved(name: str, save: Save, firm: Firm) -> None:
    code, _, err = save((FIXTURES / f"{name}.eml").read_bytes(), "--to", "out")
    sizes = sorted(row[0] for row in firm.all("SELECT size FROM attachments"))
    assert (code, err) == (0, b"")
    assert sorted(path.stat().st_size for path in Path("out").iterdir()) == sizes != []


def test_damaged_base64_is_saved_as_far_as_it_goes_and_told(save: Save) -> None:
    raw = letter(("a.bin", bytes(range(200)))).replace(b"AAECAwQF", b"AAEC\xff\xffAwQ!")
    code, said, _ = save(raw, "--to", "out")
    assert code == 0
    assert said.endswith(b"; it may not be whole (base64-damaged)\n")
    assert names() == ["a.bin"]


SECRET = gzip.compress(BCC["ada"].encode(), mtime=0)


def test_one_that_holds_a_secret_is_left_out_and_the_others_are_saved(save: Save) -> None:
    raw = letter(("a.txt", b"1"), ("s.gz", SECRET), ("b.txt", b"2"))
    code, _, err = save(raw, "--to", "out", user="Carl")
    assert (code, names()) == (1, ["a.txt", "b.txt"])
    assert err.decode() == (
        "casefleet: 1 attachments are not saved:\n"
        "  part 3: This attachment holds the BCC address of another user, so only that user and admins may have it.\n"
    )
    assert save(raw, "--to", "all")[0] == 0
    assert Path("all/s.gz").read_bytes() == SECRET


def test_masked_text_is_told(save: Save) -> None:
    raw = letter(("a.txt", f"to {BCC['ada']}".encode())).replace(b"application/octet-stream", b"text/plain")
    code, said, _ = save(raw, "--to", "out")
    assert (code, said.decode().partition("; ")[2]) == (0, "BCC addresses in it are masked\n")
    assert BCC["ada"].encode() not in Path("out/a.txt").read_bytes()


def test_it_is_noted_who_saved_it(save: Save, firm: Firm, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    settings_desk.put(firm.db, "read-log", "on", acting=None)
    firm.db.commit()
    raw = letter(("a.txt", b"1"), ("b.txt", b"2"))
    for words in (["--to", "out"], ["--part", "2", "--to", "out"], ["--eml", "--to", "out"]):
        save(raw, *words)
    save(letter(("s.gz", SECRET)), "--to", "out", user="Carl")
    save(mail("x@else.example", Bcc=BCC["ada"]), "--eml", user="Carl")
    run(["--db", firm.path, "reads", "--csv"])
    noted = [line.rpartition(",")[2] for line in capfdbinary.readouterr().out.decode().splitlines()[1:]]
    assert noted == ["bytes", "attachment 2", "attachments"]


@pytest.mark.parametrize(
    ("name", "count", "found"),
    [("a.pdf", 1, "a.pdf"), ("a.pdf", 2, "a (2).pdf"), ("a", 3, "a (3)"), ("a.tar.gz", 2, "a.tar (2).gz"),
     ("No. 4 of twenty", 2, "No. 4 of twenty (2)")],
)  # fmt: skip
def test_numbered(name: str, count: int, found: str) -> None:
    assert numbered(name, count) == found
