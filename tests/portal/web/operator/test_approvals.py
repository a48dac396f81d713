"""One act takes back whatever the operator approved of a firm: people see the firm's title and our words instead."""

import html
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    Campaign,
    CampaignKind,
    ConsentText,
    Delivery,
    Mail,
    MailKind,
    Message,
    MessageState,
    Provider,
    Receipt,
    Review,
    ReviewAct,
)
from portal.core.models.approvals import digest_of, find_taken_back
from portal.domain import audit, receipts
from portal.domain.campaigns import default_texts, lifecycle, message_texts, text_reviews
from portal.domain.notifications import mails
from portal.domain.providers import brand_requests, logos
from portal.services import approvals, launches
from tests import make
from tests.portal.domain.providers.test_logos import picture
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import bring_reply
from tests.portal.web.operator.test_text_reviews import draft_of, settles
from tests.portal.web.verification.pasted_messages import check, seen, text_sent

pytestmark = [pytest.mark.slow, pytest.mark.alike]

TITLE, REASON = "Örnek Mağazacılık A.Ş.", "Kargo şirketi değilsiniz."
SHOWN = {
    "name": "Hızlı Kargo", "header": "HIZLIKRG", "contact": "0850 999 99 99 kargo hattı",
    "notice_url": "https://kargo.baskasi.example/kvkk", "keyword": "KARGO", "reply_number": "4609",
}  # fmt: skip


@pytest.fixture
def code(app, ayses) -> str:
    """A link of a launched campaign, whose message waits, of a brand with everything that can be approved."""
    with app.app_context():
        brand = db.session.query(Brand).filter_by(provider_id=ayses).one()
        for field, words in SHOWN.items():
            setattr(brand, field, words)
        logo = logos.convert_logo(picture())
        brand.logo, brand.logo_digest = logo.png, logo.digest
        db.session.commit()
        bring_reply(delivery.add("verimor", provider_id=ayses), SHOWN["reply_number"])
    wording = default_texts.default_wording(SHOWN["name"], CampaignKind.ASK, SHOWN["notice_url"])
    links = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY, wording=wording)
    return links[make.PHONE].rpartition("/")[2]


@pytest.fixture
def take_back(app, derya, ayses):
    def send(field: str, words: str, reason: str = REASON):
        seen = digest_of(field, words).hex()
        return settles(derya, ayses, {"seen": seen, "reason": reason})

    return send


def test_everything_in_force_is_listed_with_a_way_to_take_it_back(app, derya, ayses, code, rows):
    page = html.unescape(derya.opens(f"/operator/providers/{ayses}/approvals").text)

    for words in SHOWN.values():
        assert f"<p>{words}</p>" in page
    assert f"{rows.one(Brand).logo_digest}.png" in page and f"<p>{TITLE}</p>" not in page
    assert page.count("Onayı geri al</button>") == len(SHOWN) + 2  # Also the logo, and the firm's own notice.


def test_of_many_brands_a_firms_pages_show_a_part_and_those_that_wait_first(app, derya, ayses):
    with app.app_context():
        for number in range(300, 501):
            brand = Brand(provider_id=ayses, brand_code=number, name=f"Marka {number}", created_at=clock.now())
            db.session.add(brand)
        brand.requested_name, brand.requested_at = "Yeni ad", clock.now()
        db.session.commit()
    path = f"/operator/providers/{ayses}"

    def opened(query: str) -> str:
        return html.unescape(derya.opens(f"{path}{query}").text)

    first, second = opened(""), opened("?page=2")
    assert "Yeni ad" in first and "Marka 300" in first and "Marka 499" not in first and f"{path}?page=2#names" in first
    assert "Yeni ad" not in second and "Marka 300" not in second and "Marka 499" in second
    first, second = opened("/approvals"), opened("/approvals?page=2")
    assert "Marka 300" in first and "Marka 500" not in first and "/approvals?page=2" in first
    assert "Marka 300" not in second and "Marka 500" in second
    found = opened("/approvals?q=MARKA 49")
    assert found.count("Onayı geri al</button>") == 10 and "Böyle bir onay yok" in opened("/approvals?q=yok")


