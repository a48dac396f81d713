"""The page of the five steps: where a firm stands, what it brings, and what nobody else can do there."""

from io import BytesIO

import pypdfium2
import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Inquiry, Paper, PaperKind, Provider, ProviderKind, Role
from portal.domain.identity import accounts
from portal.domain.providers import inquiries, onboarding
from tests import make
from tests.portal.domain.providers.test_onboarding import CODE, FIRM, order
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

NIL, DERYA = "nil@example.com", 1
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def nil(app):
    """Nil, who has just opened an account."""
    with app.app_context():
        _, user = onboarding.open_account(db.session, vault(), email=NIL, at=clock.now(), **FIRM)
        make.enrol_app(user)
    return signed_in(app, NIL)


def change(app, act) -> None:
    with app.app_context():
        act(db.session.scalars(select(Provider).order_by(Provider.id)).first())
        db.session.commit()


def brings(staff, content: bytes, kind: PaperKind = PaperKind.AUTHORISATION):
    file = (BytesIO(content), "paper.svg")
    return staff.posts("/dashboard/start/papers", {"kind": kind.value, "file": file})


def test_a_newcomer_is_told_to_apply_and_may_try_at_once(nil):
    page = nil.opens("/dashboard/start").text

    assert "Deneme ortamınız hazır" in page and "1. adım" in page
    assert 'id="step-1" aria-current="step"' in page


def test_each_step_done_leads_to_the_next(nil, rows):
    assert nil.posts("/dashboard/start/applied").status_code == 303
    assert 'id="step-2" aria-current="step"' in nil.opens("/dashboard/start").text
    assert nil.posts("/dashboard/start/code", {"iys_code": "731 845"}).status_code == 303

    page = nil.opens("/dashboard/start").text
    assert rows.one(Provider).pending_iys_code == 731845
    assert 'id="step-2" aria-current="step"' in page and "Bir paket seçin." in page


@pytest.mark.parametrize("typed", ["", "yedi", "-7", "0", "990000001", "9" * 19, "٧٣١"])
def test_what_is_no_code_of_iys_is_given_back_with_words(nil, rows, typed):
    answer = nil.posts("/dashboard/start/code", {"iys_code": typed})

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert rows.one(Provider).pending_iys_code is None


def test_a_code_that_another_firm_has_is_not_taken(app, nil, rows):
    with app.app_context():
        make.provider()

    answer = nil.posts("/dashboard/start/code", {"iys_code": str(make.IYS_CODE)})

    assert answer.status_code == 422 and "başka bir hesapta kayıtlı" in answer.text
    assert rows.count(AuditEntry) and not rows(AuditEntry, AuditEntry.act == "onboarding.code_entered")


def test_the_letter_waits_for_the_code_and_then_bears_it(app, nil):
    assert nil.takes("/dashboard/start/letter.pdf").status_code == 303
    with app.app_context():
        accounts.store_partner_credential(
            db.session, vault(), integrator_code=4242, username="p", password="p" * 12, at=clock.now()
        )
        db.session.commit()
    nil.posts("/dashboard/start/code", {"iys_code": "731845"})

    answer = nil.takes("/dashboard/start/letter.pdf")

    words = pypdfium2.PdfDocument(answer.data)[0].get_textpage().get_text_range()
    assert answer.mimetype == "application/pdf" and "attachment" in answer.headers["Content-Disposition"]
    assert all(text in words for text in (FIRM["title"], "731845", "4242", "Nil Yeni", app.config["OPERATOR_TITLE"]))


def test_there_is_no_letter_without_the_title_of_who_is_authorised(app, nil):
    nil.posts("/dashboard/start/code", {"iys_code": "731845"})
    app.config["OPERATOR_TITLE"] = ""

    answer = nil.takes("/dashboard/start/letter.pdf")

    assert answer.status_code == 303
    assert "iş ortağının unvanı girilmemiş" in nil.opens("/dashboard/start").text


def test_a_signed_paper_is_kept_sealed(app, nil, rows):
    letter = b"%PDF-1.7 signed by Nil\n%%EOF\n"

    assert brings(nil, letter).status_code == 303

    paper = rows.one(Paper)
    assert (paper.media_type, paper.size, paper.kind) == ("application/pdf", len(letter), PaperKind.AUTHORISATION)
    assert b"Nil" not in paper.content
    with app.app_context():
        assert vault().open(paper.content, Paper.PLACE, paper.provider_id, paper.id) == letter
    assert rows.one(AuditEntry, AuditEntry.act == "paper.uploaded").subject_id == paper.id


def test_a_paper_may_be_larger_than_other_posts_and_no_larger_than_10_mb(nil, rows):
    large = brings(nil, b"%PDF-1.7" + bytes(9_000_000) + b"%%EOF")
    larger = brings(nil, b"%PDF-1.7" + bytes(10 * 1024 * 1024) + b"%%EOF")
    far_too_large = brings(nil, bytes(12_000_000))

    assert [answer.status_code for answer in (large, larger, far_too_large)] == [303, 422, 413]
    for answer in (large, larger, far_too_large):
        answer.request.input_stream.close()  # The test's own browser keeps large posts in files.
    assert rows.one(Paper).size > 9_000_000


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"", PNG_HEAD + b"no picture", b"%PDF-1.7 cut off"])
def test_what_is_no_paper_is_refused_with_a_cure(nil, rows, content):
    answer = brings(nil, content)

    assert answer.status_code == 422 and 'class="error"' in answer.text
    assert rows.count(Paper) == 0


def test_a_kind_of_paper_that_does_not_exist_is_refused(nil, rows):
    answer = nil.posts("/dashboard/start/papers", {"kind": "passport", "file": (BytesIO(b"%PDF-%%EOF"), "a.pdf")})

    assert answer.status_code == 422 and rows.count(Paper) == 0


