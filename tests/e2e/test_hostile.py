"""Hostile mail in a real Chromium: it asks nothing of anybody, runs nothing, stays in its frame and hangs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import hostile
from tests.chromium import CHROMIUM, DRIVER, FLAGS, Service, webdriver
from tests.e2e.test_browser import Visit, WebDriverException, WebDriverWait, need_browser
from tests.web.test_serve import serving

pytestmark = pytest.mark.e2e
SECONDS = 20
"""For a page to be there on a machine that does other things; what hangs takes minutes."""


class Reading(NamedTuple):
    visit: Visit
    numbers: dict[str, int]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reading]:
    need_browser()
    home = tmp_path_factory.mktemp("hostile")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    path, numbers = hostile.logged(home)
    with serving(path, "serve") as (address, _):
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            driver.set_page_load_timeout(SECONDS)
            driver.set_script_timeout(SECONDS)
            driver.get(address)
            visit = Visit(driver, address, home)
            visit.asked()
            yield Reading(visit, numbers)
        finally:
            driver.quit()


def _until(condition: Any) -> None:
    WebDriverWait(None, SECONDS, poll_frequency=0.05, ignored_exceptions=[WebDriverException]).until(
        lambda _: condition()
    )


def _is_well(visit: Visit, at: str) -> None:
    """The page is the one that was asked for, answers, and nothing of the mail acted."""
    driver = visit.driver
    driver.switch_to.default_content()
    assert driver.execute_script("return [typeof window.owned, document.body.scrollHeight > 0]") == ["undefined", True]
    assert driver.current_url == visit.base + at
    assert len(driver.window_handles) == 1
    assert driver.title.endswith("· casefleet")
    asked = [address for address in visit.asked() if not address.startswith((visit.base, "data:image/png;base64,"))]
    assert asked == []


@pytest.mark.parametrize("kind", hostile.MAILS)
def test_no_kind_acts_asks_or_hangs(reading: Reading, kind: str) -> None:
    visit, number = reading.visit, reading.numbers[kind]
    visit.go(f"/emails/{number}")
    _is_well(visit, f"/emails/{number}")
    if not visit.driver.find_elements("partial link text", "As sent"):
        return
    at = f"/emails/{number}?view=html"
    visit.go(at)
    frame = visit.driver.find_element("css selector", "iframe.letter")
    visit.driver.execute_script("arguments[0].scrollIntoView()", frame)
    visit.driver.switch_to.frame(frame)
    _until(lambda: visit.driver.find_element("tag name", "body").rect["height"] > 0)
    acting = "script, form, input, button, iframe, object, embed, svg, math, base, link, meta[http-equiv], [onclick]"
    assert visit.driver.find_elements("css selector", acting) == []
    pictures = visit.driver.execute_script(
        "return [...document.images].filter(i => i.src && !i.src.startsWith('data:')).length"
    )
    assert pictures == 0
    _is_well(visit, at)


@pytest.mark.parametrize("path", ["/", "/unassigned", "/contacts/1", "/search?q=W*", "/search?q=hello"])
def test_no_list_of_them_acts_asks_or_hangs(reading: Reading, path: str) -> None:
    reading.visit.go(path)
    _is_well(reading.visit, path)
    assert reading.visit.driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")


def test_files_are_saved_under_the_names_that_are_shown(reading: Reading, tmp_path: Path) -> None:
    visit = reading.visit
    visit.go(f"/emails/{reading.numbers['names']}/attachments")
    files = [
        (file.get_attribute("href"), unescape(file.find_element("tag name", "bdi").get_attribute("textContent")))
        for file in visit.driver.find_elements("css selector", ".files a")
    ]
    assert len(files) == len(hostile.NAMES)
    for place, (address, name) in enumerate(files):
        folder = tmp_path / str(place)
        folder.mkdir()
        visit.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
        visit.driver.get(address)
        _until(lambda folder=folder, name=name: [file.name for file in folder.iterdir()] == [name])
