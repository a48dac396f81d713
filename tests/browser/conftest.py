"""A real browser on the portal's pages: Chromium, served from a thread, with an eye on all that goes wrong in it."""

import itertools
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from werkzeug import Response

from portal.web.shared.security_headers import HEADERS
from tests import servers
from tests.browser.screens import Screen

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPENER_POLICY = "Cross-Origin-Opener-Policy"
QUIET = [
    "--no-sandbox",  # Tests run as root in containers.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    # A page lives too short for compilers that optimize; axe makes so much that small heaps are always collected.
    "--js-flags=--no-opt --no-maglev --min-semi-space-size=16",
]


def pytest_collection_modifyitems(items):
    """Everything in this folder is a walk in the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """The machine's Chromium, started once."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.fail("Chromium is missing: install it (Debian: apt install chromium) or set CHROMIUM.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield started
        started.close()


class Site:
    """Serves the app of the test that runs now, and an empty page to leave it for. The origin and its opener policy
    stay the same, since Chromium starts another process where one of them changes."""

    def __init__(self):
        self.app, self.url = None, ""

    @property
    def empty_page(self) -> str:
        return f"{self.url}/empty-page"

    def __call__(self, environ, start_response):
        is_empty = environ["PATH_INFO"] == "/empty-page"
        answer = Response(headers={OPENER_POLICY: HEADERS[OPENER_POLICY]}) if is_empty else self.app
        return answer(environ, start_response)


@pytest.fixture(scope="session")
def server():
    """The one server of all tests."""
    with servers.serving(site := Site()) as url:
        site.url = url.replace("127.0.0.1", "localhost")
        yield site


@pytest.fixture
def site(app, server):
    """The portal's address."""
    server.app = app
    return server.url


@pytest.fixture(scope="session")
def contexts(chromium):
    """Browser contexts that are free, by their options. Each has one page."""
    free: dict[tuple, list[BrowserContext]] = {}
    yield free
    for context in itertools.chain(*free.values()):
        context.close()


@pytest.fixture
def screens(chromium, contexts, server):
    """Opens screens: screens(width=360, also=[1280]) is a Screen with a page, cookies and storage of its own; what is
    looked at on it is looked at in the other widths too. Its emptied context serves later tests, unless is_kept is
    False: a new process, where axe is not compiled yet, takes as long as several pages."""
    folder = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    opened: list[tuple[tuple, Screen]] = []

    def open_screen(width=360, height=780, also=(), scripts=True, is_kept=True, **options) -> Screen:
        key = is_kept, scripts, *sorted(options.items())
        free = contexts.setdefault(key, [])
        context = free.pop() if free else _new_context(chromium, java_script_enabled=scripts, **options)
        screen = Screen(context, folder, also)
        screen.site = server
        opened.append((key, screen))
        screen.page.set_viewport_size({"width": width, "height": height})
        return screen

    yield open_screen
    for key, screen in opened:
        is_kept, *_ = key
        if is_kept and screen.leaves_for(server.empty_page):
            contexts[key].append(screen.context)
        else:
            screen.context.close()


def _new_context(chromium: Browser, **options) -> BrowserContext:
    context = chromium.new_context(locale="tr-TR", **options)
    context.set_default_timeout(10_000)
    context.new_page()
    return context
