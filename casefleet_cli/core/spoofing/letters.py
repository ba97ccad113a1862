"""Letters that look like others, and letters that nobody sees (after UTS #39, for names and addresses in mail)."""

from __future__ import annotations

import re
import unicodedata

from casefleet_cli.core.names import folded

LONGEST = 1000
"""Letters of a name or a subject that are looked at."""

_LIKE_LATIN = {
    "CYRILLIC": (
        "АA аa ВB вb ЕE еe ЅS ѕs ІI іi ЇI їi ЈJ јj КK кk МM мm НH нh ОO оo РP рp "
        "СC сc ТT тt УY уy ХX хx ҮY үy ҺH һh ԁd ԚQ ԛq ԜW ԝw ѴV ѵv З3 з3 гr пn ЬB "
        "ьb ӀI ӏl ҒF ғf ԌG ԍg"
    ),
    "GREEK": ("ΑA αa ΒB βB ΕE εe ΖZ ΗH ηn ΙI ιi ΚK κk ΜM ΝN νv ΟO οo ΡP ρp ΤT τt ΥY υu ΧX χx γy ωw ϲc ϹC ϳj ͿJ"),
    "ARMENIAN": "աw ԱU հh ոn ՈN սu ՍU օo ՕO ՏS ԼL ցg գg քp ձd յj ԷE ղq",
    "CHEROKEE": "ᎪA ᏴB ᏟC ᎠD ᎬE ᎻH ᎫJ ᏦK ᏞL ᎷM ᎾO ᏢP ᎡR ᏚS ᎢT ᏙV ᎳW ᏃZ",
    "LATIN": "ɑa ɡg ɩi ƖI ǀl ɪi ʟl ᴀa ᴄc ᴇe ᴋK ᴍm ᴏo ᴘp ᴜu ᴠv ᴡw ᴢz ƅb",
}
"""By script: letters, each with the Latin one that it looks like."""
_LATIN = {ord(pair[0]): pair[1] for pairs in _LIKE_LATIN.values() for pair in pairs.split()}
_MIXABLE = frozenset(("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"))
"""Scripts whose letters look like those of another one of them; no word of any language mixes them."""
_STROKES = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s"})
"""What looks the same in many a typeface, once case is gone: "I" and "l" and "1"."""
_PAIRS = (("rn", "m"), ("vv", "w"))

_JOINERS = "\u200c\u200d"
_OF_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
"""Marks, embeddings and isolates; not the overrides."""
_TO_THE_LEFT = "\u202b\u2067"
_SOFT_HYPHEN = "\u00ad"
_BLANK_OF_NO_WIDTH = "\u200b"
_UNSPACED = ("THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "CJK", "HIRAGANA", "KATAKANA")
"""Scripts without blanks between words, which may set one of no width."""
_JOINLESS = ("", "LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "HEBREW", "CJK", "HANGUL", "HIRAGANA", "KATAKANA")
_HIDDEN = (
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Soft hyphen, fillers, joiners, marks, embeddings and overrides of direction, variation selectors, tags, the BOM."""
_TAGS = "".join(map(chr, range(0xE0020, 0xE0080)))
_FLAG = "\U0001f3f4"


def visible(text: str) -> str:
    """The text without the letters that nobody sees."""
    return text if text.isascii() else re.sub(_HIDDEN, "", text)


def hides_letters(text: str) -> bool:
    """Whether letters that nobody sees stand where no script and no sign needs them.

    Needed are joiners within scripts that join and between signs (UTS #51), marks of direction beside letters that run
    from right to left (UAX #9; overrides never), blanks of no width in scripts without blanks, selectors behind a
    sign, tags behind a black flag, and a byte order mark at the very beginning. A soft hyphen outside of words is
    harmless: wrongly decoded text has many.
    """
    text = text[:LONGEST].removeprefix("\ufeff")
    if text.isascii() or not re.search(_HIDDEN, text):
        return False
    runs_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    seen = ""
    """The last letter before, tags aside."""
    for at, letter in enumerate(text):
        if letter in _TAGS:
            if seen != _FLAG:
                return True
            continue
        following = text[at + 1 : at + 2]
        if re.match(_HIDDEN, letter) and not _is_needed(letter, seen, following, runs_left=runs_left):
            return True
        seen = letter
    return False


def _is_needed(letter: str, before: str, after: str, *, runs_left: bool) -> bool:
    """Whether a letter that nobody sees does something between those two."""
    script = _script_of(before)
    if letter in _JOINERS:
        return _takes_joiner(before) and (not after.isalnum() or _takes_joiner(after))
    if letter in _OF_DIRECTION:
        return runs_left or (letter not in _TO_THE_LEFT and not (before.isalnum() and after.isalnum()))
    if letter == _SOFT_HYPHEN:
        return not (before.isalnum() and after.isalnum())
    if letter == _BLANK_OF_NO_WIDTH:
        return script in _UNSPACED
    if "\ufe00" <= letter <= "\ufe0f":
        return bool(before) and (not before.isalpha() or script in ("CJK", "MYANMAR", "PHAGS-PA"))
    if "\u180b" <= letter <= "\u180f":
        return script == "MONGOLIAN"
    return "\U000e0100" <= letter <= "\U000e01ef" and script == "CJK"


def _takes_joiner(letter: str) -> bool:
    """Whether a joiner beside this letter decides how it is drawn."""
    if not letter or letter.isascii():
        return False
    return _script_of(letter) not in _JOINLESS or unicodedata.category(letter) in ("So", "Sk", "Mn", "Mc")


def look(text: str) -> str:
    """What a text looks like: two texts that a reader takes for each other have the same look. Linear; may be "".

    Accents, width, invisible letters and look-alikes of other scripts are gone, then case, and letters that many a
    typeface draws alike are one: "AIіce" and "Alice", "rn" and "m". It is for comparing, and not for reading.
    """
    plain = folded(latin(text[:LONGEST])).translate(_STROKES)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def latin(text: str) -> str:
    """The text with Latin letters for those that look like them, without accents and invisible letters."""
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", visible(text))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_LATIN)


def mixes_scripts(text: str) -> bool:
    """Whether a word has letters of two scripts that look like each other's: Latin and Cyrillic, Greek, Armenian …

    A name in several scripts, each word in one, is an ordinary name; so is a digit, an accent or a sign in any.
    """
    if text.isascii():
        return False
    words = re.findall(r"[^\W\d_]+", visible(text[:LONGEST]))
    return any(
        len({_script_of(letter) for letter in word} & _MIXABLE) > 1
        for word in words
        if not word.isascii() and any(ord(letter) in _LATIN for letter in word)
    )


def _script_of(letter: str) -> str:
    """The script of a letter, as its name begins; "" for what is of none."""
    if not letter or unicodedata.category(letter)[0] not in "LM":
        return ""
    return unicodedata.name(letter, "").partition(" ")[0]
