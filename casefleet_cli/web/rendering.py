"""Templates: one environment, everything escaped, and cleaned of disguising letters before that."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from casefleet_cli.web import words


@cache
def environment() -> Environment:
    """The templates of this package; a name that is missing is an error, not an empty text."""
    made = Environment(
        # A folder of their own: from Python 3.12 on, Datasette looks in templates/ too, for all its databases.
        loader=PackageLoader("casefleet_cli.web", "templates/casefleet"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in (
        "at_most", "by_day", "counted", "date", "day", "defect", "extension", "happened", "marked", "preview",
        "sentence", "short", "size", "time",
    ):  # fmt: skip
        made.filters[name] = getattr(words, name)
    return made


def render(template: str, context: dict[str, Any]) -> str:
    """A template of ours with these values."""
    return environment().get_template(template).render(context)
