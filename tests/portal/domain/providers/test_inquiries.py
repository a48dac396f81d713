"""What a provider asks the operator, and the one answer that stays."""

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Inquiry
from portal.domain.providers import inquiries
from tests import make

DERYA = 1


def test_a_question_is_sealed_and_answered_once(app):
    with app.app_context():
        provider = make.provider()
        inquiry = inquiries.ask_operator(db.session, vault(), provider, 3, "Mektubu kim imzalar?", DERYA, clock.now())

        answers = [
            inquiries.answer_inquiry(db.session, vault(), inquiry, text, DERYA, clock.now())
            for text in ("İmza yetkilisi.", "Herkes.")
        ]

        assert answers == [True, False]
        assert inquiries.read_question(vault(), inquiry) == "Mektubu kim imzalar?"
        assert inquiries.read_answer(vault(), inquiry) == "İmza yetkilisi."
        assert b"Mektubu" not in db.session.get(Inquiry, inquiry.id).text
