"""Opens reports in headless Chromium and fails on anything that is not right.

For each file: no error in the console, no request to anywhere, every chart drawn, no missing
text, no horizontal scrolling of the page from 360 to 1920 pixels, headings in order, tables
reachable by keyboard, one language. `--shots DIR` keeps screenshots (light, dark, narrow) and the
printed PDF for a look.

Usage: python3 check_report.py [--shots DIR] [--chromium PATH] REPORT.html...
"""

import argparse
import pathlib
import sys

from playwright.sync_api import sync_playwright

WIDTHS = (360, 390, 768, 1024, 1400, 1920)


def check(page, path, problems):
    """Loads one report in the page and returns nothing; what is wrong goes to `problems`."""
    page.goto(path.resolve().as_uri())
    page.wait_for_function("document.documentElement.classList.contains('charts-ready')")

    def expect(condition, message):
        if not condition:
            problems.append(f"{path.name}: {message}")

    charts = page.eval_on_selector_all(
        "[data-chart]",
        "hosts => hosts.map(h => [h.dataset.chart, h.querySelectorAll('svg path').length])",
    )
    for name, shapes in charts:
        expect(shapes > 3, f"the chart {name} is not drawn ({shapes} shapes)")
    expect("⟦" not in page.content(), "a text is missing (⟦)")
    expect("NaN" not in page.inner_text("body"), "NaN is shown")
    expect(page.get_attribute("html", "lang") == path.stem.split(".")[-1], "wrong lang attribute")
    expect(page.locator("h1").count() == 1, "not exactly one h1")
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(h => Number(h.tagName[1]))")
    expect(
        all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"heading levels jump: {levels}"
    )
    ids = page.eval_on_selector_all("[id]", "all => all.map(e => e.id)")
    expect(len(ids) == len(set(ids)), "an id is used twice")
    dangling = page.eval_on_selector_all(
        "a[href^='#']",
        "all => all.map(a => a.getAttribute('href').slice(1))"
        ".filter(id => !document.getElementById(id))",
    )
    expect(not dangling, f"links to nothing: {dangling}")
    unnamed = page.eval_on_selector_all(
        "[role=img], [role=region]", "all => all.filter(e => !e.getAttribute('aria-label')).length"
    )
    expect(unnamed == 0, f"{unnamed} pictures or regions without a name")
    expect(page.evaluate("typeof window.__hostile") == "undefined", "a hostile name was executed")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(120)
        spill = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        expect(spill <= 0, f"scrolls sideways by {spill} px at {width} px")
    for details in page.locator("details").all():
        summary = details.locator("> summary")
        if summary.is_visible():
            summary.focus()
            page.keyboard.press("Enter")
            expect(details.get_attribute("open") is not None, "details do not open by keyboard")


def shoot(browser, path, folder):
    """Keeps pictures of one report."""
    for name, width, scheme in (
        ("wide", 1400, "light"), ("narrow", 390, "light"),
        ("wide-dark", 1400, "dark"), ("narrow-dark", 390, "dark"),
    ):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.goto(path.resolve().as_uri())
        page.wait_for_function("document.documentElement.classList.contains('charts-ready')")
        page.screenshot(path=folder / f"{path.stem}.{name}.png", full_page=True)
        page.screenshot(path=folder / f"{path.stem}.{name}.first.png")
        page.close()
    page = browser.new_page(color_scheme="dark")
    page.goto(path.resolve().as_uri())
    page.wait_for_function("document.documentElement.classList.contains('charts-ready')")
    page.pdf(path=folder / f"{path.stem}.pdf", prefer_css_page_size=True, print_background=True)
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for path in options.reports:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.on("pageerror", lambda error: problems.append(f"{path.name}: {error}"))
            page.on(
                "console",
                lambda message: problems.append(f"{path.name}: console: {message.text}")
                if message.type in ("error", "warning") else None,
            )
            page.on(
                "request",
                lambda request: None if request.url.startswith(("file:", "data:"))
                else problems.append(f"{path.name}: requests {request.url}"),
            )
            page.on(
                "dialog",
                lambda dialog: (problems.append(f"{path.name}: a dialog opened"), dialog.dismiss()),
            )
            check(page, path, problems)
            page.close()
            if options.shots:
                options.shots.mkdir(parents=True, exist_ok=True)
                shoot(browser, path, options.shots)
        browser.close()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(options.reports)} reports checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
