"""The pages in a real Chromium: a person's path, and hostile mail."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from casefleet_cli.store import database
from tests import chromium
from tests.e2e import installed
from tests.firm import created
from tests.web.conftest import BCC, fill

with contextlib.suppress(ImportError):
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e
TAB, ENTER = "\ue004", "\ue007"


def need_browser() -> None:
    """Skip where a program is missing; with CASEFLEET_E2E=1 that is a failure."""
    for what in chromium.missing():
        installed.missing(what)


class Visit:
    """A running server and a browser that has not entered yet."""

    def __init__(self, driver: Any, address: str, downloads: Path) -> None:
        self.driver, self.address, self.downloads = driver, address, downloads
        self.base = address.partition("/login")[0]

    def go(self, path: str) -> None:
        self.driver.get(self.base + path)

    def click(self, words: str) -> None:
        self.driver.find_element("partial link text", words).click()

    @property
    def text(self) -> str:
        return str(self.driver.find_element("tag name", "main").text)

    def asked(self) -> list[str]:
        """The addresses of every request since last asked."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_browser()
    with chromium.started(tmp_path_factory.mktemp("browser") / "profile") as started:
        yield started


@pytest.fixture
def stranger(driver: Any, tmp_path: Path) -> Iterator[Visit]:
    """A server of a small firm, and a browser that has not entered yet."""
    with _served(driver, tmp_path) as visit:
        yield visit


@contextlib.contextmanager
def _served(driver: Any, folder: Path) -> Iterator[Visit]:
    path = folder / "casefleet.db"
    connection = created(str(path))
    with database.transaction(connection):
        fill(connection)
    connection.close()
    downloads = folder / "downloads"
    downloads.mkdir()
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
    command = [sys.executable, "-m", "casefleet_cli", "--db", str(path), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = next(line.strip() for line in server.stdout or () if "http" in line)
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        yield Visit(driver, address, downloads)
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
        assert (server.returncode, err) == (0, ""), out
    finally:
        server.kill()
        server.communicate()


@pytest.fixture
def visit(stranger: Visit) -> Visit:
    """A browser that entered by the one-time address."""
    return _entered(stranger)


@pytest.fixture(scope="module")
def entered(driver: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visit, list[dict[str, Any]]]]:
    """One server for all that only look, and the cookies of who entered there."""
    with _served(driver, tmp_path_factory.mktemp("reading")) as visit:
        yield _entered(visit), driver.get_cookies()


@pytest.fixture
def reading(entered: tuple[Visit, list[dict[str, Any]]]) -> Visit:
    """A browser that entered there, whatever other tests did with its cookies."""
    visit, cookies = entered
    visit.go("/style.css")
    visit.driver.delete_all_cookies()
    for cookie in cookies:
        visit.driver.add_cookie(cookie)
    return visit


def _entered(visit: Visit) -> Visit:
    visit.driver.get(visit.address)
    assert visit.driver.current_url == visit.base + "/"
    return visit


def test_a_stranger_sees_only_how_to_get_in(stranger: Visit) -> None:
    stranger.go("/cases/1")
    assert "casefleet serve" in stranger.text
    assert "Neill" not in stranger.driver.page_source


def test_from_home_to_a_text_and_an_attachment(visit: Visit) -> None:
    assert "1 e-mail waits to be assigned" in visit.text
    visit.click("O'Neill v.")
    assert "Case 2026-104" in visit.text
    visit.click("Re: records")
    assert "an answer about the 50%" in visit.text
    visit.asked()
    visit.driver.find_element("css selector", ".files a").click()
    _until(lambda: list(visit.downloads.glob("*.html")))
    (file,) = visit.downloads.glob("*.html")
    assert "Set-Cookie" in file.name
    assert file.suffix == ".html"
    assert visit.driver.current_url == visit.base + "/emails/7"


def test_the_address_does_not_work_twice(visit: Visit) -> None:
    visit.driver.delete_all_cookies()
    visit.driver.get(visit.address)
    assert "used already" in visit.text
    visit.go("/")
    assert "Sign in" in visit.text


