"""What the message with a code says."""

import pytest

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Message, MessageKind, Purpose, Review, ReviewAct
from portal.core.models.approvals import digest_of, note_of
from portal.domain import address_proofs
from portal.services.messaging.outgoing_messages import render_message, written_text
from tests import make

pytestmark = pytest.mark.alike


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_thing_in_the_mail_is_a_paragraph(app, language, purpose):
    facts = {"sender": "Örnek Mağaza", "code": "123456", "purpose": purpose.value, "notice": "https://x"}

    with app.test_request_context():
        paragraphs = render_message(MessageKind.CODE, language, facts, is_mail=True).text.strip().split("\n\n")

    assert len(paragraphs) == 6 and all(one == one.strip() for one in paragraphs)


def test_a_code_that_waits_names_no_brand_by_a_name_that_was_taken_back(app):
    with app.test_request_context():
        provider = make.provider()
        brand, now = make.brand(), clock.now()
        asked = {"brand_id": brand.id, "sender": "Ziraat Destek", "language": "tr", "network": "x", "at": now}
        address = addresses.parse(make.PHONE)
        address_proofs.request_code(db.session, vault(), "secret", address, Purpose.POINT, sends=True, **asked)
        message = db.session.query(Message).one()
        assert written_text(db.session, message, is_mail=False).text.startswith("Ziraat Destek: kodunuz")

        its = {"digest": digest_of("name", "Ziraat Destek"), "note": note_of("Ziraat Destek", "Banka.")}
        db.session.add(Review(provider_id=provider.id, act=ReviewAct.TEXT_DECLINED, made_by=1, made_at=now, **its))
        db.session.flush()
        assert written_text(db.session, message, is_mail=False).text.startswith("Ornek Magazacilik A.S.: kodunuz")
        db.session.rollback()
