"""Base64 folded into octets: every message comes back byte for byte, and hostile ones cost little."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail import folding
from casefleet_cli.core.mail import message as messages
from tests import corpus

OCTETS = random.Random(4).randbytes(3000)
HEAD = b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"


def coded(octets: bytes = OCTETS, width: int = 76, newline: bytes = b"\n") -> bytes:
    letters = base64.b64encode(octets)
    return newline.join(letters[at : at + width] for at in range(0, len(letters), width))


def mail(body: bytes, newline: bytes = b"\n") -> bytes:
    head = b'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n' + HEAD
    return head.replace(b"\n", newline) + body + newline + b"--b--" + newline


FOLDED = {
    "lines of 76": mail(coded()),
    "CRLF": mail(coded(newline=b"\r\n"), b"\r\n"),
    "lines of 60": mail(coded(width=60)),
    "one line": mail(coded(width=980)[:980]),
    "padding": mail(coded(OCTETS[:-1])),
    "a last line that is full": mail(coded(OCTETS[: 57 * 40])),
    "blank lines below": mail(coded() + b"\n\n\n"),
    "no multipart": HEAD + coded() + b"\n",
    "no line break at the end": HEAD + coded(),
    "the word before it": b"Subject: what is base64?\n\nIt is base64.\n\n" + mail(coded()),
}
LEFT = {
    "no base64": b"Subject: base64\n\nWords and words.\n" * 40,
    "lines of several lengths": mail(coded()[:770] + b"\n" + coded(width=72)),
    "a blank at the end of a line": mail(coded().replace(b"\n", b" \n", 1)),
    "bits past the end": mail(coded(OCTETS[:-1])[:-2] + b"/="),
    "padding in the middle": mail(coded(OCTETS[:-1]) + b"\n" + coded()),
    "mixed line breaks": mail(coded(newline=b"\r\n").replace(b"\r\n", b"\n", 1)),
    "CR missing in the middle": mail(
        coded(newline=b"\r\n")[:500].replace(b"\r\n", b"\n") + coded(newline=b"\r\n")[500:]
    ),
    "short": mail(coded(OCTETS[:200])),
    "text": mail(b"This is called base64, but it is words.\n" * 20),
}


@pytest.mark.parametrize("name", FOLDED)
def test_what_is_folded_comes_back_and_is_smaller(name: str) -> None:
    raw = FOLDED[name]
    runs = folding.find(raw)
    folded = folding.fold(raw, runs)
    assert len(folded) < len(raw) - (100 if "one line" in name else 500)
    assert folding.unfold(folded) == raw
    assert messages.parse(raw, runs) == messages.parse(raw)


@pytest.mark.parametrize("name", LEFT)
def test_what_would_not_come_back_is_left_as_it_is(name: str) -> None:
    assert folding.find(LEFT[name]) == []


def test_several_runs_in_one_message() -> None:
    raw = mail(coded() + b"\n--b\n" + HEAD + coded(OCTETS[:999]) + b"\n--b\n\nbase64\n--b\n" + HEAD + coded(width=64))
    runs = folding.find(raw)
    assert [len(run.octets) for run in runs] == [3000, 999, 3000]
    assert folding.unfold(folding.fold(raw, runs)) == raw
    assert messages.parse(raw, runs) == messages.parse(raw)


def test_the_corpus_comes_back() -> None:
    for raw in corpus.messages(200):
        runs = folding.find(raw)
        assert folding.unfold(folding.fold(raw, runs)) == raw
        assert messages.parse(raw, runs) == messages.parse(raw)


@given(st.lists(st.sampled_from([b"base64", b"\n", b"\r\n", b"--", b"AAAA" * 30, b"=", b"b", coded(OCTETS[:600])])))
def test_anything_comes_back(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    runs = folding.find(raw)
    assert folding.unfold(folding.fold(raw, runs)) == raw


@pytest.mark.parametrize("piece", [b"base64\n\n", b"base64\n\n" + b"A" * 500 + b"\n", b"base64", b"base64\n\n\n\n\n"])
def test_hostile_repetition_ends(piece: bytes) -> None:
    assert len(folding.find(piece * (1_000_000 // len(piece)))) <= 1
