"""Dates as mail programs print them for readers, in the languages of `core.forward.labels`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from casefleet_cli.core.moments.order import day_and_month, whole_year
from casefleet_cli.core.moments.zones import OFFSETS

_MONTHS = (  # January to December: beginnings of names, folded; those that mean two months are in _AMBIGUOUS
    ("jan|gen|ian|ene|xan|urt|sty|led|sij|sau|jaan|tammi|oca|ocak|янв|яну|јан|січ|студ|ιαν|ינו|يناير|جانفي|"
     "كانون الثاني|ژانویه|जन|ม.ค|มกรา|ion|eana"),
    ("feb|fev|fév|fēb|úno|vel|otsa|lut|vas|veebr|helmi|şub|фев|феб|лют|φεβ|פבר|فبراير|فيفري|شباط|فوریه|फ़र|फर|ก.พ|"
     "กุมภา|chwe|feabh"),
    ("mar|mär|mrz|març|maart|mrt|maerz|bře|ožu|kov|maalis|märts|мар|бер|сак|μαρ|μάρ|מרץ|מרס|مارس|آذار|مارچ|मार्च|"
     "มี.ค|มีนา|maw|már"),
    ("apr|abr|avr|ápr|api|kwi|dub|tra|bal|huhti|nis|апр|кві|крас|απρ|אפר|أبريل|ابريل|نيسان|أفريل|آوریل|अप्रै|เม.ย|"
     "เมษา|ebr|pri"),
    ("may|mai|maj|mag|mei|máj|květ|kvě|svi|geg|touko|май|мая|мај|маj|тра|μαι|μαϊ|μάι|μαΐ|מאי|مايو|ماي|أيار|مه|मई|"
     "พ.ค|พฤษภา|maí"),
    ("jun|juin|giu|iun|xuñ|cze|čvn|červn|bir|kesä|juuni|haz|jún|jūn|eka|июн|юни|јун|чер|чэр|ιουν|ιούν|יונ|يونيو|"
     "يونيه|حزيران|جوان|ژوئن|जून|มิ.ย|มิถุนา|meh"),
    ("jul|juil|lug|iul|xul|čvc|červenc|července|lie|heinä|juuli|tem|júl|jūl|uzt|июл|юли|јул|лип|ліп|ιουλ|ιούλ|יול|"
     "يوليو|يوليه|تموز|جويلية|ژوئیه|जुला|ก.ค|กรกฎา|gorff"),
    ("aug|ago|août|aoû|aout|avg|agu|sie|kol|rugp|rgp|elok|elo|ağu|ágú|abu|авг|сер|жні|αυγ|αύγ|אוג|أغسطس|اغسطس|آب|"
     "أوت|اوت|अग|ส.ค|สิงหา|awst"),
    ("sep|set|wrz|zář|ruj|rugs|rgs|syys|eyl|szept|ira|сен|сеп|вер|σεπ|ספט|سبتمبر|أيلول|شتنبر|سپتامبر|सित|ก.ย|กันยา|"
     "medi"),
    ("oct|okt|out|ott|paź|říj|spa|loka|eki|urr|окт|жов|кас|οκτ|אוק|أكتوبر|اكتوبر|تشرين الأول|اکتبر|अक्तू|अक्टू|ต.ค|"
     "ตุลา|hyd"),
    ("nov|nóv|noi|noe|stu|lap|marras|kas|aza|ноя|ное|нов|лис|ліс|νοε|νοέ|נוב|نوفمبر|تشرين الثاني|نونبر|نوامبر|नव|"
     "พ.ย|พฤศจิ|tach"),
    ("dec|déc|dez|dic|des|gru|pro|joulu|dets|ara|abe|dek|дек|дец|гру|сне|δεκ|דצמ|ديسمبر|كانون الأول|دجنبر|دسامبر|"
     "दिस|ธ.ค|ธันวา|rhag"),
)  # fmt: skip
_AMBIGUOUS = {"lis": {"hr": 10, "pl": 11, "cs": 11}, "lip": {"hr": 6, "pl": 7}, "srp": {"hr": 7, "cs": 8}}
"""Month names that neighbours use for different months, by language."""

_DIGITS = {base + value: str(value) for base in (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10) for value in range(10)}
_CLEAN: dict[int, str | None] = {
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, ord("*")]),
    **dict.fromkeys((0xA0, 0x202F, 0x2009, 0x3000, 0x09), " "),
    **_DIGITS,
    ord("："): ":",
    ord("，"): ",",
    ord("、"): ",",
    ord("،"): ",",
    ord("−"): "-",
}
_AM = r"a\.?\s?m\.?|vorm\.|de\.|π\.?\s?μ\.?|ö\.?ö\.?|fm\.?|f\.m\.|上午|早上|凌晨|午前|오전|ص|ق\.?ظ|sa|dop\.?|पूर्वाह्न"
_PM = r"p\.?\s?m\.?|nachm\.|du\.|μ\.?\s?μ\.?|ö\.?s\.?|em\.?|e\.m\.|下午|晚上|中午|午後|오후|م|ب\.?ظ|ch|odp\.?|अपराह्न"
_HALF_AFTER = re.compile(rf"\s?(?:ч\.\s?)?(?:(?P<am>{_AM})|(?P<pm>{_PM}))(?![^\W\d_])", re.I)
_HALF_BEFORE = re.compile(rf"(?<![^\W\d_])(?:(?P<am>{_AM})|(?P<pm>{_PM}))\s?$", re.I)
_TIME = re.compile(
    r"(?<![\d.:/+])(?<![\dTC\s(]-)(?P<h>[0-2]?\d)(?:\s?(?P<mark>[:٫h時时시点點])\s?|\.)(?P<m>[0-5]\d)(?!\d)(?:\s?[분分])?"
    r"(?:\s?(?:[:.٫]\s?)?(?P<s>[0-5]\d)(?:\s?[초秒])?(?![\d/.-]|:\d)(?:[.,]\d{1,6})?)?",
    re.I,
)
_OFFSET = re.compile(r"(?<!\d)([+-])\s?(\d{1,2})(?::?([0-5]\d))?(?!\d)")
_OFFSET_BEFORE = re.compile(r"(?:GMT|UTC)\s?([+-])\s?(\d{1,2})(?::?([0-5]\d))?,?\s*$")
_ZONE = re.compile(r"(?<![^\W\d_])(" + "|".join(sorted(OFFSETS, key=len, reverse=True)) + r")(?![^\W\d_])")
_YMD = re.compile(r"(?<!\d)(\d{4})\s?(?:[-/.]|年|년|\.\s)\s?(\d{1,2})\s?(?:[-/.]|月|월|\.\s)\s?(\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?[-/.]?\s?(\d{4}|\d{2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20|25)\d{2}(?!\d)")
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s+(?:tháng|thg)\s*(\d{1,2})\D{1,8}(\d{4})", re.I)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_][\w.'’\u0300-\u036f\u0900-\u097f\u0e00-\u0e7f]*")
_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th|er|º|ª|°|\.)?[\s,-]*(?:(?:de|of|di|d'|d’|ta'|ng|a|i)\s*)?$", re.I)
_LONGEST = 160
_NUMBERS_FIRST_YEAR = frozenset(("ja", "ko", "zh-cn", "zh-tw", "hu", "lt"))


def parse(raw: str, languages: str = "") -> datetime | None:
    """The moment, aware; where no zone is written, the wall clock counts as UTC. None where no single one can be read.

    `languages` are those the labels around the date are written in, between blanks: they decide what "lis" or
    "03/04/2021" means. Nothing is guessed: an ambiguous date without such a hint is None.
    """
    text = raw[:_LONGEST].translate(_CLEAN)
    hour, minute, second, offset, rest = _clock(text)
    day = _day(rest, languages, offset)
    if day is None:
        return None
    try:
        return datetime(*day, hour, minute, second, tzinfo=timezone(timedelta(minutes=offset or 0)))
    except (ValueError, OverflowError):
        return None


def is_date(raw: str) -> bool:
    """Whether a text reads as a date with a time, in whatever language: a year and a clock, or numbers for a day."""
    text = raw[:_LONGEST].translate(_CLEAN)
    return bool(_TIME.search(text)) and bool(_NUMERIC.search(text) or _YMD.search(text) or _YEAR.search(text))


def _clock(text: str) -> tuple[int, int, int, int | None, str]:
    """Hour, minute, second, minutes east of UTC (None where no zone is written), and the text without them."""
    times = [found for found in _TIME.finditer(text) if found["mark"] or not _is_day(text, found)]
    times = [found for found in times if found["mark"]] or times[-1:]
    if not times or int(times[0]["h"]) > 23:
        return 0, 0, 0, None, text
    found = times[0]
    hour = int(found["h"])
    before, after = text[: found.start()], text[found.end() :]
    half = _HALF_AFTER.match(after) or _HALF_BEFORE.search(before[-12:])
    if half and hour <= 12:
        hour = hour % 12 + (12 if half["pm"] else 0)
    zone = _OFFSET.search(after[:40]) or _OFFSET_BEFORE.search(before)
    offset = _minutes(zone) if zone else None
    if offset is None:
        named = _ZONE.search(after[:24])
        offset = OFFSETS[named[1]] if named else None
    return hour, int(found["m"]), int(found["s"] or 0), offset, f"{before} | {_OFFSET.sub(' ', after)}"


def _is_day(text: str, found: re.Match[str]) -> bool:
    """Whether digits around a dot are day and month: "27.10.2021", "28. 10."."""
    after, before = text[found.end("m") : found.end("m") + 4], text[max(0, found.start() - 3) : found.start()]
    if found["s"]:
        return False
    return bool(re.match(r"\s?[./-](?:\s|\d|$)", after) or re.search(r"\d[.\-/]\s?$", before))


def _minutes(zone: re.Match[str]) -> int | None:
    total = int(zone[2]) * 60 + int(zone[3] or 0)
    return (-total if zone[1] == "-" else total) if total < 24 * 60 else None


def _day(text: str, languages: str, offset: int | None) -> tuple[int, int, int] | None:
    """Year, month and day."""
    found = _YMD.search(text)
    if found:
        return _year(found[1]), int(found[2]), int(found[3])
    found = _VIETNAMESE.search(text)
    if found:
        return _year(found[3]), int(found[2]), int(found[1])
    named = _named(text, languages)
    if named:
        return named
    found = _NUMERIC.search(text)
    return _numbers(found, languages, offset) if found else None


def _numbers(found: re.Match[str], languages: str, offset: int | None) -> tuple[int, int, int] | None:
    """A date of three numbers that ends with the year: which is the month?"""
    order = _order(found[2], set(languages.split()), offset)
    named = day_and_month(int(found[1]), int(found[3]), order)
    return (_year(found[4]), named[1], named[0]) if named else None


def _order(mark: str, spoken: set[str], offset: int | None) -> str | None:
    """What a date of numbers around a mark tells of its order by its languages and its clock; None for nothing."""
    if mark == "." or (spoken and "en" not in spoken and not spoken & _NUMBERS_FIRST_YEAR):
        return "dmy"
    if mark == "/" and "en" in spoken and offset is not None and -600 <= offset <= -240:
        return "mdy"  # the clock of North America
    return None


def _named(text: str, languages: str) -> tuple[int, int, int] | None:
    """A date with the month as a word, in any order."""
    numbers = [number[0] for number in _NUMBER.finditer(text)]
    if len(numbers) < 2:
        return None
    months = []
    for word in _WORD.finditer(text):
        month = _month(word[0], text, languages)
        if month:
            months.append((bool(_DAY_BEFORE.search(text[max(0, word.start() - 8) : word.start()])), month))
    if not months:
        return None
    month = next((month for has_day, month in months if has_day), months[-1][1])  # "mar. 26 oct.": a Tuesday
    years = [number for number in numbers if len(number) == 4] or numbers[1:2]
    days = [int(number) for number in numbers if len(number) <= 2 and 1 <= int(number) <= 31]
    return (_year(years[0]), month, days[0]) if days else None


def _month(word: str, text: str, languages: str) -> int:
    """The number of the month whose name the word is or abbreviates; 0 where it is none."""
    name = word.casefold().replace("\u0307", "").strip(".")
    ambiguous = _AMBIGUOUS.get(name[:3])
    if ambiguous:
        meant = {month for language, month in ambiguous.items() if f" {language} " in languages}
        if len(meant) != 1:  # "u 9:31" is Croatian, "o 9:31" Polish, "v 9:31" Czech
            language = next((lang for sign, lang in (("u", "hr"), ("o", "pl"), ("v", "cs")) if f" {sign} " in text), "")
            meant = {ambiguous[language]} if language in ambiguous else set(ambiguous.values())
        return meant.pop() if len(meant) == 1 else 0
    if name[:1] == "ב":  # "in", in Hebrew
        name = name[1:]
    for length in range(min(len(name), 16), 2 if name.isascii() else 1, -1):
        month = _table().get(name[:length])
        if month:
            return month
    return 0


_TABLE: dict[str, int] = {}


def _table() -> dict[str, int]:
    """Beginning of a name → month, made when first asked for."""
    if not _TABLE:
        for number, names in enumerate(_MONTHS, start=1):
            _TABLE.update(dict.fromkeys(names.split("|"), number))
    return _TABLE


def _year(digits: str) -> int:
    """A Buddhist year is taken to the common era."""
    year = whole_year(digits)
    return year - 543 if 2400 < year < 2700 else year
