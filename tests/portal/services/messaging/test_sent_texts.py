"""Which words of a vendor's row are ours: those that stand in what we sent, and no others."""

import pytest

from portal.core.extensions import db, vault
from portal.core.models import Delivery, EventKind, GatewayEvent, Message
from portal.domain.notifications import messages
from portal.services.messaging import sent_texts
from tests import make
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.recipient.open_complaints import complains
from tests.portal.web.verification.pasted_messages import receipt_of


@pytest.fixture
def sent(app, rows) -> str:
    """The invitation to Fatma's phone."""
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    with app.app_context():
        make.keep_texts()
        return messages.read_text(vault(), rows(Message)[-1])


@pytest.mark.parametrize(
    ("written", "is_held"),
    [
        ("{sent}", False), ("{upper}", False), ("> {sent} B038", False), ("{cut}", False),
        ("{before} istemiyorum {after}", True), ("{sent} yazmayin bana VKN 1234567890", True),
        ("Ornek Magaza: beni listenizden cikarin Ret: {link}", True), ("Ret: {link}", True),
    ],
)  # fmt: skip
def test_words_beside_a_text_that_a_report_repeats_are_somebody_elses(app, vendor, rows, sent, written, is_held):
    message, link = rows(Message)[-1], next(each for each in sent.split() if "/k/" in each)
    upper = sent.replace(sent.partition(":")[0], sent.partition(":")[0].upper())
    before, after = sent[: sent.index(link)], sent[sent.index(link) :]
    text = written.format(sent=sent, upper=upper, cut=before + link, before=before, after=after, link=link)

    vendor.reports(message, "DELIVERED", dest=make.PHONE.removeprefix("+"), note=text)
    work(app, EventKind.PUSH)

    assert bool(rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)) == is_held


def test_a_text_is_found_by_each_kind_of_link_in_it_and_by_no_code_of_somebody_elses(app, browser, rows):
    code = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE]
    receipt = receipt_of(browser, code).removeprefix("/m/")
    case = complains(browser, receipt).location.rpartition("/")[2]

    with app.app_context():
        message = db.session.get_one(Message, rows(Message)[0].id)
        text = f"Ornek: reddiniz kaydedildi {code} {receipt} {case}"
        message.text = vault().seal(text, Message.PLACE, message.provider_id, message.id)
        db.session.commit()
        assert [sent_texts.find_texts(each) for each in (code, receipt, case)] == [[text]] * 3
        assert [sent_texts.find_texts(each) for each in ("kaydedildi", code[:-1], "")] == [[]] * 3
