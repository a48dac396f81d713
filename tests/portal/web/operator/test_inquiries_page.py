"""Questions of providers, and their answers."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Inquiry, Mail, MailKind, Provider
from portal.domain.notifications import mails
from portal.domain.providers import inquiries
from tests.portal.web.operator.conftest import DENIZ, NIL, assign

pytestmark = pytest.mark.alike

QUESTION, ANSWER = "Belgeyi kim imzalar?", "Ticaret sicilindeki yetkili imzalar."


@pytest.fixture
def asked(app, newcomer) -> int:
    with app.app_context():
        provider = db.session.get_one(Provider, newcomer)
        made = inquiries.ask_operator(db.session, vault(), provider, 3, QUESTION, by=1, at=clock.now())
        db.session.commit()
        return made.id


def test_a_question_is_answered_once_and_its_owners_are_told(app, derya, asked, rows):
    assert QUESTION in derya.opens("/operator/inquiries").text
    for answer in (ANSWER, "Another answer"):
        assert derya.posts(f"/operator/inquiries/{asked}", {"answer": answer}).status_code == 303

    (mail,) = rows(Mail)
    with app.app_context():
        assert inquiries.read_answer(vault(), rows.one(Inquiry)) == ANSWER
        assert mails.read_address(vault(), mail) == NIL
        told = mails.read_facts(vault(), mail)
    assert (mail.kind, told["answer"]) == (MailKind.ANSWERED, ANSWER)
    assert QUESTION not in told.values()  # What a firm asks is no part of a mail of ours.
    assert len(rows(AuditEntry, AuditEntry.act == "inquiry.answered")) == 1
    assert QUESTION not in derya.opens("/operator/inquiries").text
    page = derya.opens("/operator/inquiries?show=answered").text
    assert QUESTION in page and ANSWER in page


@pytest.mark.parametrize("answer", ["", "x" * 4001, "a\0b"])
def test_an_answer_that_cannot_be_taken_comes_back(derya, asked, rows, answer):
    page = derya.posts(f"/operator/inquiries/{asked}", {"answer": answer})

    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 1
    assert rows.one(Inquiry).answered_at is None


def test_support_answers_for_the_assigned_only(app, deniz, newcomer, asked, rows):
    assert QUESTION not in deniz.opens("/operator/inquiries").text
    assert deniz.posts(f"/operator/inquiries/{asked}", {"answer": ANSWER}).status_code == 404

    assign(app, DENIZ, newcomer)

    assert QUESTION in deniz.opens("/operator/inquiries").text
    assert deniz.posts(f"/operator/inquiries/{asked}", {"answer": ANSWER}).status_code == 303
    assert rows.one(Inquiry).answered_at is not None


def test_a_question_that_is_not_there_is_not_found(derya):
    assert derya.posts("/operator/inquiries/1", {"answer": ANSWER}).status_code == 404


def test_markup_in_a_question_is_only_text(app, derya, newcomer):
    with app.app_context():
        provider = db.session.get_one(Provider, newcomer)
        inquiries.ask_operator(db.session, vault(), provider, 1, "<script>alert(1)</script>", by=1, at=clock.now())
        db.session.commit()

    assert "<script>alert" not in derya.opens("/operator/inquiries").text


def test_one_damaged_seal_hides_no_other_question(app, derya, newcomer, asked):
    with app.app_context():
        provider = db.session.get_one(Provider, newcomer)
        made = inquiries.ask_operator(db.session, vault(), provider, 1, "damaged", by=1, at=clock.now())
        made.text = b"damaged"
        db.session.commit()

    page = derya.opens("/operator/inquiries").text

    assert QUESTION in page and "açılamıyor" in page
