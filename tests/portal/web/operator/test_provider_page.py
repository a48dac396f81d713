"""One provider: what is known, its papers, and the acts of the operator."""

import re
from datetime import timedelta
from io import BytesIO

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    EventType,
    Mail,
    MailKind,
    Membership,
    OffReason,
    Paper,
    Provider,
    Review,
    ReviewAct,
    User,
    WebhookAlgorithm,
    WebhookEndpoint,
)
from portal.domain.notifications import mails
from portal.domain.webhooks import endpoints
from portal.services.documents.authorisation_letter import render_pdf
from tests import make
from tests.portal.services.documents.test_authorisation_letter import LETTER
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.operator.conftest import CODE, DENIZ, NIL, PDF, assign

pytestmark = [pytest.mark.slow, pytest.mark.alike]

CALLED = {"note": "Santralden arandı, Nil Yeni ile konuşuldu."}
REASON = {"reason": "İmza sirküleri okunmuyor; yeniden tarayın."}


@pytest.fixture
def path(newcomer):
    return f"/operator/providers/{newcomer}"


def called(days_ago: int = 0) -> dict:
    return CALLED | {"called_on": (clock.day(clock.now()) - timedelta(days=days_ago)).isoformat()}


def mailed(app, rows) -> list[tuple]:
    with app.app_context():
        return [
            (mail.kind, mails.read_address(vault(), mail), mails.read_facts(vault(), mail)) for mail in rows(Mail)
        ]  # fmt: skip


def seen(derya, path) -> dict:
    """The digest that the page's form of admission carries."""
    found = re.search(r'name="seen" value="(\w+)"', derya.opens(path).text)
    return {"seen": found[1] if found else ""}


def acts(rows) -> list[str]:
    return [entry.act for entry in rows(AuditEntry, AuditEntry.act.startswith("provider."))]


def test_the_page_tells_what_the_operator_must_know(derya, path):
    page = derya.opens(path).text

    for words in ("Yeni Mağazacılık", "0454053692000015", "4540536920", str(CODE), "Nil Yeni", "İmza sirküleri"):
        assert words in page
    assert "eksikler var" not in page


def test_admitting_lets_a_provider_go_to_iys_and_tells_its_owners(app, derya, path, newcomer, rows):
    with app.app_context():
        choices = endpoints.Choices("https://test.example/", [EventType.DECISION_MADE], None, False)
        provider, algorithm = db.session.get_one(Provider, newcomer), WebhookAlgorithm.HMAC
        endpoints.create(db.session, vault(), provider, choices, algorithm, user_id=1, at=clock.now())
        db.session.commit()
    answer = derya.posts(f"{path}/admission", called() | seen(derya, path))

    assert (answer.status_code, answer.location) == (303, path)
    provider = rows.one(Provider)
    assert (provider.in_sandbox_mode, provider.iys_code) == (False, CODE)
    review = rows.one(Review)
    assert (review.act, review.note) == (ReviewAct.ADMITTED, CALLED["note"])
    assert review.called_on == clock.day(clock.now())
    assert acts(rows) == ["provider.admitted"]
    assert rows.one(WebhookEndpoint).off_reason == OffReason.PAUSED  # It may be of a test system.
    assert [(kind, to) for kind, to, _ in mailed(app, rows)] == [(MailKind.ADMITTED, NIL)]


@pytest.mark.parametrize(
    "given", [{}, {"note": "kısa"}, CALLED, {"called_on": "2026-11-20"}, CALLED | {"called_on": "yesterday"}]
)
def test_nobody_is_admitted_without_a_call_and_its_note(derya, path, rows, given):
    answer = derya.posts(f"{path}/admission", given)

    assert answer.status_code == 422
    assert given.get("note", "") in answer.text
    assert rows.one(Provider).in_sandbox_mode and rows(Review) == []


@pytest.mark.parametrize("days_ago", [-1, 1])
def test_a_call_before_the_account_or_still_to_come_is_refused(derya, path, rows, days_ago):
    assert derya.posts(f"{path}/admission", called(days_ago)).status_code == 422
    assert rows.one(Provider).in_sandbox_mode


