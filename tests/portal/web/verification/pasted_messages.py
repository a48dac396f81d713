"""What tests of the message check share."""

import re

from portal.core.extensions import db, vault
from portal.core.models import Message
from portal.domain.notifications import messages
from tests import make

FOUND = "Ne için"
SAME = "Metin, gönderdiğimiz SMS ile aynı"
FORGED = "Bağlantı bizim, ama metin bizim gönderdiğimiz değil"


def check(browser, text: str):
    return browser.post("/kontrol", data={"code": text})


def receipt_of(browser, code: str) -> str:
    """The address of the receipt of a refusal."""
    return make.Person(browser, code).decides(MESAJ="RET").location


def seen(page) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def text_sent(app, code: str) -> str:
    with app.app_context():
        make.keep_texts()
        texts = [messages.read_text(vault(), message) for message in db.session.query(Message) if message.text]
    return next(text for text in texts if code in text)
