"""A real browser on the portal's pages: Chromium, served from a thread, with an eye on all that goes wrong in it."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests import servers
from tests.browser.screens import Screen

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",  # Tests run as root in containers.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
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


@pytest.fixture
def site(app):
    """The portal's address while a thread serves it."""
    with servers.serving(app) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
def screens(chromium):
    """Opens screens: screens(width=360, also=[1280]) is a Screen of a browser of its own, without history; what is
    looked at on it is looked at in the other widths too."""
    folder = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    opened = []

    def open_screen(width: int = 360, height: int = 780, also=(), scripts: bool = True, **options) -> Screen:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="tr-TR", **options
        )
        context.set_default_timeout(10_000)
        opened.append(context)
        return Screen(context, folder, also)

    yield open_screen
    for context in opened:
        context.close()
