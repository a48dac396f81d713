"""What an admitted firm writes itself is read by nobody before the operator approved it; the usual text waits for
nobody."""

import html
import re

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    AuditEntry,
    Brand,
    Campaign,
    CampaignKind,
    ConsentPoint,
    Delivery,
    Domain,
    Mail,
    MailKind,
    MessageText,
    Provider,
    Review,
    ReviewAct,
)
from portal.domain import campaigns
from portal.domain.campaigns import default_texts, message_texts, text_reviews
from portal.domain.notifications import mails
from portal.services import launches
from tests import make
from tests.portal.web.consent_points.visitor import Visitor
from tests.portal.web.dashboard import test_point_pages
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_campaign_pages import FORM, paste
from tests.portal.web.dashboard.test_message_text_page import FORM as SENTENCES

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PARCEL = "PTT: gönderiniz bekletiliyor, teslim için onaylayın"
CARD = "Adınızın yanına kartınızda kabartılmış sayıları yazın."


@pytest.fixture
def ayse(app, ayses):
    return signed_in(app)


@pytest.fixture
def opens(app, ayse, rows):
    """Ayşe prepares a campaign with one address; its path."""

    def send(number: int = 1, **changes) -> str:
        with app.app_context():
            brand_id = make.brand().id
        path = ayse.posts("/dashboard/campaigns/new", FORM | {"brand": brand_id} | changes).location
        paste(ayse, path.split("/")[-1], f"0532 123 45 0{number}")
        return path

    return send


def waiting(derya, ayses: int) -> list[str]:
    """The hashes of what waits on the operator's page."""
    page, _, _decided = derya.opens(f"/operator/providers/{ayses}").text.partition("Yürürlükteki onaylar")
    return re.findall(r'name="seen" value="(\w{64})"', page)


def settles(derya, ayses: int, form: dict[str, str]):
    """Post a decision from the pages as they are now."""
    path = f"/operator/providers/{ayses}"
    pattern = rf'value="{form["seen"]}">\s*<input type="hidden" name="decided" value="(\d*)"'
    found = re.search(pattern, derya.opens(path).text + derya.opens(f"{path}/approvals").text)
    return derya.posts(f"{path}/texts", form | {"decided": found[1] if found else ""})


def test_a_text_of_a_firms_own_waits_and_an_approved_one_never_again(app, ayse, derya, ayses, opens, rows):
    path, settle = opens(title_tr=PARCEL, body_tr=CARD), f"/operator/providers/{ayses}/texts"

    for way in ("launch", "plan"):
        ayse.posts(f"{path}/{way}", {"launch_at": "2030-01-01T10:00"})
    assert "İncelemede" in html.unescape(ayse.opens(path).text)
    assert (rows.one(Campaign).launched_at, rows.one(Campaign).launch_at) == (None, None)

    assert "Örnek Mağazacılık" in derya.opens("/operator/").text
    page = html.unescape(derya.opens(f"/operator/providers/{ayses}").text)
    assert PARCEL in page and CARD in page and "Örnek Mağaza size ileti gönderebilir mi?" in page
    (seen,) = waiting(derya, ayses)
    derya.posts(settle, {"seen": seen})  # Declining needs a reason.
    derya.posts(settle, {"seen": "0" * 64, "approve": "y"})
    assert rows.count(Review) == 0 and waiting(derya, ayses) == [seen]
    for _ in range(2):
        derya.posts(settle, {"seen": seen, "approve": "y"})

    ayse.posts(f"{path}/launch")
    again = opens(2, title_tr=PARCEL, body_tr=CARD)
    ayse.posts(f"{again}/launch")
    assert all(each.launched_at for each in rows(Campaign)) and rows.count(Campaign) == 2
    assert rows.one(Review).act == ReviewAct.TEXT_APPROVED and PARCEL in rows.one(Review).note
    assert [each.act for each in rows(AuditEntry) if each.act.startswith("campaign.text")] == ["campaign.text_approved"]


