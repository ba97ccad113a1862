"""Templates: one environment, everything escaped, and cleaned of disguising letters before that."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from casefleet_cli import clock
from casefleet_cli.web import wordbreaks, words

if TYPE_CHECKING:
    from datetime import tzinfo


@cache
def environment(zone: tzinfo) -> Environment:
    """The templates of this package, telling the days of a time zone; a missing name is an error, not an empty text."""
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
        "at_most", "both_ends", "counted", "defect", "extension", "folded", "happened", "made", "marked", "preview",
        "reasons", "room", "sentence", "short", "size", "visible",
    ):  # fmt: skip
        made.filters[name] = getattr(words, name)
    made.filters["breakable"] = lambda text: wordbreaks.breakable(str(words.clean(text)))
    for name in ("by_day", "by_moment", "date", "day", "time"):
        made.filters[name] = partial(getattr(words, name), zone=zone)
    return made


def render(template: str, context: dict[str, Any], zone: tzinfo | None = None) -> str:
    """A template of ours with these values, and the days of the firm's time zone (else of this machine's)."""
    return environment(zone or clock.zone()).get_template(template).render(context)
