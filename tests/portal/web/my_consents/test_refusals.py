"""Refusing at İzinlerim: a channel, a brand, or everything, in one act with one receipt; and never granting."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    Brand,
    Complaint,
    Decision,
    DecisionOrigin,
    Message,
    MessageKind,
    Provider,
    Receipt,
    Recipient,
)
from portal.domain.consents import recipients, spellings
from portal.services.messaging.outgoing_messages import clear_address
from tests import make
from tests.portal.api.programs import BULK, Program, grant, make_key, refusal
from tests.portal.domain.complaints.cast import code_of
from tests.portal.web.my_consents.conftest import LIST, UNKNOWN, Visitor
from tests.portal.web.my_consents.test_new_holder import NEW
from tests.portal.web.my_consents.test_overview import another_provider, granted, many_brands  # noqa: F401 - a fixture among them
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def of_mine(rows) -> set:
    return {
        (each.brand_id, each.channel.value, each.status)
        for each in rows(Decision, Decision.origin == DecisionOrigin.MINE)
    }


def test_one_channel_is_refused(granted, rows):  # noqa: F811
    brand_id = rows(Decision)[0].brand_id

    refused = granted.posts(LIST, refuse=f"{brand_id}-MESAJ")

    assert (refused.status_code, refused.location.partition("#")[0]) == (303, LIST)
    assert of_mine(rows) == {(brand_id, "MESAJ", Status.REFUSED)}
    receipt = rows.one(Receipt, Receipt.origin == DecisionOrigin.MINE)
    page = granted.opens().text
    assert "-".join(receipt.number[n : n + 4] for n in range(0, 16, 4)) in page
    assert "Ret kararınız kaydedildi" in page


def test_what_the_firm_stated_is_refused_once_more_by_the_person(app, fatma, rows):
    """Its next list would overturn its own statement, or its file be taken back."""
    with app.app_context():
        program = Program(app, make_key(db.session.scalars(select(Provider)).one()))
    program.post(BULK, {"consents": [refusal(make.PHONE, type=each) for each in ("MESAJ", "ARAMA")]})
    fatma.comes_in()
    page = fatma.opens().text
    fatma.posts(LIST, refuse="all")
    after = fatma.opens().text
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        program.post(BULK, {"consents": [refusal(make.PHONE, type=each) for each in ("MESAJ", "ARAMA")]})
        repeated = fatma.opens().text
    with time_machine.travel(clock.now() + timedelta(days=1)):
        listed = program.post(BULK, {"consents": [grant(make.PHONE)]}).json["results"]

    assert "Reddedildi: firma bildirdi" in page and 'value="all"' in page and '-MESAJ"' in page
    for later in (after, repeated):  # What the firm repeats changes nothing of whose word it is.
        assert "firma bildirdi" not in later and 'name="refuse"' not in later
    assert [each["problem"]["code"] for each in listed] == ["over_refusal"]


def test_everything_is_refused_of_the_mailbox_by_whichever_spelling_firms_have_it(app, fatma, rows):
    another_provider(app, holds=make.EMAIL.replace("@", "+izin@"))
    another_provider(app, 3, "Yabancı Marka", make.EMAIL.replace("@", "x@"))
    fatma.address = make.EMAIL
    fatma.comes_in()
    offered = fatma.opens().text
    fatma.posts(LIST, refuse="all")

    assert "başka yazılışları da kayıtlı (nokta, + ya da başka alan adı ile): Başka Marka." in offered
    assert len(of_mine(rows)) == 2
    assert 'value="all"' not in fatma.opens().text


@pytest.mark.parametrize("button", ["all", "new"])
def test_each_spelling_has_a_receipt_and_the_proved_one_is_told(app, rows, button):
    """The first firm has two of the mailbox, another one, which came first, a third."""
    another_provider(app, holds=make.EMAIL.replace("@", "+b@"))
    make.codes(app)
    with app.app_context():
        spelled = [addresses.parse(make.EMAIL.replace("@", "+eski@"))]
        recipients.gather(db.session, vault(), make.brand().provider_id, spelled, clock.now())
        db.session.commit()
    fatma = Visitor(app, app.test_client(), make.EMAIL)
    fatma.comes_in()
    form, path = fatma.token(LIST), LIST if button == "all" else NEW
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        first, again = (fatma.browser.post(path, data={"form": form, "refuse": "all"}).location for _ in range(2))
        page = first if button == "new" else re.search(r'/m/[^"/?]+', fatma.opens().text)[0]
    receipts = rows(Receipt)
    listed = [fatma.browser.get(f"/m/{code_of(app, each)}/belge.json").json["receipt"]["purposes"] for each in receipts]

    assert first == again and len({each.number for each in receipts}) == 3
    assert [len(each) for each in listed] == [1, 1, 1]
    with app.app_context():
        whose = {each.id: recipients.address_of(vault(), each) for each in db.session.query(Recipient)}
        told = db.session.query(Message).filter_by(kind=MessageKind.REFUSAL).all()
        assert [clear_address(each, None) for each in told] == [make.EMAIL] * (button == "all")
    [own] = [each for each in receipts if whose[each.recipient_id] == make.EMAIL]
    assert page.startswith(f"/m/{code_of(app, own)}")
    assert {each.receipt_id for each in told} <= {own.id}


def test_a_firm_with_very_many_spellings_keeps_no_other_firms_back(app, fatma, rows, monkeypatch):
    """Those that one act leaves are told, and refused by the next ones; what it writes is counted, brand by brand."""
    monkeypatch.setattr(spellings, "MOST_KEYS", 25)
    many = [addresses.parse(make.EMAIL.replace("@", f"+{n:04}@")) for n in range(20)]
    with app.app_context():
        hostile = make.provider(700009, 700009, "many@example.com")
        db.session.add(Brand(provider_id=hostile.id, brand_code=800001, name="İki", created_at=clock.now()))
        recipients.gather(db.session, vault(), hostile.id, many, clock.now())
        db.session.commit()
    zara = another_provider(app, holds=make.EMAIL.replace("@", "+zara@"))
    fatma.address = make.EMAIL
    fatma.comes_in()
    pages, refused = [fatma.opens().text], []
    for _ in range(2):
        fatma.posts(LIST, refuse="all")
        pages.append(fatma.opens().text)
        refused.append(rows(Decision, Decision.origin == DecisionOrigin.MINE))

    told = [re.search(r"Adresinizin (\d+) yazılışı henüz", each) for each in pages]
    assert [each and each[1] for each in told] == ["21", "8", None]
    assert ['value="all"' in each for each in pages] == [True, True, False]
    assert len(refused[0]) == 26 and zara in {each.brand_id for each in refused[0]}
    assert len({each.recipient_id for each in rows(Receipt)}) == 22


def test_one_brand_is_refused_and_others_are_left(app, granted, rows):  # noqa: F811
    other = another_provider(app)
    brand_id = rows(Decision)[0].brand_id

    granted.posts(LIST, refuse=str(brand_id))

    assert of_mine(rows) == {(brand_id, "MESAJ", Status.REFUSED), (brand_id, "ARAMA", Status.REFUSED)}
    assert other not in {each.brand_id for each in rows(Decision)}


def test_everything_is_refused_with_one_receipt(app, granted, rows):  # noqa: F811
    brand_id, other = rows(Decision)[0].brand_id, another_provider(app)

    granted.posts(LIST, refuse="all")

    assert of_mine(rows) == {
        (brand_id, "MESAJ", Status.REFUSED),
        (brand_id, "ARAMA", Status.REFUSED),
        (other, "MESAJ", Status.REFUSED),
        (other, "ARAMA", Status.REFUSED),
    }
    receipts = rows(Receipt, Receipt.origin == DecisionOrigin.MINE)
    assert len(receipts) == 2 and len({each.number for each in receipts}) == 1
    page = granted.opens().text
    assert 'value="all"' not in page and "Reddet</button>" not in page


@pytest.mark.parametrize("button", ["all", "brand"])
def test_a_refusal_counts_for_an_hour_after_the_session_and_shows_nothing(granted, rows, button):  # noqa: F811
    brand_id, form = rows(Decision)[0].brand_id, granted.token(LIST)
    posted = {"form": form, "refuse": str(brand_id) if button == "brand" else button}
    with time_machine.travel(clock.now() + timedelta(minutes=74)) as traveller:
        late = granted.browser.post(LIST, data=posted)
        made = of_mine(rows)
        traveller.shift(timedelta(minutes=2))
        lost = granted.browser.post(LIST, data=posted)

    assert late.status_code == 200 and "Ret kararınız kaydedildi" in late.text
    assert "Örnek Mağaza" not in late.text and "/m/" not in late.text
    assert made == {(brand_id, channel, Status.REFUSED) for channel in ("MESAJ", "ARAMA")}
    assert lost.status_code == 410 and "Bastığınız düğme kaydedilmedi" in lost.text
    assert of_mine(rows) == made and len({each.number for each in rows(Receipt)}) == 2


def test_late_too_a_form_without_its_token_or_after_leaving_refuses_nothing(granted, rows):  # noqa: F811
    cookie, form = granted.browser.get_cookie("izinlerim").value, granted.token(LIST)
    with time_machine.travel(clock.now() + timedelta(minutes=20)):
        assert granted.browser.post(LIST, data={"form": form[::-1], "refuse": "all"}).status_code == 400
        granted.browser.post("/izinlerim/cik", data={"form": form})
        granted.browser.set_cookie("izinlerim", cookie)  # A copy of it.
        assert granted.browser.post(LIST, data={"form": form, "refuse": "all"}).status_code == 410

    assert of_mine(rows) == set()


def test_a_refusal_counts_where_the_address_changed_hands_in_the_session_and_shows_nothing(app, granted, rows):  # noqa: F811
    """By “this is not me” in another tab, at another firm, say."""
    brand_id, form = rows(Decision)[0].brand_id, granted.token(LIST)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        another_firm_hears(app, clock.now())
        asked = granted.browser.post("/izinlerim/silme", data={"form": form, "provider": "all"})
        refused = granted.browser.post(LIST, data={"form": form, "refuse": "all"})

    assert asked.status_code == 410 and "Bastığınız düğme kaydedilmedi" in asked.text and not rows.count(Complaint)
    assert refused.status_code == 200 and "Ret kararınız kaydedildi" in refused.text
    assert "Örnek Mağaza" not in refused.text and "/m/" not in refused.text
    assert {(brand_id, channel, Status.REFUSED) for channel in ("MESAJ", "ARAMA")} < of_mine(rows)
    with time_machine.travel(clock.now() + timedelta(minutes=4)):
        granted.comes_in()
        assert 'href="/m/' in granted.opens(f"/izinlerim/marka/{brand_id}").text


def test_the_receipt_can_be_opened(app, granted, browser):  # noqa: F811
    another_provider(app)
    granted.posts(LIST, refuse="all")

    page = granted.opens().text
    receipt = browser.get(page.partition('href="/m/')[2].partition('"')[0].join(("/m/", "")))

    assert receipt.status_code == 200
    assert "Örnek Mağaza" in receipt.text and "Başka Marka" in receipt.text


def test_pressed_twice_it_is_refused_once(granted, rows):  # noqa: F811
    brand_id, form = rows(Decision)[0].brand_id, granted.token(LIST)

    with time_machine.travel(clock.now()) as traveller:
        traveller.shift(2)
        answers = [
            granted.browser.post(LIST, data={"form": form, "refuse": f"{brand_id}-MESAJ"}).status_code for _ in range(2)
        ]

    assert answers == [303, 303]
    assert len(rows(Decision, Decision.origin == DecisionOrigin.MINE)) == 1


def test_a_refusal_within_a_second_of_a_grant_is_taken(app, browser, rows):
    code = make.codes(app)[make.PHONE]
    with time_machine.travel(clock.now(), tick=False):
        fatma = Visitor(app, app.test_client())
        fatma.comes_in()
        make.Person(browser, code).decides(MESAJ="ONAY")
        answers = [fatma.posts(LIST, refuse="all").status_code for _ in range(2)]

    assert answers == [303, 303]


def test_nobody_grants_here(app, granted, rows):  # noqa: F811
    brand_id = rows(Decision)[0].brand_id
    for word in (f"{brand_id}-ONAY", f"{brand_id}-MESAJ-ONAY", "ONAY", "grant", "", f"{brand_id}-EPOSTA", "9" * 500):
        assert granted.posts(LIST, refuse=word, MESAJ="ONAY", status="ONAY").status_code == 404

    assert of_mine(rows) == set()
    assert "ONAY" not in granted.opens().text


def test_somebody_elses_brand_is_not_refused(app, granted, rows):  # noqa: F811
    theirs = another_provider(app, 3, "Yabancı Marka", UNKNOWN)

    assert granted.posts(LIST, refuse=str(theirs)).status_code == 404
    assert of_mine(rows) == set()


def test_a_mail_address_refuses_mail_alone(app, rows):
    make.codes(app)
    fatma = Visitor(app, app.test_client(), make.EMAIL)
    fatma.comes_in()

    fatma.posts(LIST, refuse="all")

    assert {each.channel.value for each in rows(Decision)} == {"EPOSTA"}


def test_what_was_seen_is_kept_sealed(granted, rows):  # noqa: F811
    granted.posts(LIST, refuse="all")

    receipt = rows.one(Receipt, Receipt.origin == DecisionOrigin.MINE)
    assert receipt.link_id is None and b"127.0.0.1" not in receipt.request_metadata


def test_one_stays_on_the_page_of_the_list(app, granted):  # noqa: F811
    many_brands(app, 45)
    form = granted.token(LIST)

    refused = granted.browser.post(f"{LIST}?sayfa=2", data={"form": form, "refuse": "all"})

    assert refused.location.startswith(f"{LIST}?sayfa=2")


def test_what_one_refuses_stays_in_its_place(app, granted):  # noqa: F811
    another_provider(app)  # It comes before the other by name, and has no grant.

    granted.posts(LIST, refuse="all")

    page = granted.opens().text
    assert page.index("Örnek Mağaza</h2>") > page.index("Başka Marka</h2>")  # Both were refused now.


def test_who_was_refused_now_still_comes_before_who_never_asked(app, granted, rows):  # noqa: F811
    another_provider(app)

    granted.posts(LIST, refuse=str(rows(Decision)[0].brand_id))

    page = granted.opens().text
    assert page.index("Örnek Mağaza</h2>") < page.index("Başka Marka</h2>")
