"""One screen of a browser, and what a careful eye sees on it: barriers, complaints, cookies, weight, overflow."""

import gzip
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Error, Request, Response

WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ALL = {"type": "tag", "values": WCAG_2_2_AA}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # What darkness may change.
SCHEMES = {"light": ALL, "dark": COLOURS}
NARROW = 400  # Pixels.
FOCUSED = "() => document.activeElement ? document.activeElement.matches(%r) : false"


class Screen:
    """A page with everything that happened on it since it was opened."""

    def __init__(self, context: BrowserContext, folder: Path | None):
        self.context = context
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.cookies_set: list[str] = []
        self._folder = folder
        self._answers: list[Response] = []
        self.page.on("console", lambda said: self._complain(said.text, said.type in ("error", "warning")))
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("requestfailed", lambda request: self._complain(f"failed: {request.url}", _is_failure(request)))
        self.page.on("response", self._note)

    def opens(self, url: str) -> int:
        """Open an address; its status."""
        self._answers.clear()
        return self.page.goto(url).status

    def waits_for(self, expression: str) -> None:
        """Until it is true on the page, whose own rules forbid to watch it from within."""
        for _ in range(200):
            if self._is(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def barriers(self) -> list[str]:
        """What keeps people out by WCAG 2.2 AA, as axe finds it, in light and in dark."""
        self.page.wait_for_load_state()
        found = []
        is_narrow = self.page.viewport_size["width"] <= NARROW  # Colours are the same at any width: dark is seen once.
        for scheme, rules in SCHEMES.items() if is_narrow else (("light", ALL),):
            self.page.emulate_media(color_scheme=scheme)
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            for violation in Axe().run(self.page, options=options).response["violations"]:
                found += [f"{scheme}: {violation['id']}: {node['html'][:160]}" for node in violation["nodes"]]
        self.page.emulate_media(color_scheme="light")
        return found

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the screen."""
        return self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    def weight(self) -> int:
        """Bytes of all that the page needed, each part after gzip."""
        return sum(len(gzip.compress(answer.body())) for answer in self._answers if answer.ok)

    def kept(self) -> list:
        """Cookies, and whatever a page can leave in the browser."""
        return self.context.storage_state()["cookies"] + self.context.storage_state()["origins"] + self.cookies_set

    def tab_to(self, selector: str, most: int = 40) -> None:
        """Press Tab until what the selector names has the focus."""
        self.page.wait_for_load_state()
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self._is(FOCUSED % selector):
                return
        raise AssertionError(f"{selector} cannot be reached with the Tab key")

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where somebody wants to see it: it takes its time."""
        if self._folder is None:
            return
        width = self.page.viewport_size["width"]
        self.page.screenshot(path=self._folder / f"{name}-{width}.png", full_page=True, timeout=30_000)

    def _is(self, expression: str) -> bool:
        """Whether it is true of the page; of one that is just being left nothing is."""
        try:
            return self.page.evaluate(expression)
        except Error:
            self.page.wait_for_load_state()
            return False

    def _note(self, answer: Response) -> None:
        self._answers.append(answer)
        if "set-cookie" in answer.headers:
            self.cookies_set.append(answer.url)

    def _complain(self, text: str, is_one: bool = True) -> None:
        if is_one:
            self.complaints.append(text)


def _is_failure(request: Request) -> bool:
    """A file to keep ends as an aborted opening of a page; that is none."""
    return request.failure != "net::ERR_ABORTED"
