"""What Datasette is told about a snapshot: titles, what each table and column means, facets, orders and questions."""

from __future__ import annotations

import json
from importlib.resources import files


def first_line(name: str) -> str:
    """The first line of the metadata of a database, by which it is known as ours and about that one alone."""
    return f"# casefleet publish: {json.dumps(name)}\n"


def as_yaml(name: str, title: str) -> str:
    """The metadata of a snapshot for `datasette NAME.db -m FILE`."""
    sheet = (files("casefleet_cli.custody") / "snapshot.yaml").read_text(encoding="utf-8")
    return first_line(name) + sheet.replace("@NAME@", json.dumps(name)).replace("@TITLE@", json.dumps(title))
