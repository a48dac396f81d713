"""Whom a campaign may ask, and what it offers: once, never after a refusal, only what an address can serve."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    Campaign,
    CampaignKind,
    ConsentRequest,
    ContactKind,
    Decision,
    Delivery,
    ExclusionReason,
    Message,
)
from portal.domain import campaigns
from portal.domain.campaigns import default_texts, exclusion
from portal.services import launches
from tests import grants, make
from tests.make import Person
from tests.portal.services.exports.held_consents import Holder

pytestmark = pytest.mark.slow

LANDLINE = "+902123456789"


def opened(contact, kind=CampaignKind.ASK) -> Campaign:
    at, brand = clock.now(), make.brand()
    return campaigns.open_campaign(
        db.session, brand, name="Deneme", kind=kind, channels=list(Channel),
        wording=default_texts.default_wording(brand.name, kind, make.NOTICE),
        contact=contact, expires_at=at + timedelta(days=30), delivery=Delivery.CSV, at=at, today=clock.day(at),
    )  # fmt: skip


def entries(rows, campaign_id: int) -> list[AudienceEntry]:
    return rows(AudienceEntry, AudienceEntry.campaign_id == campaign_id)


def launched(app, text: str, **facts) -> int:
    """A launched campaign over those addresses; its id."""
    with app.app_context():
        made = make.campaign(**facts)
        make.add_to_audience(made, text)
        make.launch(made, app.config["LINK_SALT"])
        campaign_id = made.id
        db.session.rollback()
    return campaign_id


@pytest.mark.parametrize("days_ahead", [1, 400])
def test_a_contact_is_not_in_the_future(app, days_ahead):
    with app.app_context():
        contact = campaigns.Contact(ContactKind.VISIT, clock.day(clock.now()) + timedelta(days=days_ahead))

        with pytest.raises(campaigns.ContactToCome):
            opened(contact)
        db.session.rollback()


def test_nobody_is_asked_without_a_contact(app, rows):
    """A list may say it of each person; the campaign's is for those of whom it says nothing."""
    today = clock.day(clock.now())
    both, kind_only = f"{make.PHONE};Üyelik;{today:%d.%m.%Y}", f"{make.EMAIL};Üyelik;"
    with app.app_context():
        own = opened(None)
        make.add_to_audience(own, f"İletişim;İlk temas nedeni;Temas tarihi\n{both}\n{kind_only}")
        make.launch(own, app.config["LINK_SALT"])
        own_id = own.id

    asked, left_out = entries(rows, own_id)
    assert (asked.contact_kind, asked.contact_date, asked.link_id is None) == (ContactKind.MEMBERSHIP, today, False)
    assert (left_out.left_out, left_out.link_id) == (ExclusionReason.NO_CONTACT, None)


def test_a_refusing_campaign_needs_no_contact_and_never_expires(app):
    with app.app_context():
        made = opened(None, CampaignKind.REFUSE)

        assert made.expires_at is None
        db.session.rollback()


def test_a_campaign_without_audience_cannot_be_launched(app):
    with app.app_context():
        empty = make.campaign()

        with pytest.raises(campaigns.CannotLaunch):
            campaigns.launch(db.session, empty, clock.now())
        db.session.rollback()


def test_a_campaign_is_launched_once(app):
    with app.app_context():
        made = make.campaign()
        make.add_to_audience(made, make.PHONE)
        make.launch(made, app.config["LINK_SALT"])

        with pytest.raises(campaigns.CannotLaunch):
            campaigns.launch(db.session, made, clock.now())
        db.session.rollback()


def test_a_launched_audience_takes_nobody_in(app, rows):
    with app.app_context():
        made = make.campaign()
        make.add_to_audience(made, make.PHONE)
        make.launch(made, app.config["LINK_SALT"])

        with pytest.raises(campaigns.AudienceClosed):
            make.add_to_audience(made, make.EMAIL)
        db.session.rollback()

    assert rows.count(AudienceEntry) == 1


def test_one_who_refused_is_left_out_and_listed(app, browser, rows):
    Person(browser, make.codes(app)[make.PHONE]).decides(ARAMA="RET")

    second = launched(app, f"{make.PHONE}\n{make.EMAIL}")

    assert {entry.left_out for entry in entries(rows, second)} == {
        ExclusionReason.REFUSED,
        ExclusionReason.ALREADY_ASKED,
    }
    assert all(entry.link_id is None for entry in entries(rows, second))


