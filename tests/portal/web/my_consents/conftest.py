"""Somebody at İzinlerim: they ask for a code, read it in the message, and look."""

import re
from dataclasses import dataclass, field

import pytest

from portal.core.extensions import db, vault
from portal.core.models import Message, MessageKind
from portal.domain.notifications import messages
from tests import make

UNKNOWN = "+905559876543"
START, LIST = "/izinlerim", "/izinlerim/liste"


@dataclass
class Visitor:
    """One person with one browser. What comes back is the last answer."""

    app: object
    browser: object
    address: str = make.PHONE
    language: str = ""
    answers: list = field(default_factory=list)

    def asks(self, address: str | None = None, **options):
        """Ask for a code on the first page."""
        data = {"address": self.address if address is None else address, "form": self.token(START)}
        return self.browser.post(START + self.language, data=data, **options)

    def types(self, page: str, digits: str, **options):
        return self.browser.post(page, data={"digits": digits, "form": self.token(page)}, **options)

    def comes_in(self):
        """Ask, read the code, type it; the answer that gives the cookie."""
        page = self.asks().location
        return self.types(page, self.code())

    def opens(self, path: str = LIST, **options):
        return self.browser.get(path, **options)

    def posts(self, path: str, **data):
        return self.browser.post(path, data={"form": self.token(LIST)} | data)

    def token(self, page: str) -> str:
        """Of the first form of a page."""
        return re.search(r'name="form" value="([^"]*)"', self.browser.get(page).text)[1]

    def code(self) -> str:
        """What the last message says."""
        with self.app.app_context():
            last = db.session.query(Message).filter_by(kind=MessageKind.CODE).order_by(Message.id.desc()).first()
            code = messages.read_facts(vault(), last).get("code")
            db.session.rollback()
        return code

    def wrong(self) -> str:
        code = self.code() or "000000"
        return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


@pytest.fixture
def fatma(app):
    """Her number is known to the first provider; she has decided nothing."""
    make.codes(app)
    return Visitor(app, app.test_client())


@pytest.fixture
def stranger(app):
    return Visitor(app, app.test_client(), UNKNOWN)