def test_messages_wait_too_and_a_reason_is_read_by_the_firm(app, ayse, derya, ayses, opens, rows):
    path = opens(**vars(default_texts.default_wording("Örnek Mağaza", CampaignKind.ASK, make.NOTICE)))
    assert waiting(derya, ayses) == []

    ayse.posts(f"{path}/message", SENTENCES | {"sms_tr": PARCEL, "body_tr": "Biz P\u0422T\u200b."})
    (seen,) = waiting(derya, ayses)
    page = derya.opens(f"/operator/providers/{ayses}").text
    assert "E-posta metni" in page and "Biz P\u0422[U+0422]T\u200b[U+200B]." in page
    derya.posts(f"/operator/providers/{ayses}/texts", {"seen": seen, "reason": "PTT siz değilsiniz."})
    with app.app_context():
        facts = mails.read_facts(vault(), rows.one(Mail, Mail.kind == MailKind.NAME_SETTLED))
    assert (facts["reason"], facts["brand"], facts["link"].endswith(path)) == ("PTT siz değilsiniz.", "Kasım", True)

    ayse.posts(f"{path}/launch")
    assert "PTT siz değilsiniz." in html.unescape(ayse.opens(path).text)
    assert rows.one(Campaign).launched_at is None and waiting(derya, ayses) == []
    ayse.posts(f"{path}/message", SENTENCES | {"sms_tr": "Yazabilir miyiz?"})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is None and waiting(derya, ayses) != [seen]
    derya.posts(f"/operator/providers/{ayses}/texts", {"seen": seen, "approve": "y"})
    assert rows.one(Review).act == ReviewAct.TEXT_DECLINED  # Nobody approves what no page shows.

    sentences = vars(message_texts.USUAL[CampaignKind.ASK]) | {"sms_en": message_texts.ENGLISH[CampaignKind.ASK][0]}
    ayse.posts(f"{path}/message", sentences)
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at and rows.count(MessageText) == 3 and waiting(derya, ayses) == []


def test_a_consent_point_opens_with_an_approved_text(app, ayse, derya, ayses, rows):
    address = test_point_pages.posted(ayse, title_tr=PARCEL).location
    slug = rows.one(ConsentPoint).slug
    ayse.posts(f"{address}/publish")
    assert "İncelemede" in html.unescape(ayse.opens(address).text)
    assert PARCEL not in Visitor(app, slug).opens().text and rows.one(Campaign).launched_at is None
    assert ayse.opens(f"{address}/poster.pdf").status_code == 404

    (seen,) = waiting(derya, ayses)
    derya.posts(f"/operator/providers/{ayses}/texts", {"seen": seen, "approve": "y"})
    ayse.posts(f"{address}/publish")
    assert PARCEL in Visitor(app, slug).opens().text

    settles(derya, ayses, {"seen": seen, "reason": "PTT sizin değil."})
    assert rows.one(ConsentPoint).closed_at and ayse.opens(f"{address}/poster.pdf").status_code == 404
    ayse.posts(f"{address}/publish")
    assert PARCEL not in Visitor(app, slug).opens().text
    assert {each.act for each in rows(AuditEntry)} >= {"review.text_declined", "point.closed"}


def test_a_decision_counts_for_one_firm_and_what_was_practised_waits_after_admission(app, ayses):
    with app.app_context():
        firms = db.session.get_one(Provider, ayses), make.provider(731_845, 731_845, "nil@example.com")
        drafts = [draft_of(firm) for firm in firms]
        make.approve_texts()
        firms[1].admitted_at = None
        found = message_texts.MessageWording(PARCEL, PARCEL, CARD)
        for draft in drafts:
            message_texts.save_wording(db.session, draft, found, 1, clock.now())
        assert [text.campaign for text in text_reviews.list_waiting(db.session)] == drafts[:1]
        assert text_reviews.is_approved(db.session, drafts[1])  # Nobody else reads it.

        make.approve_texts()
        firms[1].admitted_at = clock.now()
        assert [text_reviews.is_approved(db.session, draft) for draft in drafts] == [True, False]


def test_a_proved_host_waits_in_the_same_queue(app, ayse, derya, ayses, opens, rows):
    host, settle = "ptt-gonderiniz-bekliyor.example", f"/operator/providers/{ayses}/texts"
    with app.app_context():
        of, at = make.brand(), clock.now()
        its = {"host": host, "proof": "x", "verified_at": at, "created_at": at, "unreached_looks": 2}
        db.session.add(Domain(provider_id=of.provider_id, brand_id=of.id, **its))
        db.session.commit()
        page = f"/dashboard/brands/{of.id}"
    assert "henüz bu adla başlamaz" in html.unescape(ayse.opens(page).text)
    assert "Örnek Mağazacılık" in derya.opens("/operator/").text
    assert f"Bize gelmeyen alan adları: {host}" in html.unescape(derya.opens(f"/operator/providers/{ayses}").text)

    (seen,) = waiting(derya, ayses)
    derya.posts(settle, {"seen": seen, "reason": "Alan adı sizin değil."})

    assert waiting(derya, ayses) == [] and "henüz bu adla başlamaz" in html.unescape(ayse.opens(page).text)
    assert rows.one(Mail, Mail.kind == MailKind.NAME_SETTLED)
    assert [each.act for each in rows(AuditEntry, AuditEntry.subject == "domain")] == ["domain.declined"]

    settles(derya, ayses, {"seen": seen, "approve": "y"})
    path = opens()
    with app.app_context():
        make.approve_texts()
    for way in ("launch", "close"):
        ayse.posts(f"{path}/{way}")
    settles(derya, ayses, {"seen": seen, "reason": "Alan adı sizin değil."})
    ayse.posts(f"{path}/reopen")  # Messages that had not left would begin their links with it.
    assert rows.one(Campaign).stopped_at and rows.one(Campaign).closed_at is None