def test_nobody_is_admitted_while_something_is_missing(app, derya, path, rows):
    with app.app_context():
        db.session.query(Paper).delete()
        db.session.commit()

    answer = derya.posts(f"{path}/admission", called() | seen(derya, path))

    assert answer.status_code == 303
    assert "İmzalı yetki mektubu yüklenmedi" in derya.opens(path).text
    assert rows.one(Provider).in_sandbox_mode and rows(Mail) == []


def test_a_code_that_another_provider_took_meanwhile_is_refused(app, derya, path, newcomer, rows):
    with app.app_context():
        make.provider(iys_code=CODE + 1, brand_code=CODE)
        db.session.rollback()

    answer = derya.posts(f"{path}/admission", called() | seen(derya, path))

    assert answer.status_code == 303
    assert "başka bir hesapta" in derya.opens(path).text
    assert rows.one(Provider, Provider.id == newcomer).in_sandbox_mode


@pytest.mark.parametrize("act", ["admission", "sent-back", "suspension"])
def test_an_act_that_is_done_is_not_done_again(derya, path, rows, act):
    form = called() | REASON | seen(derya, path)
    for _ in range(2):
        derya.posts(f"{path}/{act}", form)

    assert len(rows(Review)) == len(rows(Mail)) == len(acts(rows)) == 1
    assert "bir şey yapılmadı" in derya.opens(path).text


def test_who_is_not_suspended_is_not_resumed(derya, path, rows):
    derya.posts(f"{path}/resumption", REASON)

    assert rows(Review) == []


def test_sending_back_says_what_is_wrong(app, derya, path, rows):
    answer = derya.posts(f"{path}/sent-back", REASON)

    assert answer.status_code == 303
    assert rows.one(Provider).asked_at is None
    ((kind, to, facts),) = mailed(app, rows)
    assert (kind, to, facts["note"]) == (MailKind.SENT_BACK, NIL, REASON["reason"])
    assert REASON["reason"] in derya.opens(path).text


def test_suspending_and_resuming_tell_why(app, derya, path, rows):
    derya.posts(f"{path}/suspension", REASON)
    assert rows.one(Provider).suspended_at is not None
    assert "Durduruldu" in derya.opens(path).text
    derya.posts(f"{path}/resumption", {"reason": "Belgeler tamamlandı, devam."})

    assert rows.one(Provider).suspended_at is None
    assert acts(rows) == ["provider.suspended", "provider.resumed"]
    assert (MailKind.SUSPENDED, NIL) in [(kind, to) for kind, to, _ in mailed(app, rows)]


@pytest.mark.parametrize("act", ["sent-back", "suspension"])
@pytest.mark.parametrize("reason", ["", "kısa", "x" * 2001, "a\0" * 10])
def test_an_act_without_a_readable_reason_is_refused(derya, path, rows, act, reason):
    answer = derya.posts(f"{path}/{act}", {"reason": reason})

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1
    assert rows(Review) == []


def test_no_reason_stands_in_the_audit(derya, path, rows):
    derya.posts(f"{path}/suspension", {"reason": "fatma@example.com şikâyet etti, 0532 123 45 67"})

    assert all(entry.facts == {} for entry in rows(AuditEntry, AuditEntry.act == "provider.suspended"))


def test_a_paper_is_handed_out_as_it_came_and_noted(derya, path, newcomer, rows):
    paper = rows(Paper)[0]

    answer = derya.opens(f"{path}/papers/{paper.id}")

    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    entry = rows.one(AuditEntry, AuditEntry.act == "paper.read")
    assert (entry.subject_id, entry.provider_id, entry.sign_in_id is not None) == (paper.id, newcomer, True)


def test_a_paper_of_another_provider_is_not_there(derya, path, ayses, rows):
    paper = rows(Paper)[0]

    assert derya.opens(f"/operator/providers/{ayses}/papers/{paper.id}").status_code == 404
    assert derya.opens(f"{path}/papers/1").status_code == 404