def test_whose_refusal_of_calls_only_iys_holds_is_not_asked_but_may_refuse_here(app, rows):
    with app.app_context():
        make.brand()
        db.session.rollback()
    Holder(app).decides(at_iys=Status.REFUSED, channel=Channel.CALL)

    asking = launched(app, make.PHONE)
    refusing = launched(app, make.PHONE, kind=CampaignKind.REFUSE)

    assert [entry.left_out for entry in entries(rows, asking)] == [ExclusionReason.REFUSED]
    assert [entry.left_out for entry in entries(rows, refusing)] == [None]


@pytest.mark.parametrize("kind", CampaignKind)
@pytest.mark.parametrize("decision", [{"status": Status.REFUSED}, {"at_iys": Status.REFUSED}], ids=["here", "at İYS"])
@pytest.mark.parametrize(
    ("address", "carrier", "asked"), [(make.PHONE, Channel.SMS, Channel.CALL), (make.EMAIL, Channel.EMAIL, None)]
)
def test_no_link_goes_over_a_channel_that_was_refused(app, rows, kind, decision, address, carrier, asked):
    with app.app_context():
        make.brand()
        db.session.rollback()
    Holder(app).decides(address, channel=carrier, **decision)

    only = launched(app, address, kind=kind, channels=[asked or carrier])

    assert [(entry.left_out, entry.link_id) for entry in entries(rows, only)] == [(ExclusionReason.REFUSED, None)]


def test_a_refusal_of_a_channel_that_is_not_asked_for_is_no_hindrance(app, browser, rows):
    codes = make.codes(app, make.PHONE, channels=[Channel.CALL])
    Person(browser, codes[make.PHONE]).decides(ARAMA="RET")

    second = launched(app, make.PHONE, channels=[Channel.SMS])

    (entry,) = entries(rows, second)
    assert (entry.left_out, entry.channels) == (None, "MESAJ")


def test_nobody_is_asked_twice_for_a_channel(app, rows):
    launched(app, f"{make.PHONE}\n{make.EMAIL}")

    second = launched(app, f"{make.PHONE}\n{make.EMAIL}")

    assert [entry.left_out for entry in entries(rows, second)] == [ExclusionReason.ALREADY_ASKED] * 2


def test_a_second_campaign_asks_for_the_other_channel_only(app, rows):
    launched(app, make.PHONE, channels=[Channel.SMS])

    second = launched(app, make.PHONE)

    (entry,) = entries(rows, second)
    assert (entry.left_out, entry.channels) == (None, "ARAMA")


def test_an_address_gets_one_link_with_the_channels_it_can_serve(app, rows):
    only = launched(app, f"{make.PHONE}\n{make.EMAIL}\n{LANDLINE}\n{make.PHONE}")

    assert sorted(entry.channels for entry in entries(rows, only)) == ["ARAMA", "EPOSTA", "MESAJ,ARAMA"]
    assert len({entry.link_id for entry in entries(rows, only)}) == 3


def test_a_landline_is_not_asked_for_text_messages(app, rows):
    only = launched(app, f"{LANDLINE}\n{make.PHONE}", channels=[Channel.SMS])

    told = {entry.channels: (entry.left_out, entry.link_id is not None) for entry in entries(rows, only)}
    assert told == {None: (ExclusionReason.NO_CHANNEL, False), "MESAJ": (None, True)}


def test_a_refusing_link_offers_what_is_not_refused_yet(app, browser, rows):
    codes = make.codes(app)
    Person(browser, codes[make.PHONE]).decides(ARAMA="RET")
    Person(browser, codes[make.EMAIL]).decides(EPOSTA="RET")

    offering = launched(app, f"{make.PHONE}\n{make.EMAIL}", kind=CampaignKind.REFUSE)

    told = {entry.channels: entry.left_out for entry in entries(rows, offering)}
    assert told == {"MESAJ": None, "EPOSTA": ExclusionReason.REFUSED}


