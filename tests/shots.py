"""Pictures of every state of every page, for eyes.

    make shots

writes shots/PAGE-STATE-LOOK.png, by day, by night, on a telephone and on paper, and shots/index.html with all of them.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from tests import chromium, states

FOLDER = Path("shots")
TALLEST = 4000
"""Pixels of a page that are pictured; lists go on alike."""


def shoot(driver: Any, width: int) -> bytes:
    """The page as PNG, also what has to be scrolled to."""
    height = driver.execute_script("return Math.max(900, document.documentElement.scrollHeight)")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
    asked = {"format": "png", "captureBeyondViewport": True, "clip": clip}
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", asked)["data"])


def main() -> None:
    """Write them all, or (with words) those whose name begins with one of the words."""
    lacking = chromium.missing()
    if lacking:
        sys.exit(f"make shots needs {', '.join(lacking)}.")
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    shown = []
    with tempfile.TemporaryDirectory() as folder, states.touring(Path(folder)) as tour:
        for state in tour.states():
            if sys.argv[1:] and not state.name.startswith(tuple(sys.argv[1:])):
                continue
            for look in chromium.LOOKS:
                chromium.look(tour.driver, look)
                name = f"{state.name}-{look.name}.png"
                (FOLDER / name).write_bytes(shoot(tour.driver, look.width))
                shown.append((name, f"{state.address} · {state.who} · {look.name}"))
    pictures = "\n".join(
        f'<figure><figcaption>{escape(name)}<br>{escape(what)}</figcaption><a href="{name}"><img src="{name}" loading="lazy"></a></figure>'
        for name, what in shown
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:1rem}img{width:24rem;border:1px solid #999}"
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>All pages</title><style>{style}</style>{pictures}</html>\n'
    (FOLDER / "index.html").write_text(page, encoding="utf-8")
    print(f"{len(shown)} pictures: {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
