"""A real Chromium, driven without its network: how it is started, and how it is told what eyes look at a page."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--js-flags=--no-opt --no-maglev",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)  # fmt: skip


class Look(NamedTuple):
    """The eyes on a page."""

    name: str
    scheme: str
    width: int
    medium: str = "screen"


DAY, NIGHT, PHONE = Look("light", "light", 1280), Look("dark", "dark", 1280), Look("390", "light", 390)
TABLET = Look("820", "dark", 820)
PAPER = Look("print", "light", 794, "print")
LOOKS = (DAY, NIGHT, PHONE, PAPER)


def missing() -> list[str]:
    """What has to be installed first."""
    programs = [path for path in (CHROMIUM, DRIVER) if not Path(path).exists()]
    return programs if webdriver is not None else [*programs, "selenium"]


@contextlib.contextmanager
def started(profile: Path) -> Iterator[Any]:
    """A WebDriver of a browser with that profile and nothing in its cache."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def look(driver: Any, how: Look) -> None:
    """Let the page be seen so, without loading it anew; nothing moves."""
    features = {"prefers-color-scheme": how.scheme, "prefers-reduced-motion": "reduce"}
    media = {"media": how.medium, "features": [{"name": name, "value": value} for name, value in features.items()]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": how.width, "height": 900, "deviceScaleFactor": 1, "mobile": how.width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
