"""The one place that prints: sentences, cards of one thing, and lists for people and for machines."""

from __future__ import annotations

import functools
import inspect
import itertools
import json
import os
import re
import shutil
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from casefleet_cli import clock
from casefleet_cli.cli import tables
from casefleet_cli.cli.cleaning import clean, clean_block
from casefleet_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from casefleet_cli.core.moments.days import Days

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
"""The --json of commands that show one thing; its default is False."""

LARGEST = 2**63 - 1
"""The largest number that SQLite takes; none that is asked for by a command may be beyond it."""
_KEEPS = {"subject": 1, "title": 1, "places": 1, "suggestion": 1, "number": 2, "case_number": 2}
"""How long a column stays whole where a terminal is narrow, by its name."""
_SAFE_FORMATS = {"unsafehtml": "html", "latex_raw": "latex"}
"""What came from mail is escaped, even in the formats that are for trusted text."""
_PIPES_DIVIDE = ("github", "pipe", "orgtbl", "jira", "presto", "pretty", "psql")

_DAYS: ContextVar[Callable[[], Days] | None] = ContextVar("days", default=None)

MARKS = tables.MARKS
ON_A_TERMINAL = 50
"""Rows that a terminal gets of a long list without --limit."""


class Column(NamedTuple):
    """A column of a list: `name` is the key in rows and in machine formats."""

    name: str
    title: str | None = None
    """The heading in tables; the name unless given."""
    only: str | None = None
    """"table" or "machine" for columns that the other has no use for."""
    cell: Callable[[Mapping[str, Any]], object] | None = None
    """Makes the cell in tables out of the whole row."""
    may_go: bool = False
    """Whether a narrow terminal does without it."""


class ListOptions(NamedTuple):
    """How a list is to be printed."""

    form: str = "table"
    """"table", "json", "nl" or "csv"."""
    table_format: str = "simple"
    """tabulate's name."""
    limit: int | None = None
    mark: bool = False
    """Whether CSV begins with a byte order mark, by which Excel knows UTF-8."""


