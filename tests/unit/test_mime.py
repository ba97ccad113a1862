"""Structure: header fields and the tree of parts."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefleet_cli.core.mail import mime, transfer
from tests.timing import is_linear


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"A: 1\nB:2\r\n\r\nC: 3", [("A", b"1"), ("B", b"2")]),
        (b"A: 1\r\n 2\n\t3\n\n", [("A", b"1 2\t3")]),
        (b"Subject : x\n\n", [("Subject", b"x")]),
        (b"A: 1\nbad\nTo: 2\n\n", [("A", b"1"), ("To", b"2")]),
        (b"A: 1\nbody begins\nwith no field\n\nTo: 2", [("A", b"1")]),
        (b"A: 1\n--b\nContent-Type: x\n\n", [("A", b"1")]),
        (b"A: 1", [("A", b"1")]),
        (b"\n\nA: 1\n\n", []),
        (b"\n\nTo: 1\n\n", [("To", b"1")]),
        (b"\xef\xbb\xbfTo: 1\n\n", [("To", b"1")]),
        (b"From x\nTo: 1\n\n", [("To", b"1")]),
        (b">From x\nTo: 1\n\n", [("To", b"1")]),
        (b"From: x\n\n", [("From", b"x")]),
        (b"", []),
    ],
)
def test_read_headers(raw: bytes, fields: list[tuple[str, bytes]]) -> None:
    assert mime.read_headers(raw) == fields


def shape(raw: bytes) -> list[tuple[str, str, bytes]]:
    return [(n.number, n.type, n.content()[0]) for n in mime.nodes(mime.tree(raw)) if not n.is_multipart]


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        (b"--b\n\none\n--b\n\ntwo\n--b--\n", [b"one", b"two"]),
        (b"preamble\n--b\n\none\n--b--\nepilogue", [b"one"]),
        (b"--b\n\none\n--b\n\ntwo", [b"one", b"two"]),
        (b"--b\n--b\n--b--", [b"", b""]),
        (b"--b  \t\n\none\n--b-- \n", [b"one"]),
        (b"--b\n\none\n--bb\ntwo\n--b--", [b"one\n--bb\ntwo"]),
        (b"--b\n\none\n--b--x\n--b--", [b"one\n--b--x"]),
        (b"--b\n\none\n\n--b--", [b"one\n"]),
    ],
)
def test_boundaries(body: bytes, parts: list[bytes]) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + body
    assert [content for _, _, content in shape(raw)] == parts
    assert [c for _, _, c in shape(raw.replace(b"\n", b"\r\n"))] == [p.replace(b"\n", b"\r\n") for p in parts]


@pytest.mark.parametrize(
    ("boundary", "delimiter"),
    [
        (b'"a b"', b"a b"),
        (b'"a b "', b"a b"),
        (b'"=_;:(x)"', b"=_;:(x)"),
        (b"a=b", b"a=b"),
        (b'"' + b"x" * 300 + b'"', b"x" * 300),
    ],
)
def test_odd_boundaries(boundary: bytes, delimiter: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n\none\n--%s--\n" % (boundary, delimiter, delimiter)
    assert shape(raw) == [("1", "text/plain", b"one")]


def test_imap_part_numbers() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--c\n\ny\n--c--"
    enclosed = b"Content-Type: message/rfc822\n\nSubject: z\n" + inner
    single = b"Content-Type: message/rfc822\n\nSubject: z\n\nw"
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + b"".join(b"--b\n" + p + b"\n" for p in (inner, enclosed, single))
        + b"--b--"
    )
    assert [number for number, _, _ in shape(raw)] == ["1.1", "1.2", "2", "2.1", "2.2", "3", "3.1"]
    assert [number for number, _, _ in shape(b"Subject: x\n\ny")] == ["1"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"TEXT/Html", "text/html"),
        (b"text", "text/plain"),
        (b"html", "text/html"),
        (b"nonsense", "text/plain"),
        (b"application-x-gzip; name=a.gz", "application/octet-stream"),
        (b"application/", "application/octet-stream"),
        (b"text/*", "text/plain"),
        (b"image/*", "application/octet-stream"),
        (b"text/plain charset=x", "text/plain"),
    ],
)
def test_media_types(value: bytes, kind: str) -> None:
    assert mime.tree(b"Content-Type: " + value + b"\n\nx").type == kind


@pytest.mark.parametrize("kind", [b"multipart/*", b"multipart/", b"Multipart", b"multipart/x(y)"])
def test_any_multipart_is_read_as_mixed(kind: bytes) -> None:
    root = mime.tree(b"Content-Type: " + kind + b"; boundary=b\n\n--b\n\nletter\n--b\n\nmore\n--b--\n")
    assert [part.content()[0] for part in root.children] == [b"letter", b"more"]


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "7bit", "odd"]))
def test_decoding_adds_nothing_and_without_an_encoding_changes_nothing(data: bytes, encoding: str) -> None:
    decoded, _ = transfer.decode(data, 0, len(data), encoding)
    assert len(decoded) <= len(data) + 63 * (encoding == "x-uuencode")  # a short line stands for a whole one
    if encoding in ("7bit", "odd"):
        assert decoded == data


def test_short_lines_of_uuencode_do_not_grow_without_end() -> None:
    data = b"M\n" * 100_000
    decoded, defect = transfer.decode(data, 0, len(data), "x-uuencode")
    assert len(decoded) <= len(data) + 63
    assert defect == "uuencode-damaged"


@given(st.binary())
def test_base64_without_padding_loses_nothing(data: bytes) -> None:
    encoded = base64.encodebytes(data).rstrip(b"\n").rstrip(b"=")
    assert transfer.decode(encoded, 0, len(encoded), "base64")[0] == data


@pytest.mark.parametrize(
    "hostile",
    [
        lambda n: b"X: y\n" * n,
        lambda n: b"bad line\nTo: x\n" * n,
        lambda n: b"Subject: x\n" + b" y\n" * n,
        lambda n: b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * n,
        lambda n: b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + b"--xy\n" * n,
        lambda n: b"\n" * 4 * n + b" " * 4 * n,
        lambda n: b"Content-Type: message/rfc822\n\n" * n,
    ],
)
def test_hostile_structures_take_linear_time(hostile: Callable[[int], bytes]) -> None:
    assert is_linear(mime.tree, hostile, 100_000)
