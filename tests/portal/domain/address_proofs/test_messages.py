"""What the message with a code says: the code, what it is for, that it is no consent, and to share it with nobody."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Message, MessageKind, MessageState
from portal.services.messaging import outgoing_messages
from portal.services.messaging.gateways.demo import DemoGateway
from portal.services.messaging.gateways.protocol import SendResult
from tests.make import send_all

pytestmark = pytest.mark.alike

ONE_SMS = 160 - 5  # The operator adds a blank and its own mark (B0xx) at the end.
NOTICES = {"mine": "https://izinlink.com.tr/gizlilik", "point": "https://izinlink.com.tr/b/ornek-magaza"}


def said(app, language="tr", *, purpose="mine", is_mail=False, code="12345678"):
    notice = NOTICES[purpose] + ("?lang=en" if language == "en" else "")
    with app.app_context():
        sender = "" if purpose == "mine" else "Örnek Mağaza"
        facts = {"code": code, "purpose": purpose, "sender": sender, "notice": notice}
        return outgoing_messages.render_message(MessageKind.CODE, language, facts, is_mail=is_mail)


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("purpose", ["mine", "point"])
def test_it_is_one_plain_sms(app, language, purpose):
    text = said(app, language, purpose=purpose).text

    assert "12345678" in text and text.isascii() and not set(text) & set("^{}\\[~]|`")  # Each letter counts as one.
    assert len(text) <= ONE_SMS


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("purpose", ["mine", "point"])
def test_it_leads_to_what_becomes_of_the_data(app, language, purpose):
    sms, mail = (said(app, language, purpose=purpose, is_mail=each).text for each in (False, True))
    link = NOTICES[purpose] + ("?lang=en" if language == "en" else "")

    assert sms.endswith(link.removeprefix("https://")) and link in mail
    assert sms.count("/") == link.removeprefix("https://").count("/")  # And nowhere else.


@pytest.mark.parametrize(
    ("language", "purpose", "words"),
    [
        ("tr", "mine", ("Kod onay degildir", "Kimseyle paylasmayin", "Izinlerim")),
        ("tr", "point", ("Ornek Magaza", "Kimseyle paylasmayin", "karar, sayfadaki seciminizdir")),
        ("en", "mine", ("It consents to nothing", "Tell nobody")),
        ("en", "point", ("your choices on the page decide", "Tell nobody")),
    ],
)
def test_it_says_what_the_code_is_for_and_that_it_is_no_consent(app, language, purpose, words):
    text = said(app, language, purpose=purpose).text

    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("purpose", ["mine", "point"])
def test_a_mail_says_the_same_at_length(app, language, purpose):
    mail = said(app, language, purpose=purpose, is_mail=True)

    assert "12345678" in mail.subject and "12345678" in mail.text
    assert ("onay" if language == "tr" else "consent") in mail.text or purpose == "point"
    assert "{" not in mail.text and "\n\n\n" not in mail.text


def test_once_sent_nothing_keeps_the_code(desk, monkeypatch):
    desk.at = clock.now()
    code = desk.code_of(desk.ask())
    sent = []

    def send(_gateway, batch):
        sent.extend(batch.messages)
        return [SendResult(each.id) for each in batch.messages]

    monkeypatch.setattr(DemoGateway, "send", send)

    send_all("http://gateway.example")

    (message,) = db.session.query(Message)
    assert [code in each.text for each in sent] == [True]
    assert (message.state, message.text, message.facts) == (MessageState.ACCEPTED, None, None)
