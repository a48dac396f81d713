"""One screen of a browser, and what a careful eye sees on it: barriers, complaints, cookies, weight, overflow."""

import gzip
from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Request, Response

from tests import databases

WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]  # Rules that darkness may break, and most of axe's time.
ALL = {"runOnly": {"type": "tag", "values": WCAG_2_2_AA}}
# Not the styles either, which axe would fetch once more on each page: nothing in them turns with the telephone.
ALL_BUT_COLOURS = {**ALL, "rules": {rule: {"enabled": False} for rule in [*COLOURS, "css-orientation-lock"]}}
ONLY_COLOURS = {"runOnly": {"type": "rule", "values": COLOURS}}
AXE = Axe().axe_script
RUN = """options => axe.run(options).then(found => found.violations.flatMap(
    each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)}`)))"""
# How each text is seen: its colour, size, weight and line, and the colours behind it up to one that hides the others.
LOOKS = """() => [...new Set([...document.querySelectorAll('body *')].filter(each => each.value ||
    [...each.childNodes].some(child => child.nodeType === 3 && child.data.trim())).map(each => {
        const own = getComputedStyle(each), look = [own.color, own.fontSize, own.fontWeight, own.textDecorationLine]
        for (let at = each; at; at = at.parentElement) {
            const style = getComputedStyle(at)
            look.push(style.backgroundColor, style.backgroundImage, style.opacity)
            if (style.backgroundColor.startsWith('rgb(')) break
        }
        return look.join(' ').replaceAll(' rgba(0, 0, 0, 0) none 1', '')
    }))]"""
_seen_looks: set[str] = set()  # Those on pages in which this process found no fault of colours.
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll(".scroll:has([data-label])")]
    .slice(0, innerWidth > 656 ? 1 : undefined)
    .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => `${each.ariaLabel} ${each.scrollWidth}`)"""
REFUSED = "status of 4"  # So the browser speaks of a form that came back, or of a page that isn't there.
FOCUSED = "() => document.activeElement ? document.activeElement.matches(%r) : false"


class Screen:
    """A page with everything that happened on it since it was opened."""

    def __init__(self, context: BrowserContext, folder: Path | None, also: Sequence[int] = ()):
        """also: further widths in pixels, at which each page is looked at too."""
        self.context, self.site = context, None  # What serves the pages.
        (self.page,) = context.pages
        self.complaints: list[str] = []
        self.cookies_set: list[str] = []
        self._folder, self._also = folder, also
        self.is_thorough = bool(databases.SERVER)  # The walks took place on SQLite; there is time.
        self._answers: list[Response] = []
        self._pages: set[str] = set()
        self._listeners = {
            "request": lambda request: request.is_navigation_request() and self._pages.add(request.url),
            "console": lambda said: self._complain(said.text, self._is_complaint(said)),
            "pageerror": lambda error: self._complain(str(error)),
            "requestfailed": lambda request: self._complain(f"failed: {request.url}", _is_failure(request)),
            "response": self._note,
        }
        for event, listener in self._listeners.items():
            self.page.on(event, listener)

    def leaves_for(self, empty_page: str) -> bool:
        """Leave the site for its empty page, and nothing behind; False where another page is open."""
        self.page.goto(empty_page)
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        self.page.unroute_all()
        self.page.emulate_media(color_scheme="light")
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.context.clear_cookies()
        return self.context.pages == [self.page]

    def opens(self, url: str) -> int:
        """Open an address; its status."""
        self._answers.clear()
        answer = self.page.goto(url) or self.page.reload()  # To the same page without its fragment, no request is made.
        return answer.status

    def waits_for(self, expression: str) -> None:
        """Until it is true on the page, whose own rules forbid to watch it from within."""
        for _ in range(200):
            if self._is(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def looks_well(self, name: str) -> None:
        """At each width nothing runs over and nothing complains, and nobody is kept out: in light at the screen's own
        width, in the dark at the last of the others; a picture. Colours are looked at where a text looks as none did on
        an earlier page. A thorough look asks for everything each time."""
        self.page.wait_for_load_state()
        self.shoot(name)
        seen = {"barriers": self.barriers(), "too wide": self._too_wide()}
        own = self.page.viewport_size
        for width in self._also:
            self.page.set_viewport_size({**own, "width": width})
            self.shoot(name)
            seen |= {f"too wide at {width}": self._too_wide()}
        self.page.emulate_media(color_scheme="dark")
        seen["in the dark"] = self.barriers() if self.is_thorough else self._faulty_colours()
        self.page.emulate_media(color_scheme="light")
        if self._also:
            self.page.set_viewport_size(own)
        faults = {what: found for what, found in {**seen, "complaints": self.complaints}.items() if found}
        assert not faults, f"{name}: {faults}"

    def barriers(self) -> list[str]:
        """What keeps people out by WCAG 2.2 AA, as axe finds it."""
        return self._ask_axe(ALL) if self.is_thorough else self._ask_axe(ALL_BUT_COLOURS) + self._faulty_colours()

    def _faulty_colours(self) -> list[str]:
        looks = set(self.page.evaluate(LOOKS))
        found = [] if looks <= _seen_looks else self._ask_axe(ONLY_COLOURS)
        if not found:
            _seen_looks.update(looks)
        return found

    def _ask_axe(self, options: dict) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        return self.page.evaluate(RUN, {**options, "resultTypes": ["violations"]})

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the screen, once its style has come."""
        self.page.wait_for_load_state()
        return bool(self._too_wide())

    def _too_wide(self) -> list[str]:
        return self.page.evaluate(TOO_WIDE)

    def weight(self) -> int:
        """Bytes of all that the page needed, each part after gzip."""
        return sum(len(gzip.compress(answer.body())) for answer in self._answers if answer.ok)

    def kept(self) -> list:
        """Cookies, and whatever a page can leave in the browser."""
        stored = self.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        return self.context.cookies() + stored + self.cookies_set

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

    def _is_complaint(self, said: ConsoleMessage) -> bool:
        """What the portal refuses with a page of its own is no fault of that page."""
        is_refused_page = said.location["url"] in self._pages and REFUSED in said.text
        return said.type in ("error", "warning") and not is_refused_page

    def _complain(self, text: str, is_one: bool = True) -> None:
        if is_one:
            self.complaints.append(text)


def _is_failure(request: Request) -> bool:
    """A file to keep ends as an aborted opening of a page; that is none."""
    return request.failure != "net::ERR_ABORTED"