def listing(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `options: ListOptions` the six options of lists."""
    signature = inspect.signature(command, eval_str=True)
    kept = [parameter for parameter in signature.parameters.values() if parameter.name != "options"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, default, annotation in (
            ("as_json", False, Annotated[bool, typer.Option("--json", help="Print a JSON array.")]),
            ("as_nl", False, Annotated[bool, typer.Option("--nl", help="Print JSON, one object a line.")]),
            ("as_csv", False, Annotated[bool, typer.Option("--csv", help="Print CSV.")]),
            (
                "mark",
                False,
                Annotated[bool, typer.Option("--bom", help="With --csv: a byte order mark first, for Excel.")],
            ),
            (
                "table_format",
                None,
                Annotated[
                    str | None, typer.Option("--fmt", metavar="NAME", help="Print a table of tabulate's format.")
                ],
            ),
            (
                "limit",
                None,
                Annotated[int | None, typer.Option(min=1, max=LARGEST, metavar="N", help="Print N rows at most.")],
            ),
        )
    ]

    @functools.wraps(command)
    def with_options(
        *,
        as_json: bool,
        as_nl: bool,
        as_csv: bool,
        mark: bool,
        table_format: str | None,
        limit: int | None,
        **given: object,
    ) -> None:
        if mark and not as_csv:
            raise UsageError("--bom goes with --csv.")
        command(**given, options=_chosen(as_json, as_nl, as_csv, table_format, limit)._replace(mark=mark))

    parameters = kept + added
    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


def show(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str | Column], options: ListOptions, *, empty: str
) -> None:
    """Print a list; `empty` is the sentence that people read instead of an empty table."""
    chosen = [column if isinstance(column, Column) else Column(column) for column in columns]
    rows = itertools.islice(rows, options.limit)
    if options.form == "table":
        _table(rows, [column for column in chosen if column.only != "machine"], options, empty)
        return
    names = [column.name for column in chosen if column.only != "table"]
    records = ({name: row.get(name) for name in names} for row in rows)
    if options.form == "csv":
        _write("\ufeff" * options.mark)
        _csv(records, names)
    else:
        _json_list(records, array=options.form == "json")


def rows_wanted(options: ListOptions) -> int | None:
    """How many rows of a long list are printed: those of --limit, or what a terminal gets; None: all."""
    is_read = options.form == "table" and sys.stdout.isatty()
    return options.limit or (ON_A_TERMINAL if is_read else None)


def card(fields: Iterable[tuple[str, object]]) -> None:
    """Print one thing: a line for each label and value; lists take a line for each item; what is empty is left out."""
    told = [(label, _items(value)) for label, value in fields]
    told = [(label, items) for label, items in told if items]
    width = max((len(label) for label, _ in told), default=0) + 2
    for label, items in told:
        for index, item in enumerate(items):
            say(f"{label + ':' if index == 0 else '':<{width}}{item}", raw=True)


def json_value(value: object) -> None:
    """Print one value as JSON, indented."""
    _write(json.dumps(_safe(value), ensure_ascii=False, indent=2) + "\n")


def say(text: str, *, raw: bool = False) -> None:
    """Print one line (`raw`: already clean, its blanks stay)."""
    _write((text if raw else clean(text)) + "\n")


def block(text: str) -> None:
    """Print several lines as they stand, without what a terminal would obey."""
    _write(clean_block(text).rstrip("\n") + "\n")


def pieces(found: Iterable[str], *, mark: bool = False) -> None:
    """Print a file for another program: its line ends and tabs stay, what a terminal would obey does not.

    `mark`: a byte order mark first.
    """
    if mark:
        _write("\ufeff")
    for text in found:
        _write("\r\n".join(map(clean_block, text.split("\r\n"))))


def warn(text: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(clean(text) + "\n")


def some_failed(failures: Sequence[str], what: str, *, count: int | None = None) -> None:
    """When there are failures, count them and name each on stderr, and end the command with exit code 1.

    `count`: what they are failures of, where that is another number.
    """
    if failures or count:
        sys.stdout.flush()
        warn(f"casefleet: {len(failures) if count is None else count} {what}:")
        for failure in failures:
            sys.stderr.write(f"  {clean(failure)}\n")
        raise typer.Exit(1)


def tell_times_of(days: Callable[[], Days] | None) -> None:
    """Print the times of this firm from now on, asking for its days when first needed; None: of this machine."""
    _DAYS.set(days)


def moment(stamp: str | None) -> str:
    """A UTC stamp as people here write it: on the firm's clock, to the minute."""
    if not stamp:
        return ""
    days = _DAYS.get()
    try:
        return (days() if days else _of_this_machine()).minute(stamp)
    except ValueError:
        return stamp


def _of_this_machine() -> Days:
    from casefleet_cli.core.moments.days import Days  # noqa: PLC0415

    return Days(clock.now(), clock.zone())


def _chosen(as_json: bool, as_nl: bool, as_csv: bool, table_format: str | None, limit: int | None) -> ListOptions:
    asked = [form for form, wanted in (("json", as_json), ("nl", as_nl), ("csv", as_csv)) if wanted]
    if len(asked) + (table_format is not None) > 1:
        raise UsageError("Choose one of --json, --nl, --csv and --fmt.")
    if table_format is None:
        return ListOptions(asked[0] if asked else "table", limit=limit)
    import tabulate  # noqa: PLC0415

    if table_format not in tabulate.tabulate_formats:
        names = ", ".join(tabulate.tabulate_formats)
        raise UsageError(f"{table_format!r} is no table format; there are {names}.")
    return ListOptions("table", _SAFE_FORMATS.get(table_format, table_format), limit)


def _table(rows: Iterator[Mapping[str, Any]], columns: list[Column], options: ListOptions, empty: str) -> None:
    first = next(rows, None)
    if first is None:
        say(empty)
        return
    every = itertools.chain((first,), rows)
    titles = [column.title or column.name.replace("_", " ") for column in columns]
    if options.table_format == "simple":
        shapes = [
            tables.Shape(title, _KEEPS.get(column.name, 0), column.may_go)
            for title, column in zip(titles, columns, strict=True)
        ]
        cells = ([_cell(column, row) for column in columns] for row in every)
        for line in tables.lines(shapes, cells, _terminal_width()):
            _write(_marked(line) + "\n")
        return
    import tabulate  # noqa: PLC0415 - it takes long to load

    kept = list(every)
    laid = [[_cell(column, row) for column in columns] for row in kept]
    if options.table_format in _PIPES_DIVIDE:
        laid = [[cell.replace("|", "\\|") for cell in line] for line in laid]
    numeric = [all(isinstance(row.get(column.name), int) and column.cell is None for row in kept) for column in columns]
    # Cells are text and stay as they are: "2026-101" and "1e5" are not numbers here.
    text = tabulate.tabulate(
        laid,
        headers=titles,
        tablefmt=options.table_format,
        disable_numparse=True,
        colalign=["right" if right else "left" for right in numeric],
    )
    _write(_marked(text) + "\n")


def _marked(text: str) -> str:
    """The text with what stands between MARKS in bold, where somebody sees it."""
    start, end = MARKS
    if start not in text and end not in text:
        return text
    bare = re.compile(f"[{start}{end}]")
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return bare.sub("", text)
    return bare.sub("", re.sub(f"{start}([^{start}{end}]*)(?:{end}|$)", "\x1b[1m\\1\x1b[0m", text))


def _cell(column: Column, row: Mapping[str, Any]) -> str:
    value = column.cell(row) if column.cell else row.get(column.name)
    if (
        column.cell is None
        and isinstance(value, str)
        and (column.name in ("at", "date") or column.name.endswith("_at"))
    ):
        value = moment(value)
    return ", ".join(_items(value))


def _items(value: object) -> list[str]:
    """A value as the lines a person reads."""
    if isinstance(value, bool):
        return ["yes"] if value else []
    if isinstance(value, list | tuple):
        return [line for item in value for line in _items(item)]
    text = "" if value is None else clean(str(value))
    return [text] if text else []


def _terminal_width() -> int | None:
    """The columns of the terminal, or of $COLUMNS; None when the output goes elsewhere."""
    if os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty():
        return max(shutil.get_terminal_size().columns, 40)
    return None


def _json_list(records: Iterator[dict[str, object]], *, array: bool) -> None:
    lines = (json.dumps(_safe(record), ensure_ascii=False) for record in records)
    if not array:
        for line in lines:
            _write(line + "\n")
        return
    opening = "["
    for line in lines:
        _write(f"{opening}\n  {line}")
        opening = ","
    _write("[]\n" if opening == "[" else "\n]\n")


def _csv(records: Iterator[dict[str, object]], names: list[str]) -> None:
    import csv  # noqa: PLC0415

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        writer.writerow([_for_spreadsheet(value) for value in record.values()])


def _for_spreadsheet(value: object) -> object:
    """A value as a CSV cell; text that a spreadsheet would run as a formula gets an apostrophe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return value
    text = "; ".join(_items(value)) if isinstance(value, list | tuple) else clean(str(value))
    return "'" + text if text.startswith(("=", "+", "-", "@")) else text


def _safe(value: object) -> object:
    """A value without what a terminal would obey, for JSON (which escapes line ends itself)."""
    if isinstance(value, str):
        return clean_block(value)
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return value


def _write(text: str) -> None:
    sys.stdout.write(text)
