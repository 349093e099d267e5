# SPDX-License-Identifier: Apache-2.0
"""Opens pages in headless Chromium as people do: on a telephone and a wide screen, light and dark.

    look.py CHROMIUM PAGE ...

Prints what is wrong, one a line; exit status 1 where anything is. With SHOTS=FOLDER in the environment pictures of each are kept there.
"""
from __future__ import annotations

import os
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

MOST_BYTES = 2_000_000


def fits(page: Page) -> list[str]:
    width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    return [f"is {width} wide in a window of {room}"] if width > room else []


def is_accessible(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"axe: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


def changes_theme(page: Page) -> list[str]:
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.click("#theme")
    after = page.evaluate(ground)
    page.click("#theme")
    return [] if before != after and page.evaluate(ground) == before else ["the button does not change the theme"]


def moves_sliders(page: Page) -> list[str]:
    wrong = []
    for slider in page.locator(".slider").all()[:2]:
        tile, knob = slider.locator(".tile"), slider.locator("input")
        knob.focus()
        page.keyboard.press("Home")
        before = tile.evaluate("t => getComputedStyle(t).backgroundPosition"), slider.locator(".now").inner_text()
        page.keyboard.press("End")
        after = tile.evaluate("t => getComputedStyle(t).backgroundPosition"), slider.locator(".now").inner_text()
        if before[0] == after[0] or before[1] == after[1] or not after[0].startswith("100%"):
            wrong.append(f"a slider does not move: {before}, {after}")
    return wrong


def shows_samples(page: Page) -> list[str]:
    """Over a point its row is shown, and its tile where there is one; so it is by arrow keys."""
    wrong = []
    for chart in page.locator(".map").all():
        tip, svg = chart.locator(".tip"), chart.locator("svg").first
        svg.scroll_into_view_if_needed()
        x, y = chart.evaluate("""m => {
            const svg = m.querySelector('svg'), box = svg.getBoundingClientRect();
            const unit = box.width / svg.viewBox.baseVal.width * m.dataset.scale;
            const at = m.querySelector('.stage .dots').getAttribute('d').split('M')[1].split(' ');
            return [box.left + at[0] * unit, box.top + parseInt(at[1]) * unit];
        }""")
        if tip.is_visible():
            wrong.append("something is shown before the pointer comes")
        page.mouse.move(x, y)
        if not tip.is_visible() or "row " not in tip.inner_text():
            wrong.append("hover shows no row")
        tile = tip.locator(".tile")
        if tile.count() and tile.bounding_box() is None:
            wrong.append("hover shows no picture")
        page.mouse.move(0, 0)
        svg.focus()
        page.keyboard.press("ArrowRight")
        first = tip.inner_text()
        page.keyboard.press("ArrowRight")
        if not first or first == tip.inner_text():
            wrong.append(f"arrow keys do not go on from {first!r}")
        buttons = chart.locator(".legend button")
        if buttons.count() > 1:
            buttons.first.click()
            faded = chart.locator(".stage .faded").count()
            buttons.first.click()
            if faded != chart.locator(".stage .dots").count() - 1 or chart.locator(".stage .faded").count():
                wrong.append("a class's button does not show it alone")
    return wrong


def look(browser: Browser, path: str, width: int, theme: str) -> list[str]:
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=theme)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("request", lambda r: wrong.append(f"asks for {r.url[:100]}") if not r.url.startswith(("file:", "data:")) else None)
    page.goto("file://" + os.path.abspath(path))
    for check in (fits, changes_theme, moves_sliders, shows_samples):
        wrong += check(page)
    if os.environ.get("SHOTS"):
        name = f"{os.path.basename(os.path.dirname(os.path.abspath(path)))}-{width}-{theme}.png"
        page.screenshot(path=os.path.join(os.environ["SHOTS"], name), full_page=True)
    if width < 1000:  # the same elements and colours in both; last: its own script is none of the page's
        wrong += is_accessible(page)
    context.close()
    return [f"{path} at {width}, {theme}: {sentence}" for sentence in wrong]


def main() -> int:
    chromium, pages = sys.argv[1], sys.argv[2:]
    wrong = [f"{path}: {os.path.getsize(path)} bytes" for path in pages if os.path.getsize(path) > MOST_BYTES]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path in pages:
            for width in (375, 1440):
                for theme in ("light", "dark"):
                    wrong += look(browser, path, width, theme)
        browser.close()
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
