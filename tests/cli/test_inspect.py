"""inspect: what import would read in a file, and why it would not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import containers
from tests.firm import mail


def inspected(*paths: Path) -> tuple[list[dict[str, Any]], subprocess.CompletedProcess[str]]:
    command = [sys.executable, "-m", "casefleet_cli", "inspect", "--json", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done


def test_it_reads_what_import_reads(tmp_path: Path) -> None:
    files = {
        "a.dat": containers.tnef(text=b"Hidden clause"),
        "b.emlx": b"%d\n%b" % (len(mail("anna@client.example", text="wine")), mail("anna@client.example", text="wine")),
        "c.png": b"\x89PNG\r\n" + bytes(50),
        "d.dat": b"\x78\x9f\x3e\x22\x01\x00\x07",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (dat, emlx, picture, damaged), done = inspected(*(tmp_path / name for name in files))
    assert done.returncode == 0
    assert (dat["text"], [one["filename"] for one in dat["attachments"]]) == ("Hidden clause", ["a.dat"])
    assert (emlx["text"].strip(), "not_imported" in emlx) == ("wine", False)
    assert picture["not_imported"] == "This is a picture."
    assert damaged["not_imported"].startswith("This winmail.dat (TNEF) is damaged")


def test_an_mbox_of_several_is_shown_as_the_file_it_is(tmp_path: Path) -> None:
    one = b"From a@b.example Mon May  3 10:00:00 2010\n" + mail("anna@client.example") + b"\n"
    (tmp_path / "box").write_bytes(one * 2)
    (found,), done = inspected(tmp_path / "box")
    assert (done.returncode, found["subject"]) == (0, "Hearing")


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    found, done = inspected(tmp_path / "missing.eml")
    assert (found, done.returncode) == ([], 66)
    assert "missing.eml: No such file or directory." in done.stderr