def test_support_reads_but_does_not_decide(app, deniz, path, newcomer, rows):
    assign(app, DENIZ, newcomer)

    assert "İYS&#39;ye bağla</button>" not in deniz.opens(path).text
    for act in ("admission", "sent-back", "suspension", "resumption", "test"):
        assert deniz.posts(f"{path}/{act}", called() | REASON).status_code == 403
    assert deniz.opens(f"{path}/papers/{rows(Paper)[0].id}").status_code == 403
    assert rows.one(Provider).in_sandbox_mode


def test_a_provider_that_is_not_there_is_not_found(derya):
    assert derya.opens("/operator/providers/1").status_code == 404
    assert derya.posts("/operator/providers/1/suspension", REASON).status_code == 404


def test_asking_iys_without_a_partner_says_so(derya, path):
    answer = derya.posts(f"{path}/test")

    assert answer.status_code == 303
    assert "iys partner" in derya.opens(path).text


def test_who_left_is_said_to_and_comes_back_suspended(app, derya, path, rows):
    for act in ("departure", "return"):
        assert derya.posts(f"{path}/{act}", {"reason": "Sözleşme bitti."}).status_code == 303
    assert rows.one(Provider).left_at is None and acts(rows) == []
    derya.posts(f"{path}/suspension", {"reason": "Sözleşme bitiyor."})

    derya.posts(f"{path}/departure", {"reason": "Sözleşme bitti."})
    left, page = rows.one(Provider).left_at, derya.opens(path).text
    derya.posts(f"{path}/resumption", {"reason": "Yanlışlıkla."})
    stopped = rows.one(Provider).suspended_at
    derya.posts(f"{path}/return", {"reason": "Geri döndü."})

    assert left and stopped and "Ayrılığı geri al" in page
    assert (rows.one(Provider).left_at, rows.one(Provider).suspended_at) == (None, stopped)
    assert acts(rows) == ["provider.suspended", "provider.left", "provider.came_back"]


CHANGES = {
    "the title": ("/dashboard/start/firm", {"title": "Bir Banka A.Ş."}),
    "the contact": ("/dashboard/start/firm", {"contact": "0850 111 11 11"}),
    "the code": ("/dashboard/start/code", {"iys_code": "731846"}),
    "a paper": ("/dashboard/start/papers", {"kind": "signature"}),
    "the brand": ("/dashboard/brands/{brand}", {"name": "Bir Banka", "source": ""}),
}
FIRM = {
    "legal_form": "company", "title": "Yeni Mağazacılık A.Ş.", "number": "0454053692000015", "kind": "partner",
    "contact": "0850 765 43 21", "notice_url": make.NOTICE, "representative": "Nil Yeni",
}  # fmt: skip


@pytest.fixture
def nil(app, newcomer):
    with app.app_context():
        make.enrol_app(db.session.query(User).join(Membership).filter_by(provider_id=newcomer).one())
    return signed_in(app, NIL)


@pytest.mark.parametrize("what", CHANGES)
def test_nobody_is_admitted_whom_the_operator_has_not_seen_as_it_is(derya, nil, path, rows, what):
    """The firm changes what was reviewed between the page and the button: its request ends, and the form is stale."""
    form, (where, change) = called() | seen(derya, path), CHANGES[what]
    if what == "a paper":
        change = change | {"file": (BytesIO(render_pdf(LETTER)), "x.pdf")}
    base = FIRM if where.endswith("firm") else {}
    assert nil.posts(where.format(brand=rows.one(Brand).id), base | change).status_code == 303
    assert rows.one(Provider).asked_at is None

    answer = derya.posts(f"{path}/admission", form)
    again = derya.posts(f"{path}/admission", called() | seen(derya, path))  # A second tab, not handed in.

    assert {answer.status_code, again.status_code} == {409}
    assert CALLED["note"] in answer.text or "yeniden göndermesi bekleniyor" in answer.text
    assert rows.one(Provider).in_sandbox_mode and rows(Review) == []

    nil.posts("/dashboard/start/ask")
    assert derya.posts(f"{path}/admission", form).status_code == 409  # Handed in anew, and still not looked at.
    derya.posts(f"{path}/admission", called() | seen(derya, path))
    assert not rows.one(Provider).in_sandbox_mode
