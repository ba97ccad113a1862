"""The text of header fields: raw 8-bit bytes, encoded words (RFC 2047), parameters (RFC 2045, RFC 2231)."""

from __future__ import annotations

import re

from casefleet_cli.core.mail import charset, transfer

_WORD = r"=\?([^?\s]{1,80})\?([BbQq])\?([^?]*(?:(?<!=)\?(?!=)[^?]{0,200}){0,8}?)(?:\?=|\??\Z)"
_BASE64 = r"[A-Za-z0-9+/=\s]*\??"
_CONTROL = "[\\t\\n\\r\\x0b\\x0c\\x85\\u2028\\u2029]+|[\\x00-\\x1f\\x7f-\\x9f\\ufeff]"
_LONGEST_TEXT = 500_000
"""Octets of a field of text that are read."""
_BREAK = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")


def decode(value: bytes, hint: str | None = None) -> str:
    """The value as one line of clean text; `hint` names the charset to try for raw bytes that are not UTF-8."""
    return clean(decode_words(to_text(value[:_LONGEST_TEXT], hint)))


def to_text(value: bytes, hint: str | None = None) -> str:
    """The raw value as text, encoded words left alone."""
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError:
        return charset.decode(value, hint if hint and charset.codec_of(hint) != "utf-8" else None)


def unfold(value: bytes) -> bytes:
    """The value on one line (RFC 5322 section 2.2.3)."""
    value = value.strip()
    return value.translate(None, b"\r\n") if b"\n" in value else value


def clean(text: str) -> str:
    """One line without control characters, without blanks around it."""
    if text.isprintable():
        return text.strip()
    return re.sub(_CONTROL, lambda found: " " if found[0][0] in _BREAK else "", text).strip()


def decode_words(text: str) -> str:
    """Encoded words decoded wherever they stand (RFC 2047 section 5 forbids some places; senders don't mind).

    Neighbours in one charset are joined before decoding, since senders split words inside a character. One that was cut
    off is read to the end of the text, unless that is no base64: what can be read must not become signs that cannot.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[tuple[str, str]] = []
    label, position = "", 0
    for word in re.finditer(_WORD, text):
        if not word[0].endswith("?=") and word[2] in "Bb" and not re.fullmatch(_BASE64, word[3]):
            continue
        gap = text[position : word.start()]
        name = word[1].partition("*")[0].lower()
        if gap and not (run and gap.isspace()):
            out += (_run(run, label), gap)
            run = []
        elif run and name != label:
            out.append(_run(run, label))
            run = []
        label, position = name, word.end()
        run.append((word[2].lower(), word[3]))
    out += (_run(run, label), text[position:])
    return "".join(out)


def _run(run: list[tuple[str, str]], label: str) -> str:
    """The text of neighbouring encoded words in one charset."""
    data = bytearray()
    base64: list[str] = []
    length = 0
    for encoding, payload in run:
        if encoding == "b":
            letters = "".join(payload.split())
            base64.append(letters)
            length += len(letters)
            if letters.endswith("=") or length % 4 == 0:
                data += _octets(base64)
                length = 0
            continue
        data += _octets(base64)
        length = 0
        octets = payload.encode("ascii") if payload.isascii() else _encode(payload, label)
        data += transfer.quoted_printable(octets.replace(b"_", b" "))
    data += _octets(base64)
    return charset.decode(bytes(data), label)


def _octets(base64: list[str]) -> bytes:
    """What pieces of base64 mean together; they are used up."""
    letters = "".join(base64)
    base64.clear()
    return transfer.base64(letters.encode("ascii", "ignore")) if letters else b""


def _encode(payload: str, label: str) -> bytes:
    """Raw letters inside an encoded word, back in its charset."""
    try:
        return payload.encode(charset.codec_of(label) or "utf-8")
    except UnicodeError:
        return payload.encode("utf-8", "replace")


_PARAMETER = (
    r"(?s)[;\s]*([^\s=;\"]+)\s*=\s*"
    r'(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:;|\Z|[^\s=;"]+\s*=))'
    r'|"?((?:[^;"\s]|[\t ]+(?![\t ]|[^\s=;"]+\s*=|\Z|;)|"(?!\s*(?:;|\Z)))*)"?)'
)
_CONTINUED = r"([^*]+)(?:\*(\d{1,4}))?(\*)?"
_ESCAPED = r'\\(["\\])'
_PERCENT = rb"%([0-9A-Fa-f]{2})"
_MOST_PARAMETERS = 200
_LONGEST = 100_000
"""Letters of a structured field that are read."""


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value and its parameters by lower-case name, decoded; of a repeated one the first counts.

    Understands RFC 2231 continuations and charsets, encoded words, unquoted values with blanks, missing quotes and
    semicolons.
    """
    head, _, rest = value[:_LONGEST].partition(";")
    first, more = [*head.split(None, 1), "", ""][:2]
    if "=" in more and "=" not in first:
        head, rest = first, f"{more};{rest}"
    elif "=" in head and not more:
        head, rest = "", value
    simple = _simple_parameters(rest)
    if simple is not None:
        return head.strip(), simple
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    pattern = re.compile(_PARAMETER)
    position, count = 0, 0
    while position < len(rest) and count < _MOST_PARAMETERS:
        count += 1
        found = pattern.match(rest, position)
        if not found:
            position = rest.find(";", position) + 1 or len(rest)
            continue
        position = found.end()
        name = found[1].lower()
        text = found[3].strip() if found[2] is None else found[2]
        if found[2] is not None and "\\" in text:
            text = re.sub(_ESCAPED, r"\1", text)
        split = re.fullmatch(_CONTINUED, name) if "*" in name else None
        if split is None:
            plain.setdefault(name, clean(decode_words(text)))
        else:
            pieces.setdefault(split[1], {}).setdefault(int(split[2] or 0), (text, bool(split[3])))
    for name, parts in pieces.items():
        plain[name] = _continued(parts)
    return head.strip(), plain


def _simple_parameters(rest: str) -> dict[str, str] | None:
    """The parameters where each is plainly written, or None: most are, and the long way is slow to set up."""
    if "\\" in rest or "=?" in rest or "*" in rest or not rest.isascii():
        return None
    plain: dict[str, str] = {}
    for piece in rest.split(";"):
        name, equals, text = piece.strip().partition("=")
        if not piece.strip():
            continue
        if text[:1] == text[-1:] == '"' and len(text) > 1:
            text = text[1:-1]
        elif any(letter.isspace() for letter in text):
            return None
        if not equals or not name or '"' in text or '"' in name or name != name.strip() or not text.isprintable():
            return None
        plain.setdefault(name.lower(), text.strip())
    return plain


def _continued(parts: dict[int, tuple[str, bool]]) -> str:
    """The value of a parameter in pieces (RFC 2231 sections 3 and 4); a gap in the count ends nothing."""
    label, data, plain = "", bytearray(), ""
    for number, (text, is_extended) in sorted(parts.items()):
        rest = text
        if is_extended and number == min(parts) and text.count("'") >= 2:
            label, _, rest = text.partition("'")
            rest = rest.partition("'")[2]
        plain += rest
        octets = rest.encode("utf-8", "replace")
        data += re.sub(_PERCENT, lambda found: bytes((int(found[1], 16),)), octets) if is_extended else octets
    if not any(is_extended for _, is_extended in parts.values()):
        return clean(decode_words(plain))
    return clean(charset.decode(bytes(data), label))