def test_a_decision_can_be_changed_and_the_last_one_counts(app, ayse, derya, ayses, opens, rows):
    path = opens(title_tr=PARCEL)
    (seen,) = waiting(derya, ayses)
    settles(derya, ayses, {"seen": seen, "approve": "y"})
    assert "Onayı geri al" in derya.opens(f"/operator/providers/{ayses}/approvals").text

    settles(derya, ayses, {"seen": seen})  # Without a reason.
    assert rows.count(Review) == 1
    for _ in range(2):
        settles(derya, ayses, {"seen": seen, "reason": "PTT sizin değil."})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is None and "PTT sizin değil." in html.unescape(ayse.opens(path).text)

    decided = html.unescape(derya.opens(f"/operator/providers/{ayses}").text).partition("Operatörün kararları")[2]
    assert f'class="told">{PARCEL}</td>' in decided
    settles(derya, ayses, {"seen": seen, "approve": "y"})
    ayse.posts(f"{path}/launch")
    assert rows.one(Campaign).launched_at is not None
    ayse.posts(f"{path}/pause")
    settles(derya, ayses, {"seen": seen, "reason": "PTT sizin değil."})  # It is closed at once.
    for way in ("resume", "reopen"):
        ayse.posts(f"{path}/{way}")
        assert rows.one(Campaign).closed_at is not None
    assert len(ayse.opens(f"{path}/links.csv").text.splitlines()) == 1
    approved, declined = ReviewAct.TEXT_APPROVED, ReviewAct.TEXT_DECLINED
    assert [each.act for each in rows(Review)] == [approved, declined, approved, declined]
    assert [each.act for each in rows(AuditEntry, AuditEntry.subject == "review")] == [
        "review.text_declined", "review.text_approved", "review.text_declined",
    ]  # fmt: skip


def test_closing_and_reopening_a_brand_beside_a_launch_lets_no_text_through(app, ayses, monkeypatch):
    """As two requests may interleave: the brand is closed while the texts are looked at, and open before and after."""
    with app.app_context():
        draft, at = draft_of(db.session.get_one(Provider, ayses)), clock.now()
        make.approve_texts()
        found = message_texts.MessageWording(PARCEL, PARCEL, CARD)
        message_texts.save_wording(db.session, draft, found, 1, at)
        make.add_to_audience(draft, make.PHONE)
        brand, asked = db.session.get_one(Brand, draft.brand_id), text_reviews.list_written

        def list_meanwhile(*arguments):
            brand.closed_at = at
            written = asked(*arguments)
            brand.closed_at = None
            return written

        monkeypatch.setattr(text_reviews, "list_written", list_meanwhile)
        with pytest.raises(launches.LaunchRefused):
            launches.launch(db.session, draft, by=None, at=at)
        assert not text_reviews.is_approved(db.session, draft)


def draft_of(firm: Provider) -> Campaign:
    """A campaign of a firm's first brand, with the usual text."""
    of = db.session.scalars(select(Brand).where(Brand.provider_id == firm.id)).one()
    wording = default_texts.default_wording(of.name, CampaignKind.REFUSE, make.NOTICE)
    at = clock.now()
    return campaigns.open_campaign(
        db.session, of, name="Ret", kind=CampaignKind.REFUSE, channels=list(Channel), wording=wording, contact=None,
        expires_at=None, delivery=Delivery.CSV, at=at, today=clock.day(at),
    )  # fmt: skip


def test_who_has_an_older_page_overturns_no_decision_of_a_colleague(derya, ayses, opens, rows):
    opens(title_tr=PARCEL, body_tr=CARD)
    (seen,), settle = waiting(derya, ayses), f"/operator/providers/{ayses}/texts"
    derya.posts(settle, {"seen": seen, "decided": "", "reason": "PTT siz değilsiniz."})
    declined = rows.one(Review)

    answer = derya.posts(settle, {"seen": seen, "decided": "", "approve": "y"})
    assert "değişti" in html.unescape(derya.opens(answer.location).text)
    assert rows.one(Review).act == ReviewAct.TEXT_DECLINED

    derya.posts(settle, {"seen": seen, "decided": str(declined.id), "approve": "y"})
    derya.posts(settle, {"seen": seen, "decided": str(declined.id), "reason": "Yine de PTT siz değilsiniz."})
    assert [each.act for each in rows(Review)] == [ReviewAct.TEXT_DECLINED, ReviewAct.TEXT_APPROVED]
