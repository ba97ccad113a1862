from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import ADA, HELD_MARKER, OFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def command(firm: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "casefleet_cli", "--db", str(firm), *words]


@contextmanager
def serving(firm: Path, *words: str) -> Iterator[tuple[str, Any]]:
    """A running server: its one-time address and the process."""
    process = subprocess.Popen(
        command(firm, *words, "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        found = next((line.strip() for line in process.stdout or () if "http" in line), None)
        assert found, process.stderr.read()  # type: ignore[union-attr]
        yield found, process
    finally:
        process.kill()
        process.communicate()


def opened() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({}))


def test_the_address_opens_the_pages_and_ctrl_c_ends(firm: Path) -> None:
    with serving(firm, "serve") as (address, process):
        visitor = opened()
        with visitor.open(address) as page:
            assert "Lately" in page.read().decode()
        with visitor.open(address.partition("/login")[0] + "/emails/3") as page:
            assert HELD_MARKER in page.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="401"):
            opened().open(address)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (0, "")
        assert out.endswith("Ended.\n")
        assert "token" not in out


def test_a_named_user_sees_what_that_user_sees(firm: Path) -> None:
    with serving(firm, "--as", str(ADA), "serve") as (address, _):
        visitor = opened()
        with visitor.open(address) as page:
            assert "Ada Berg" in page.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            visitor.open(address.partition("/login")[0] + "/emails/3")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("serve", "--host", "0.0.0.0"), 78, "can be reached from other machines"),
        (("serve", "--port", "70000"), 78, "is no port"),
        (("--as", "Nobody", "serve"), 2, "There is no user"),
        (("--as", str(OFF), "serve"), 2, "is disabled"),
        (("--db", "/nowhere.db", "serve"), 66, "There is no database"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(firm: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    done = subprocess.run(
        command(firm, *words), capture_output=True, text=True, timeout=60, env={**os.environ, "CASEFLEET_USER": ""}
    )
    assert done.returncode == code
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