@pytest.mark.parametrize("field", ["name", "contact", "notice_url"])
def test_a_page_falls_back_and_nothing_with_it_leaves_or_is_vouched_for(app, browser, code, take_back, rows, field):
    words, sent = SHOWN[field], text_sent(app, code)
    take_back(field, words, reason="")  # It needs a reason.
    assert words in html.unescape(browser.get(f"/k/{code}").text)
    take_back(field, words)

    for path in (f"/k/{code}", f"/u/{code}"):
        page = html.unescape(browser.get(path).text)
        assert words not in page and TITLE in page
    with app.app_context():
        launches.run(rows.one(Campaign).id, app.config["LINK_SALT"])
    assert rows.one(Message).state == MessageState.NOT_NEEDED and rows.one(Campaign).closed_at
    assert "kefil değiliz" in seen(check(browser, sent)) and rows.count(ConsentText) == 2
    with app.app_context():
        assert mails.read_facts(vault(), rows.one(Mail, Mail.kind == MailKind.NAME_SETTLED))["reason"] == REASON
        with pytest.raises(text_reviews.TextNotApproved):
            lifecycle.reopen(db.session, db.session.get_one(Campaign, rows.one(Campaign).id), clock.now())
    acts = {each.act for each in rows(AuditEntry)}
    assert acts >= {"review.text_declined", "campaign.stopped", "campaign.closed"}


@pytest.mark.parametrize("field", ["name", "contact"])
def test_what_proves_a_decision_is_shown_without_what_was_taken_back(app, browser, code, take_back, rows, field):
    """Also where it holds what the firm is called or reached by now."""
    receipt = make.Person(browser, code).decides(MESAJ="ONAY").location
    token = browser.get(f"{receipt}/belge.jws").text

    def verify(**what: str) -> str:
        return html.unescape(seen(browser.post("/dogrula", data=what)))

    shown = verify(token=token)
    assert SHOWN[field] in shown and "onayını sonradan geri aldık" not in shown
    take_back(field, SHOWN[field])

    by_number = verify(number=receipts.format_number(rows.one(Receipt).number))
    assert f"onayını sonradan geri aldık, onlara güvenmeyin: {SHOWN[field]}" in verify(token=token)
    assert "gerçek bir belge var" in by_number and (field != "name" or SHOWN[field] not in by_number)


@pytest.mark.parametrize("field", ["header", "keyword", "reply_number", "logo_digest"])
def test_a_brand_is_without_what_was_taken_back(app, browser, code, take_back, rows, field):
    words, sent = getattr(rows.one(Brand), field), text_sent(app, code)
    take_back(field, words)

    its = rows.one(Brand)
    assert getattr(its, field) is None and (field != "logo_digest" or "/logo/" not in browser.get(f"/k/{code}").text)
    assert rows.one(Review).act == ReviewAct.TEXT_DECLINED
    is_said = field in ("keyword", "reply_number")
    assert bool(rows.one(Campaign).stopped_at) == is_said == ("kefil değiliz" in seen(check(browser, sent)))


def test_what_hung_on_a_name_goes_with_it_and_waits_when_it_is_wanted_again(app, ayses, code, take_back, rows):
    title = "Mavi A.Ş."  # Short enough for a header.
    with app.app_context():
        brand = db.session.get_one(Brand, rows.one(Brand).id)
        db.session.get_one(Provider, ayses).title = title
        brand.header, brand.keyword, brand.reply_number = "HIZLI KARGO", "HIZLIKARGO", "8509999999"
        db.session.commit()
    take_back("contact", SHOWN["contact"])
    take_back("name", SHOWN["name"])
    assert SHOWN["name"] in rows.one(Brand).former_names  # As which people answer to what it sent.

    with app.app_context():
        brand, provider = db.session.get_one(Brand, rows.one(Brand).id), db.session.get_one(Provider, ayses)
        assert (brand.name, brand.header, brand.keyword, brand.reply_number) == (title, None, "HIZLIKARGO", None)
        db.session.add(
            Review(provider_id=ayses, act=ReviewAct.TEXT_DECLINED, note=f"{title}\nNeden",
                   digest=digest_of("header", title), made_by=1, made_at=clock.now())
        )  # fmt: skip
        db.session.flush()
        wanted = {"name": title, "header": title, "notice_url": SHOWN["notice_url"]}
        brand_requests.request_change(provider, brand, wanted, notices={SHOWN["notice_url"]}, at=clock.now())
        assert (brand.header, brand.requested_header, brand.notice_url) == (None, title, SHOWN["notice_url"])
        assert make.approve_request(brand) and not find_taken_back(db.session, ayses).holds("header", title)


