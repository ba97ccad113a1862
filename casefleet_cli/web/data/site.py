"""The Datasette that answers under /data: one to a process, over another view at each request."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from datasette.app import Datasette
from datasette.plugins import pm
from datasette.renderer import json_renderer
from markupsafe import Markup

from casefleet_cli.web import words
from casefleet_cli.web.data import links, sheet
from casefleet_cli.web.data.view import NAME, View

if TYPE_CHECKING:
    from casefleet_cli.store.sight import Sight
    from casefleet_cli.web.data.asking import Ask

_SETTINGS = {
    "num_sql_threads": 0,
    "default_page_size": 50,
    "max_returned_rows": 1000,
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 2000,
    "default_facet_size": 15,
    "suggest_facets": False,
    "allow_download": False,
    "allow_csv_stream": False,
    "truncate_cells_html": 120,
}
_PLUGINS = frozenset(
    f"datasette.{name}" for name in ("facets", "filters", "sql_functions", "handle_exception", "forbidden")
)
"""The plugins of Datasette itself that have business here; there are no others."""


TITLE_ENDS = "\0"
"""What stands in a page between its title and what it shows."""


class Made(NamedTuple):
    """What Datasette answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Site(Datasette):
    """A Datasette that shows one view, and nothing else of itself."""

    is_sql = False
    """Whether who asks may put a question in SQL."""

    def look_at(self, view: View, facets: frozenset[str], *, may_sql: bool) -> None:
        """Show this view from now on; by `facets`, columns of the table that is asked for, it is counted anyway."""
        view.name = view.route = NAME
        self.databases = OrderedDict({NAME: view})
        self.is_sql = may_sql
        self._metadata_local = sheet.of(view.tables, facets)
        self.jinja_env.globals |= {"more_facets": sheet.more_facets(view.tables), "searches": view.searches}

    async def permission_allowed(
        self,
        actor: object,  # noqa: ARG002 - the view is that of who asks
        action: str,
        resource: Any = None,
        default: object = False,  # noqa: ARG002
    ) -> bool:
        """Only what is listed here is allowed, whatever else there is."""
        view = self.databases[NAME]
        if action == "execute-sql":
            return self.is_sql and resource == NAME
        if action == "view-table":
            return resource[0] == NAME and resource[1] in getattr(view, "tables", ())
        return action in ("view-instance", "view-database", "view-query")

    async def refresh_schemas(self) -> None:
        """Keep no list of what is in the database."""

    def absolute_url(self, request: object, path: str) -> str:  # noqa: ARG002
        """Addresses without the name of a server, which only a proxy knows."""
        return path


@cache
def the_site() -> tuple[Site, Any]:
    """The Datasette of this process, and its ASGI application."""
    import datasette.handle_exception as reporting  # noqa: PLC0415 - not before all that Datasette is

    # With rich installed, Datasette prints every local variable of a failing page: cookies and mail.
    vars(reporting)["rich"] = None
    for name, plugin in pm.list_name_plugin():
        if plugin is not None and name not in _PLUGINS:
            pm.unregister(plugin)
    pm.register(links, "casefleet links")
    templates = str(files("casefleet_cli.web.data") / "templates")
    site: Any = Site([], memory=True, settings=_SETTINGS, template_dir=templates)  # type: ignore[no-untyped-call]
    site.jinja_env.finalize = words.clean
    site.jinja_env.globals["title_ends"] = Markup(TITLE_ENDS)  # noqa: S704 - a constant
    site.renderers["json"] = (_told, lambda: True)
    return site, site.app()


def _told(args: Any, data: dict[str, Any], view_name: str) -> Any:
    """JSON as Datasette has it, without what differs from one moment to the next."""
    data.pop("query_ms", None)
    return json_renderer(args, data, view_name)  # type: ignore[no-untyped-call]


def asked(path: str, seen: Sight, ask: Ask, *, may_sql: bool) -> Made:
    """What Datasette answers to a request, over what a sight holds of the database at a path."""
    site, app = the_site()
    view = View(site, path, seen, is_search=ask.is_search, is_counted=bool(ask.facets))
    try:
        site.look_at(view, ask.facets, may_sql=may_sql)
        return asyncio.run(_asked(app, ask))
    finally:
        site.databases = OrderedDict()
        view.close()


async def _asked(app: Any, ask: Ask) -> Made:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(
        {
            "type": "http", "method": "GET", "scheme": "http", "http_version": "1.1", "path": ask.address,
            "raw_path": ask.address.encode("ascii"), "query_string": ask.query.encode("ascii"),
            "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 0), "server": ("localhost", 80),
        },
        receive,
        send,
    )  # fmt: skip
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Made(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
