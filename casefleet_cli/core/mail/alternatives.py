"""Whether the text and the HTML of one mail say different things: a program shows only one of the two."""

from __future__ import annotations

import re

_MOST = 2_000_000
"""Letters of HTML, and of text, that are looked at."""
_WORDS = r"[^\W_]+(?:[.,'’@-][^\W_]+){0,20}"
"""Words, numbers and addresses."""
_UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3130-\u9fff\uac00-\ud7ff\uf900-\ufaff]+"
"""What stands there in scripts that set no blanks between words."""
_LINKS = r"(?i)\b(?:https?://|www\.|mailto:)[^\s<>\"]{1,2000}"
_SILENT = r"(?i)<(!--|style|script|title|textarea|iframe)"
_SILENT_ENDS = {
    "!--": "-->",
    "style": "(?i)</style",
    "script": "(?i)</script",
    "title": "(?i)</title",
    "textarea": "(?i)</textarea",
    "iframe": "(?i)</iframe",
}
_TAG = r"<[^<>]*>"
_HUGE_REFERENCE = r"&#[xX]?[0-9A-Fa-f]{9}"
"""Python refuses numbers of some thousand digits."""
_SHORTEST = 4
"""Letters of a word that counts: shorter ones stand in every text of a language."""
_FEWEST = 3
"""Of the words that count, so many must be lacking on either side."""
_UNLIKE, _ALIKE = 0.34, 0.7
"""Shares of the words of the shorter side that stand in the other."""
_POINTER = 60
"""Words of a text that does no more than point to the HTML, at most."""
_POINTS = (
    "html", "mime", "browser", "navegador", "navigateur", "webversion", "web version", "przegląda", "prohlížeč",
    "selain", "браузер", "ブラウザ", "浏览器", "瀏覽器", "브라우저",
)  # fmt: skip
_POINTS_BY_LINK = ("online", "on line", "on-line", "en ligne", "en línea", "view", "display")


def differ(text: str, pages: str) -> bool:
    """Whether a mail's text and its HTML contradict each other; linear in their lengths.

    They do where hardly any of the words of the shorter stand in the longer, or where they have the same words and
    each has a number or an address that the other lacks. A text that only points to the HTML contradicts nothing.
    """
    text, pages = text[:_MOST], pages[:_MOST]
    glance = _glance(pages)
    if glance is not None and f" {' '.join(text.split())} " in f" {' '.join(glance.split())} ":
        return False  # as in most mail: all of the one stands in the other
    said = _counted(text)
    if not said:
        return False
    if glance is not None and not _contradict(said, _counted(glance), text):
        return False
    from casefleet_cli.core.mail.html_text import to_text  # noqa: PLC0415 - its library is needed by few mails

    return _contradict(said, _counted(to_text(pages)), text)


def _contradict(said: dict[str, int], shown: dict[str, int], text: str) -> bool:
    """Whether two sets of words, each with its number, do."""
    common = sum(min(count, shown.get(word, 0)) for word, count in said.items())
    of_said, of_shown = sum(said.values()), sum(shown.values())
    share = common / max(min(of_said, of_shown), 1)
    if share < _UNLIKE:
        return min(of_said, of_shown) - common >= _FEWEST and not _only_points(text, of_said)
    return share >= _ALIKE and bool(_facts(said, shown)) and bool(_facts(shown, said))


def _facts(ours: dict[str, int], theirs: dict[str, int]) -> list[str]:
    """The numbers and addresses of one side that the other lacks."""
    return [word for word in ours if word not in theirs and ("@" in word or sum(map(str.isdigit, word)) > 1)]


def _only_points(text: str, count: int) -> bool:
    if count > _POINTER:
        return False
    folded = text.casefold()
    points = any(sign in folded for sign in _POINTS)
    return points or ("://" in folded and any(sign in folded for sign in _POINTS_BY_LINK))


def _counted(text: str) -> dict[str, int]:
    """The words that count, each with how often it stands there; scripts without blanks by pairs of letters."""
    text = re.sub(_LINKS, " ", text).casefold()
    runs = [] if text.isascii() else re.findall(_UNSPACED, text)
    if runs:
        text = re.sub(_UNSPACED, " ", text)
    words = [word for word in re.findall(_WORDS, text) if len(word) >= _SHORTEST or not word.isalpha()]
    words += [run[at : at + 2] for run in runs for at in range(len(run) - 1)]
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def _glance(pages: str) -> str | None:
    """The words of HTML without its tags, quickly; None where that is not certain to be what a browser shows."""
    kept: list[str] = []
    position = 0
    silent = re.compile(_SILENT)
    while (found := silent.search(pages, position)) is not None:
        kept.append(pages[position : found.start()])
        end = re.compile(_SILENT_ENDS[found[1].lower()]).search(pages, found.end())
        if end is None:
            return None
        position = end.end() if end[0] == "-->" else end.start()
    kept.append(pages[position:])
    words = re.sub(_TAG, " ", " ".join(kept))
    quoted = min((at for at in (words.find('"'), words.find("'")) if at >= 0), default=len(words))
    if "<" in words or ">" in words[quoted:]:  # a tag that nobody closed, or a mark inside of an attribute
        return None
    if "&" not in words:
        return words
    if re.search(_HUGE_REFERENCE, words):
        return None
    from html import unescape  # noqa: PLC0415 - its table is large

    return unescape(words)
