"""Every state of every page in a real Chromium, by day, by night and on a telephone: can everybody read it?"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import chromium, states
from tests.e2e import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e
PACKAGE = "axe_playwright_python"
"""Has axe-core beside it; nothing else of it is used, nor what it asks for."""
OF_COLOUR = ("color-contrast", "link-in-text-block")
"""The rules that may say something else by night, and nothing else on a telephone: they take most of the time."""
OF_WHOLE_PAGES = ("bypass", "landmark-one-main", "page-has-heading-one", "region")
"""The rules that a frame keeps with the page around it."""
FOUND = """
const [rules, off] = arguments, done = arguments[arguments.length - 1];
const options = {resultTypes: ['violations'], iframes: false, preload: false, rules: {'target-size': {enabled: true}}};
for (const rule of off) options.rules[rule] = {enabled: false};
if (rules.length) options.runOnly = {type: 'rule', values: rules};
axe.run(document, options).then(
  found => done(found.violations.flatMap(broken => broken.nodes.map(
    node => `${broken.id} at ${node.target.join(' ')}: ${node.failureSummary.replace(/\\s+/g, ' ')}`))),
  problem => done([`axe: ${problem}`]));
"""
THIN = """
const form = e => e.outerHTML.replace(/>[^<]*/g, '>').replace(/ (href|src|id|datetime|title|value)="[^"]*"/g, '');
for (const list of document.querySelectorAll('ol, ul, dd')) {
  const met = {};
  for (const entry of [...list.children]) {
    const one = form(entry);
    met[one] = (met[one] || 0) + 1;
    if (met[one] > 2) entry.remove();
  }
}
return form(document.documentElement);
"""
"""Leave two entries of a list that are alike but for their words, since axe takes its time; give the form of the page."""
UNFIT = """
const most = document.documentElement.clientWidth;
const broad = document.documentElement.scrollWidth > most;
return (document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']).concat(broad
  ? [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > most + 1).slice(0, 5)
    .map(e => `broader than the page: ${e.outerHTML.slice(0, 120)}`).concat(['the page scrolls sideways']) : []);
"""


def axe() -> str:
    """The source of axe-core; without it, skip, and with CASEFLEET_E2E=1 fail."""
    found = importlib.util.find_spec(PACKAGE)
    for what in (*chromium.missing(), *([] if found and found.origin else [PACKAGE])):
        installed.missing(what)
    assert found
    assert found.origin
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def test_every_state_of_every_page_can_be_read_by_everybody(tmp_path: Path) -> None:
    source = axe()
    broken: list[str] = []
    met: set[str] = set()
    with states.touring(tmp_path) as tour:
        tour.driver.execute_cdp_cmd("Page.enable", {})
        tour.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        for state in tour.states():
            broken += [f"{state.name} {state.address} {problem}" for problem in _problems(tour.driver, state, met)]
    assert not broken, "\n".join(broken)


def _problems(driver: Any, state: states.State, met: set[str]) -> Iterator[str]:
    title = driver.title
    for begin, names in (("Not found", "lost"), ("Sign in", "sign-in"), ("Withheld", "attachment-withheld")):
        if title.startswith(begin) != state.name.startswith(names):
            yield f"shows {title!r}"
    for entry in driver.get_log("browser"):
        if "Failed to load resource" not in entry["message"]:
            yield f"the browser complains: {entry['message']}"
    for look in (chromium.DAY, chromium.TABLET, chromium.PHONE):
        chromium.look(driver, look)
        yield from (f"({look.name}) {problem}" for problem in driver.execute_script(UNFIT) if not state.is_frame)
    if state.is_frame:  # in whose sandbox nothing runs, axe neither
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        driver.refresh()
        driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    form = driver.execute_script(THIN)
    off = OF_WHOLE_PAGES if state.is_frame else ()
    runs = ((chromium.PHONE, (), (*off, *OF_COLOUR)), (chromium.DAY, (), off), (chromium.NIGHT, OF_COLOUR, ()))
    for look, rules, off in () if form in met else runs:
        chromium.look(driver, look)
        yield from (f"({look.name}) {problem}" for problem in driver.execute_async_script(FOUND, rules, off))
    met.add(form)