def test_a_refusal_is_offered_once_in_90_days_and_is_no_request(app, rows):
    launched(app, make.PHONE, kind=CampaignKind.REFUSE)
    again = launched(app, f"{make.PHONE}\n{make.EMAIL}", kind=CampaignKind.REFUSE)
    asking = launched(app, make.PHONE)
    with time_machine.travel(clock.now() + exclusion.BETWEEN_OFFERS):
        later = launched(app, make.PHONE, kind=CampaignKind.REFUSE)

    assert [entry.left_out for entry in entries(rows, again)] == [ExclusionReason.OFFERED_LATELY, None]
    assert [entry.left_out for entry in [*entries(rows, asking), *entries(rows, later)]] == [None, None]


def test_a_reconfirmation_asks_only_for_what_may_be_used_and_silence_changes_nothing(app, browser, rows):
    """Nobody is messaged over a channel without a valid consent, and nothing new is asked for."""
    with app.app_context():
        make.brand()
        db.session.rollback()
    both, calls_only, unregistered, refused = grants.phones(4)
    for phone in (both, calls_only, refused):
        Holder(app).grants(phone, channel=Channel.CALL)
    Holder(app).grants(both)
    Holder(app).decides(unregistered)
    Holder(app).decides(refused, Status.REFUSED)
    texts = [both, calls_only, unregistered, refused, make.EMAIL]

    codes = make.codes(app, "\n".join(texts), kind=CampaignKind.RECONFIRM)
    again = launched(app, both, kind=CampaignKind.RECONFIRM)

    left_out = [entry.left_out for entry in rows(AudienceEntry, AudienceEntry.link_id.is_(None))]
    assert list(codes) == [both] and Counter(left_out) == {
        ExclusionReason.NO_PERMISSION: 3, ExclusionReason.REFUSED: 1, ExclusionReason.OFFERED_LATELY: 1,
    }  # fmt: skip
    assert [entry.campaign_id for entry in rows(AudienceEntry)][-1] == again and rows.count(ConsentRequest) == 0
    page = Person(browser, codes[both]).opens().text
    assert "izninizi teyit eder misiniz?" in page and page.count('value="ONAY"') == 2
    before = rows.count(Decision)
    Person(browser, codes[both]).decides(MESAJ="ONAY", ARAMA="RET")
    made = rows(Decision)[before:]
    assert {(each.channel, each.status, each.origin) for each in made} == {
        ("MESAJ", "ONAY", "link"), ("ARAMA", "RET", "link"),
    }  # fmt: skip


def test_campaigns_launched_at_once_ask_each_address_once(app, rows):
    phones = [f"+90532{number:07}" for number in range(1500)]
    with app.app_context():
        ids = [draft(phones), draft(phones[::-1]), draft(phones)]
    start = threading.Barrier(len(ids))

    at_once([lambda which=which: launch_in_thread(app, which, start) for which in ids])

    linked = rows(AudienceEntry, AudienceEntry.link_id.is_not(None))
    asked = [(entry.recipient_id, channel) for entry in linked for channel in entry.channels.split(",")]
    assert len(asked) == len(set(asked)) == 2 * len(phones)
    assert rows.count(ConsentRequest) == 2 * len(phones)
    left = rows(AudienceEntry, AudienceEntry.left_out == ExclusionReason.ALREADY_ASKED)
    assert len(linked) + len(left) == 3 * len(phones)
    assert all(campaign.linked_at for campaign in rows(Campaign))


def draft(phones: list[str]) -> int:
    made = make.campaign()
    make.add_to_audience(made, "\n".join(phones))
    campaigns.launch(db.session, made, clock.now())
    db.session.commit()
    return made.id


def launch_in_thread(app, campaign_id: int, start: threading.Barrier) -> None:
    with app.app_context():
        start.wait(20)
        launches.run(campaign_id, app.config["LINK_SALT"])


def at_once(acts: list) -> None:
    """Run the acts in threads; whatever one raises is raised here."""
    failures = []

    def run(act):
        try:
            act()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def test_progress_counts_links_reasons_and_what_waits(app, rows):
    launched(app, make.PHONE)
    second = launched(app, f"{make.PHONE}\n{make.EMAIL}\n{LANDLINE}")

    with app.app_context():
        progress = campaigns.count_progress(db.session, db.session.get_one(Campaign, second))
        counted = db.session.scalar(select(func.count()).select_from(Message))
        db.session.rollback()

    assert (progress.audience, progress.links, progress.waiting) == (3, 2, 0)
    assert progress.left_out == {ExclusionReason.ALREADY_ASKED: 1}
    assert counted == 0
