#!/usr/bin/env python3
"""Opens reports in headless Chromium and fails on anything that is not right.

For each file: nothing in the console, no request to anywhere, every chart drawn, no text missing,
no sideways scrolling of the page from 360 to 1920 pixels, headings in order, names for pictures,
disclosures that open by keyboard, the language said. The language is the file name's second part
(NAME.fr.html). With --shots DIR, pictures (wide, narrow, light, dark) and the printed PDF are kept.

Needs Chromium and Python's standard library only.

Usage: scripts/check-report.py [--shots DIR] [--chromium PATH] REPORT.html...
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

WIDTHS = (360, 390, 768, 1024, 1400, 1920)
READY = "document.documentElement?.classList.contains('charts-ready') === true"
FINDINGS = r"""(() => {
  const problems = [];
  const expect = (isRight, message) => { if (!isRight) problems.push(message); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  for (const host of all("[data-chart]")) {
    const shapes = host.querySelectorAll("svg path").length;
    expect(shapes > 3, `the chart ${host.dataset.chart} is not drawn (${shapes} shapes)`);
  }
  const shown = document.body.innerText;
  expect(!document.documentElement.outerHTML.includes("\u27e6"), "a text is missing (\u27e6)");
  expect(!/NaN|undefined|Infinity|\[object/.test(shown), "a value that is none is shown");
  expect(all("h1").length === 1, "not exactly one h1");
  const levels = all("h1, h2, h3").map((heading) => Number(heading.tagName[1]));
  expect(levels.every((level, i) => i === 0 || level - levels[i - 1] <= 1), "heading levels jump");
  const ids = all("[id]").map((element) => element.id);
  expect(new Set(ids).size === ids.length, "an id is used twice");
  const targets = all("a[href^='#']").map((link) => link.getAttribute("href").slice(1));
  expect(targets.every((id) => document.getElementById(id)), "a link leads nowhere");
  const unnamed = all("[role=img], [role=region]").filter((one) => !one.getAttribute("aria-label"));
  expect(unnamed.length === 0, "a picture or region has no name");
  expect(all("script:not([type])").length === 2, "there are other scripts than the two");
  for (const table of all("table")) {
    const columns = table.tHead.rows[0].cells.length;
    expect([...table.tBodies[0].rows].every((row) => row.cells.length === columns),
      `rows of another length in the table ${table.caption.innerText}`);
  }
  return problems;
})()"""


class Browser:
    """One Chromium, spoken to in the DevTools protocol over a pipe."""

    def __init__(self, path):
        self.profile = tempfile.mkdtemp(prefix="quartier-check-")
        from_us, to_browser = os.pipe()
        from_browser, to_us = os.pipe()

        def connect():
            # Chromium reads from descriptor 3 and writes to 4; ours may have those numbers.
            source, target = os.dup(from_us), os.dup(to_us)
            os.dup2(source, 3)
            os.dup2(target, 4)

        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
            "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank",
        ]
        self.process = subprocess.Popen(
            [path, *options], close_fds=False, preexec_fn=connect,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        self.sink = os.fdopen(to_browser, "wb", buffering=0)
        self.source = from_browser
        self.buffer = b""
        self.count = 0
        self.events = []

    def read(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.source, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium ended early")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.count += 1
        request = {"id": self.count, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        self.sink.write(json.dumps(request).encode() + b"\0")
        while True:
            message = self.read()
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            self.process.terminate()
        self.process.wait(timeout=20)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    """One tab with one report."""

    def __init__(self, browser, path, width=1400, scheme="light"):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)
        self.session = attached["sessionId"]
        browser.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.resize(width)
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + 20
        self.is_ready = False
        while not self.is_ready and time.monotonic() < deadline:
            time.sleep(0.05)
            self.is_ready = self.evaluate(READY)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def resize(self, width, height=900):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )

    def settle(self):
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def press_enter(self):
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        self.call("Input.dispatchKeyEvent", type="keyDown", **key)
        self.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter")

    def picture(self, path, is_whole):
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=is_whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def printed(self, path):
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def complaints(self):
        """What the console, the policy and the network said meanwhile."""
        for event in self.browser.events:
            method, details = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                yield "error: " + details["exceptionDetails"]["exception"].get("description", "?")
            elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning", "assert"):
                yield "console: " + " ".join(str(a.get("value", "?")) for a in details["args"])
            elif method == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
                yield "log: " + details["entry"]["text"]
            elif method == "Network.requestWillBeSent":
                url = details["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    yield "requests " + url
            elif method == "Page.javascriptDialogOpening":
                yield "a dialog opened: " + details["message"]

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


def check(browser, path):
    """What is wrong with one report."""
    page = Page(browser, path)
    problems = page.evaluate(FINDINGS)
    if not page.is_ready:
        problems.append("the charts were not drawn within 20 s")
    language = page.evaluate("document.documentElement.lang")
    if language != path.stem.split(".")[-1]:
        problems.append(f"the language is said to be {language}")
    for width in WIDTHS:
        page.resize(width)
        page.settle()
        spill = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if spill > 0:
            problems.append(f"scrolls sideways by {spill} px at {width} px")
    summaries = page.evaluate("document.querySelectorAll('details > summary').length")
    for index in range(summaries):
        page.evaluate(f"document.querySelectorAll('details > summary')[{index}].focus()")
        page.press_enter()
        if not page.evaluate(f"document.querySelectorAll('details > summary')[{index}].parentElement.open"):
            problems.append(f"disclosure {index + 1} does not open by keyboard")
    choices = page.evaluate("document.querySelectorAll('.choice input').length")
    if choices:
        before = page.evaluate("document.querySelector('[data-chart=grid]').innerHTML")
        page.evaluate("[...document.querySelectorAll('.choice input')].at(-1).click()")
        if page.evaluate("document.querySelector('[data-chart=grid]').innerHTML") == before:
            problems.append("choosing revenue does not change the grid")
    problems.extend(page.complaints())
    page.close()
    return [f"{path.name}: {problem}" for problem in problems]


def keep_pictures(browser, path, folder):
    for name, width, scheme in (
        ("wide", 1400, "light"), ("narrow", 390, "light"),
        ("wide-dark", 1400, "dark"), ("narrow-dark", 390, "dark"),
    ):
        page = Page(browser, path, width, scheme)
        page.picture(folder / f"{path.stem}.{name}.png", True)
        page.picture(folder / f"{path.stem}.{name}.first.png", False)
        page.close()
    # Printed from a dark window: paper is light all the same.
    page = Page(browser, path, scheme="dark")
    page.printed(folder / f"{path.stem}.pdf")
    page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options = parser.parse_args()
    if not options.chromium:
        sys.exit("check-report: there is no Chromium; apt-get install chromium, or --chromium PATH")
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    browser = Browser(options.chromium)
    problems = []
    try:
        for path in options.reports:
            problems.extend(check(browser, path))
            if options.shots:
                keep_pictures(browser, path, options.shots)
    finally:
        browser.close()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(options.reports)} reports checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