def test_of_a_suspended_firm_its_name_stays_and_nothing_that_leads_to_it(app, browser, code):
    receipt = make.Person(browser, code).decides(MESAJ="ONAY").location
    pages = [f"/k/{code}", f"/u/{code}", f"/k/{code}/ben-degilim", receipt]

    def told(path: str) -> list[bool]:
        page = html.unescape(browser.get(path).text)
        return [each in page for each in (SHOWN["contact"], SHOWN["notice_url"], "/logo/", SHOWN["name"])]

    assert told(pages[0]) == [True] * 4
    with app.app_context():
        db.session.execute(db.update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    for path in pages:
        assert told(path) == [False, False, False, True], path
        assert TITLE in browser.get(path).text
    claims = browser.get(f"{receipt}/belge.json").json["receipt"]["pii_controllers"][0]
    assert (claims["party_contact"], claims["privacy_notice"], claims["brand"]) == ("", "", SHOWN["name"])


def test_a_firm_that_is_tried_out_has_nothing_to_take_back(app, derya, ayses, rows):
    with app.app_context():
        db.session.get_one(Provider, ayses).admitted_at = None
        db.session.commit()
    assert "Yürürlükteki onaylar" not in derya.opens(f"/operator/providers/{ayses}").text


@pytest.fixture
def draft(app, ayses) -> int:
    """A campaign that can be launched, of a brand whose name was approved."""
    with app.app_context():
        db.session.query(Brand).filter_by(provider_id=ayses).one().name = SHOWN["name"]
        made = draft_of(db.session.get_one(Provider, ayses))
        make.add_to_audience(made, make.PHONE)
        db.session.commit()
        return made.id


def test_an_act_beside_a_launch_waits_for_it_and_halts_it(app, derya, ayses, draft, rows):
    seen = {"seen": digest_of("name", SHOWN["name"]).hex(), "reason": REASON}
    with app.app_context(), ThreadPoolExecutor(1) as pool:
        launches.launch(db.session, db.session.get_one(Campaign, draft), by=None, at=clock.now())
        db.session.flush()
        acting = pool.submit(derya.posts, f"/operator/providers/{ayses}/texts", seen)
        wait([acting], timeout=1)
        audit.note(db.session, "campaign.launched", "campaign", draft, provider_id=ayses, at=clock.now())
        db.session.commit()
        acting.result()

    assert rows.one(Campaign).launched_at and rows.one(Campaign).closed_at and rows.one(Campaign).stopped_at


def test_a_launch_beside_an_act_waits_for_it_and_is_refused(app, ayses, draft, rows):
    def launch_meanwhile():
        with app.app_context():
            found, by = db.session.get_one(Campaign, draft), {"by": None, "at": clock.now()}
            launches.launch(db.session, found, **by)
            db.session.commit()

    with app.app_context(), ThreadPoolExecutor(1) as pool:
        found = message_texts.MessageWording("PTT: gönderiniz bekliyor", "PTT", "PTT")
        message_texts.save_wording(db.session, db.session.get_one(Campaign, draft), found, 1, clock.now())
        make.approve_texts()
        provider = db.session.get_one(Provider, ayses, with_for_update={"key_share": True})
        seen = next(each for each in approvals.list_approvals(db.session, provider) if each.kind == approvals.TEXT)
        decided = {"by": 1, "reason": REASON, "at": clock.now()}
        assert approvals.take_back(db.session, provider, seen.digest.hex(), **decided)
        launching = pool.submit(launch_meanwhile)
        wait([launching], timeout=1)
        db.session.commit()
        with pytest.raises(launches.LaunchRefused):
            launching.result()

    assert rows.one(Campaign).launched_at is None