def test_a_link_on_another_site_leads_to_the_page_and_not_to_the_login(visit: Visit) -> None:
    other = visit.base.replace("127.0.0.1", "localhost")
    visit.driver.get(other + "/")
    assert "Sign in" in visit.text
    visit.driver.execute_script(f"location = '{visit.base}/cases/1'")
    _until(lambda: "Case 2026-104" in visit.text)


def test_hostile_html_neither_acts_nor_asks(reading: Visit) -> None:
    visit = reading
    visit.asked()
    visit.go("/emails/1?view=html")
    title = visit.driver.title
    frame = visit.driver.find_element("css selector", "iframe.letter")
    visit.driver.switch_to.frame(frame)
    _until(lambda: "Dear Ada" in visit.driver.find_element("tag name", "body").text)
    body = visit.driver.find_element("tag name", "body")
    assert BCC not in body.text
    assert [
        picture.get_attribute("src")[:15]
        for picture in body.find_elements("tag name", "img")
        if picture.get_attribute("src")
    ] == ["data:image/png;"]
    assert visit.driver.find_elements("css selector", "form, script, iframe, object, svg, input, base, link") == []
    visit.driver.switch_to.default_content()
    assert visit.driver.title == title != "owned"
    asked = visit.asked()
    assert [address for address in asked if not address.startswith((visit.base, "data:image/png"))] == []
    assert f"{visit.base}/emails/1/html" in asked


def test_hostile_html_opened_by_itself_is_as_harmless(reading: Visit) -> None:
    visit = reading
    visit.asked()
    visit.go("/emails/1/html")
    assert "Dear Ada" in visit.driver.page_source
    assert visit.driver.title == "E-mail as it was sent"
    assert visit.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": "origin"})["result"]["value"] == "null"
    assert [address for address in visit.asked() if not address.startswith((visit.base, "data:image/png"))] == []


def test_pages_are_usable_by_keyboard(reading: Visit) -> None:
    visit = reading
    visit.go("/")
    visit.driver.find_element("tag name", "body").send_keys(TAB)
    assert visit.driver.switch_to.active_element.text == "Skip to the page"
    field = visit.driver.find_element("name", "q")
    field.send_keys("hartley", ENTER)
    _until(lambda: "e-mails for" in visit.text)


_FOCUSED = """const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
return {text: it.innerText || "", top: box.top, bottom: box.bottom, left: box.left, right: box.right,
        ring: style.outlineStyle !== "none" || style.boxShadow !== "none" || style.textDecorationLine !== "none"};"""


def _tab_to(visit: Visit, words: str) -> None:
    """Press Tab until what has these words is marked; whatever is marked on the way can be seen on the telephone."""
    for _ in range(120):
        visit.driver.switch_to.active_element.send_keys(TAB)
        marked = visit.driver.execute_script(_FOCUSED)
        assert marked["ring"], marked
        if words in marked["text"]:
            assert marked["right"] > 0, marked
            assert marked["left"] < 390, marked
            assert -1 <= marked["top"] < 900, marked
            return
    raise AssertionError(f"no Tab led to {words!r}")


def test_from_home_to_an_attachment_on_a_telephone_and_by_keyboard_alone(visit: Visit) -> None:
    chromium.look(visit.driver, chromium.PHONE)
    try:
        visit.go("/")
        for words, there in (("O'Neill v.", "Case 2026-104"), ("Re: records", "an answer about the 50%")):
            assert visit.driver.execute_script("return document.documentElement.scrollWidth") <= 390
            _tab_to(visit, words)
            visit.driver.switch_to.active_element.send_keys(ENTER)
            _until(lambda there=there: there in visit.text)  # type: ignore[misc]
        _tab_to(visit, "Set-Cookie")
        visit.driver.switch_to.active_element.send_keys(ENTER)
        _until(lambda: list(visit.downloads.glob("*.html")))
    finally:
        chromium.look(visit.driver, chromium.DAY)


def test_logging_out_ends_the_visit(visit: Visit) -> None:
    visit.go("/")
    visit.driver.find_element("css selector", ".who button").click()
    _until(lambda: "Sign in" in visit.text)
    visit.go("/cases/1")
    assert "Sign in" in visit.text


def _until(condition: Any) -> None:
    WebDriverWait(None, 15, poll_frequency=0.05, ignored_exceptions=[WebDriverException]).until(lambda _: condition())
