"""Every state of every page, and a browser that goes there."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from casefleet_cli.store import visits
from casefleet_cli.web import pages
from tests import chromium
from tests.showcase import Showcase

if TYPE_CHECKING:
    from collections.abc import Iterator


class State(NamedTuple):
    """One thing to look at."""

    name: str
    address: str
    """With {keys} of Showcase.emails and Showcase.places."""
    who: str = "ada"
    """A key of SIGHTS."""
    typed: tuple[tuple[str, str], ...] = ()
    """What is typed there into which field, and sent."""
    is_frame: bool = False
    """Whether it is only seen inside of a page."""
    out_of_reach: bool = False
    """Whether the database is elsewhere meanwhile."""


SIGHTS = ("ada", "jonas", "nobody", "owner", "stranger", "empty")
"""An admin, a limited user, and nobody at the firm that has passwords; whoever runs its machine; nobody, and whoever runs
its machine, at the firm that has nothing."""

STATES = (
    State("sign-in", "/login", "nobody"),
    State("sign-in-first", "/cases/1", "nobody"),
    State("sign-in-failed", "/login", "nobody", typed=(("name", "ada@berglaw.example"), ("password", "wrong"))),
    State("sign-in-used", "/login?token=used", "nobody"),
    State("sign-in-without-passwords", "/", "stranger"),
    State("home", "/"),
    State("home-older", "/?before=300"),
    State("home-nothing-older", "/?before=1"),
    State("home-limited", "/", "jonas"),
    State("home-empty", "/", "empty"),
    State("cases", "/cases"),
    State("cases-older", "/cases?before=9"),
    State("cases-limited", "/cases", "jonas"),
    State("cases-empty", "/cases", "empty"),
    State("case", "/cases/{fall}"),
    State("case-closed", "/cases/{closed}"),
    State("case-restricted", "/cases/{board}"),
    State("case-viewers", "/cases/{board}/viewers"),
    State("case-long", "/cases/{lengthy}"),
    State("case-arabic", "/cases/{alhusseini}"),
    State("case-converted", "/cases/{converted}"),
    State("case-imported", "/cases/{estate}"),
    State("case-journal", "/cases/{fall}/journal"),
    State("case-attachments", "/cases/{fall}/attachments"),
    State("case-attachments-none", "/cases/{lengthy}/attachments"),
    State("leads", "/leads"),
    State("leads-older", "/leads?before=5"),
    State("leads-empty", "/leads", "empty"),
    State("lead", "/leads/{trademark}"),
    State("lead-journal", "/leads/{trademark}/journal"),
    State("lead-attachments", "/leads/{trademark}/attachments"),
    State("lead-converted", "/leads/{claim}"),
    State("lead-lost", "/leads/{lost}"),
    State("contacts", "/contacts"),
    State("contacts-older", "/contacts?before=14"),
    State("contacts-empty", "/contacts", "empty"),
    State("contact", "/contacts/{elena}"),
    State("contact-imported", "/contacts/{lars}"),
    State("contact-long", "/contacts/{company}"),
    State("contact-arabic", "/contacts/{layla}"),
    State("contact-without-mail", "/contacts/{quiet}"),
    State("email", "/emails/{01-hearing.eml}"),
    State("email-long", "/emails/{long}"),
    State("email-arabic", "/emails/{arabic}"),
    State("email-japanese", "/emails/{japanese}"),
    State("email-hebrew-restricted", "/emails/{walled}"),
    State("email-html-text", "/emails/{html}"),
    State("email-html-as-sent", "/emails/{html}?view=html"),
    State("email-html-frame", "/emails/{html}/html", is_frame=True),
    State("email-attachments", "/emails/{files}"),
    State("email-recipients", "/emails/{crowd}"),
    State("email-thread", "/emails/{thread}"),
    State("email-forward-gmail", "/emails/{15-forward-gmail.eml}"),
    State("email-forward-outlook", "/emails/{15-forward-outlook.eml}"),
    State("email-two-places", "/emails/{08-case-and-doubt.eml}"),
    State("email-unlinked", "/emails/{waits}"),
    State("email-held", "/emails/{held}"),
    State("email-deceives", "/emails/{deceives}"),
    State("email-rejected", "/emails/{hostile.eml}"),
    State("email-empty", "/emails/{empty}"),
    State("email-limited", "/emails/{html}", "jonas"),
    State("viewers", "/emails/{html}/viewers"),
    State("recipients", "/emails/{crowd}/recipients"),
    State("attachments", "/emails/{files}/attachments"),
    State("attachment-withheld", "/emails/{secret}/attachments/{secret-file}", "jonas"),
    State("unassigned", "/unassigned"),
    State("unassigned-mine", "/unassigned?mine=1"),
    State("unassigned-older", "/unassigned?before=230"),
    State("unassigned-empty", "/unassigned", "empty"),
    State("held", "/held"),
    State("held-mine", "/held?mine=1"),
    State("held-empty", "/held", "empty"),
    State("search", "/search"),
    State("search-hits", "/search?q=hearing"),
    State("search-older", "/search?q=hearing&before=150"),
    State("search-chip", "/search?q=hearing+has%3Aattachment"),
    State("search-none", "/search?q=zeppelin"),
    State("search-bad", "/search?q=before%3Atwelfth"),
    State("notifications", "/notifications"),
    State("notifications-kind", "/notifications?kind=unassigned"),
    State("notifications-all", "/notifications?all=1"),
    State("notifications-older", "/notifications?all=1&before=20"),
    State("notifications-of-all", "/notifications", "owner"),
    State("notifications-empty", "/notifications", "empty"),
    State("profile", "/profile"),
    State("profile-limited", "/profile", "jonas"),
    State("journal", "/journal"),
    State("journal-older", "/journal?before=40"),
    State("data", "/data"),
    State("data-limited", "/data", "jonas"),
    State("data-mail", "/data/mail"),
    State("data-mail-facets", "/data/mail?_facet=year&_facet=standing&_search=hearing&_sort_desc=date"),
    State("data-cases", "/data/cases"),
    State("data-none", "/data/mail?number=0"),
    State("data-refused", "/data/mail?_fts_table=bcc_addresses"),
    State("lost", "/nothing"),
    State("lost-to-limited", "/cases/{board}", "jonas"),
    State("out-of-reach", "/", "empty", out_of_reach=True),
)


DOWNLOADS = ("vcard",)
"""What no browser shows."""


def routes_without_a_state() -> list[str]:
    """The addresses that nobody looks at."""
    asked = [re.sub("{[^}]*}", "1", state.address).partition("?")[0] for state in STATES]
    seen = [route for route, answer in pages.ROUTES if answer.__name__ not in DOWNLOADS]
    return [route for route in seen if not any(re.fullmatch(route, address) for address in asked)]


class Tour:
    """A browser, and the servers of both firms."""

    def __init__(self, driver: Any, firms: Showcase, servers: dict[str, str]) -> None:
        self.driver = driver
        self._firms = firms
        self._servers = servers
        self._cookies: dict[str, list[dict[str, Any]]] = {"nobody": [], "stranger": []}
        self._keys = {**firms.places, **firms.emails, "secret-file": firms.file_of("secret")}

    def states(self) -> Iterator[State]:
        """Go to one state after the other; what stands in the browser's log belongs to the one that is there."""
        for state in sorted(STATES, key=lambda state: (SIGHTS.index(state.who), state.out_of_reach)):
            self._enter(state.who)
            self.driver.get_log("browser")
            away = Path(self._path(state.who) + ".away")
            if state.out_of_reach:
                Path(self._path(state.who)).rename(away)
            try:
                self.driver.get(self._base(state.who) + re.sub("{([^}]*)}", self._number, state.address))
            finally:
                if state.out_of_reach:
                    away.rename(self._path(state.who))
            for name, text in state.typed:
                self.driver.find_element("name", name).send_keys(text)
            if state.typed:
                self.driver.find_element("css selector", "form button").click()
            yield state

    def _number(self, found: re.Match[str]) -> str:
        return str(self._keys[found[1]])

    def _path(self, who: str) -> str:
        return self._firms.empty if who in ("stranger", "empty") else self._firms.path

    def _base(self, who: str) -> str:
        return self._servers[self._path(who)]

    def _enter(self, who: str) -> None:
        """Have the cookies of somebody, and no others."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        if who not in self._cookies:
            book = visits.beside(self._path(who))
            token = book.invite({"ada": self._firms.ada, "jonas": self._firms.jonas}.get(who), 600)
            book.close()
            self.driver.get(f"{self._base(who)}/login?token={token}")
            self._cookies[who] = self.driver.get_cookies()
        else:
            for cookie in self._cookies[who]:
                self.driver.execute_cdp_cmd("Network.setCookie", {**cookie, "url": self._base(who)})


@contextlib.contextmanager
def touring(folder: Path) -> Iterator[Tour]:
    """A tour of two new firms in a folder."""
    firms = Showcase(folder)
    with (
        _serving(firms.path, "--passwords") as firm,
        _serving(firms.empty) as empty,
        chromium.started(folder / "profile") as driver,
    ):
        yield Tour(driver, firms, {firms.path: firm, firms.empty: empty})


@contextlib.contextmanager
def _serving(path: str, *options: str) -> Iterator[str]:
    """The address of a server of its own."""
    command = [sys.executable, "-m", "casefleet_cli", "--db", path, "serve", "--port", "0", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = next(line.strip() for line in server.stdout or () if "http" in line)
        yield address.partition("/login")[0].rstrip("/")
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    finally:
        server.kill()
        server.communicate()