def test_a_question_is_asked_sealed_and_its_answer_stands_beside_the_step(app, nil, rows):
    nil.posts("/dashboard/start/3/questions", {"step3-text": "Mektubu kim imzalar?"})
    inquiry = rows.one(Inquiry)
    with app.app_context():
        inquiries.answer_inquiry(
            db.session, vault(), db.session.get(Inquiry, inquiry.id), "İmza yetkilisi.", DERYA, clock.now()
        )
        db.session.commit()

    page = nil.opens("/dashboard/start").text

    assert "Mektubu kim imzalar?" in page and "İmza yetkilisi." in page
    assert (inquiry.step, b"Mektubu" in inquiry.text) == (3, False)
    assert nil.posts("/dashboard/start/6/questions", {"step6-text": "?"}).status_code == 404
    assert nil.posts("/dashboard/start/2/questions", {"step2-text": " "}).status_code == 422


def test_who_lacks_something_is_not_put_before_the_operator(nil, rows):
    nil.posts("/dashboard/start/ask")

    assert rows.one(Provider).asked_at is None
    assert "Henüz eksikler var" in nil.opens("/dashboard/start").text


def test_who_has_brought_all_asks_and_is_told_that_it_is_our_turn(app, nil, rows):
    bring_all(app, nil)

    nil.posts("/dashboard/start/ask")

    assert rows.one(Provider).asked_at
    assert "Sıra bizde" in nil.opens("/dashboard/start").text


def bring_all(app, nil) -> None:
    nil.posts("/dashboard/start/code", {"iys_code": str(CODE)})
    for kind in PaperKind:
        brings(nil, b"%PDF-1.7\n%%EOF\n", kind)
    change(app, order)


def firm(**other) -> dict:
    data = {
        "legal_form": "company", "title": FIRM["title"], "number": FIRM["mersis"], "contact": FIRM["contact"],
        "notice_url": FIRM["notice_url"], "kind": "partner", "representative": "Nil Yeni",
    }  # fmt: skip
    return data | other


@pytest.mark.parametrize("change", [{"title": "Başka A.Ş."}, {"contact": "0850 000 00 00"}])
def test_whoever_changes_what_is_reviewed_asks_anew(app, nil, rows, change):
    bring_all(app, nil)
    nil.posts("/dashboard/start/ask")

    nil.posts("/dashboard/start/firm", firm())
    assert rows.one(Provider).asked_at
    nil.posts("/dashboard/start/firm", firm(**change))

    assert rows.one(Provider).asked_at is None
    assert "yeniden gönderin" in nil.opens("/dashboard/start").text


def test_wrong_check_digits_and_other_columns_change_nothing(nil, rows):
    before = rows.one(Provider)

    wrong = nil.posts("/dashboard/start/firm", firm(number="0454053692100015"))
    nil.posts("/dashboard/start/firm", firm(iys_code="1", admitted_at="2026-01-01", suspended_at="2026-01-01"))

    after = rows.one(Provider)
    assert wrong.status_code == 422 and "kontrol hanesi" in wrong.text
    assert (after.mersis, after.iys_code, after.admitted_at) == (before.mersis, before.iys_code, None)


def test_a_tradesperson_is_known_by_name_and_number(nil, rows):
    nil.posts("/dashboard/start/firm", firm(legal_form="tradesperson", title="Nil Yeni", number="10000000146"))

    provider = rows.one(Provider)
    assert (provider.title, provider.mersis, provider.tax_number) == ("Nil Yeni", "", "10000000146")


def test_an_exempt_firm_is_told_what_that_means(nil, rows):
    nil.posts("/dashboard/start/firm", firm(kind="exempt"))

    assert rows.one(Provider).kind == ProviderKind.EXEMPT
    page = nil.opens("/dashboard/start").text
    assert "muaf olarak işaretlediniz" in page and "Paketinizi seçin" in page
    assert "İYS'ye başvurun" not in page and "İş ortağınızı" not in page and "3 iş gününden" not in page


def test_an_admitted_firms_title_stands_still(app, rows):
    with app.app_context():
        make.provider()
    ayse = signed_in(app)

    ayse.posts("/dashboard/start/firm", firm(title="Başka A.Ş.", contact="0850 000 00 00", kind="exempt"))

    provider = rows.one(Provider)
    assert (provider.title, provider.kind) == ("Örnek Mağazacılık A.Ş.", ProviderKind.DIRECT)
    assert provider.contact != "0850 000 00 00"  # Brands' contact lines change, once the operator has seen them.


def test_an_auditor_reads_the_steps_and_does_nothing_there(app, nil):
    change(app, lambda provider: make.person(provider, "burak@example.com", Role.AUDITOR))
    burak = signed_in(app, "burak@example.com")

    page = burak.opens("/dashboard/start")

    assert page.status_code == 200 and "Belge yükle" not in page.text and "Kodu kaydet" not in page.text
    assert burak.takes("/dashboard/start/letter.pdf").status_code == 403


def test_a_firm_reads_its_own_papers_and_nobody_elses(app, nil, rows):
    pdf = b"%PDF-1.7\n%%EOF\n"
    brings(nil, pdf, PaperKind.SIGNATURE)
    paper = rows.one(Paper)
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    answer = nil.browser.get(f"/dashboard/start/papers/{paper.id}")

    assert answer.data == pdf
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert f"/dashboard/start/papers/{paper.id}" in nil.opens("/dashboard/start").text
    assert rows.one(AuditEntry, AuditEntry.act == "paper.read").provider_id == paper.provider_id
    assert cem.browser.get(f"/dashboard/start/papers/{paper.id}").status_code == 404
