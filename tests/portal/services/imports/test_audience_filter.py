"""People chosen for an audience by what they said or got: whom to ask, and whom not."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

import shortlinks
from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    AudienceEntry,
    AudienceList,
    Campaign,
    CampaignKind,
    Consent,
    ConsentRequest,
    Decision,
    Delivery,
    EventKind,
    EventOutcome,
    ExclusionReason,
    GatewayEvent,
    Message,
    MessageState,
    Outcome,
    Recipient,
    Submission,
    UnsentReason,
)
from portal.domain import audit
from portal.domain.consents import recipients
from portal.domain.consents.evidence import Strength
from portal.services import launches
from portal.services.imports import audience_filter, batches, uploads, waiting_lists
from portal.services.imports.audience_filter import AudienceFilter, FilterKind
from portal.services.imports.row_errors import RowErrors
from tests import grants, make
from tests.files.people import xlsx_of
from tests.portal.services.exports.held_consents import Holder
from tests.portal.services.imports.test_worker import LAYOUT, begin, finish
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = pytest.mark.slow


def added(app, wanted: AudienceFilter, **facts) -> dict[str, str]:
    """Whom a filter adds to a new campaign, by address with their channels, as the count before said."""
    with app.app_context():
        made = make.campaign(**facts)
        expected = audience_filter.count_people(db.session, made, wanted)
        waiting_lists.read(waiting_lists.store_filter(db.session, made, wanted, None))
        rows = select(Recipient, AudienceEntry.channels).join(AudienceEntry).where(AudienceEntry.campaign_id == made.id)
        found = {recipients.address_of(vault(), row.Recipient): row.channels for row in db.session.execute(rows)}
        kept = db.session.scalars(select(AudienceList).where(AudienceList.campaign_id == made.id)).one()
        assert (kept.good, kept.added, kept.content, kept.problem) == (expected, len(found), None, None)
        assert audience_filter.count_people(db.session, made, wanted) == 0
        db.session.rollback()
    return found


@pytest.fixture
def holder(app):
    with app.app_context():
        make.provider()
    return Holder(app)


def hold(person: Recipient) -> None:
    """What somebody answered may refuse, and nobody has read it yet."""
    gateway_id = delivery.add("verimor")
    db.session.add(
        GatewayEvent(
            provider_id=person.provider_id, gateway_id=gateway_id, kind=EventKind.REPLY, digest=b"%032d" % person.id,
            received_at=clock.now(), outcome=EventOutcome.LIKELY_REFUSAL, recipient_id=person.id,
        )
    )  # fmt: skip


def keeps_late(app, holder, phone: str) -> None:
    """A late grant is kept as evidence only: it moves no consent."""
    holder.decides(phone, outcome=None, batch_id=7, line=1, ago=timedelta(days=30))
    with app.app_context():
        found = recipients.find(db.session, vault(), make.brand().provider_id, parse(phone))
        nothing = {"status": None, "decision_id": None, "consent_date": None, "effective_at": None}
        db.session.execute(update(Consent).where(Consent.recipient_id == found.id).values(nothing))
        db.session.commit()


def hold_one_line(holder, phone: str) -> None:
    """A grant by mail and a refusal of calls that stood on one line of a file, which is written at one moment."""
    with time_machine.travel(clock.now(), tick=False):
        holder.grants(make.EMAIL, channel=Channel.EMAIL, batch_id=7, line=3)
        holder.decides(phone, Status.REFUSED, channel=Channel.CALL, batch_id=7, line=3)


def test_late_grants_are_asked_anew_but_not_where_something_was_said_since(app, holder):
    late, refused, told = grants.phones(3)
    keeps_late(app, holder, late)
    keeps_late(app, holder, refused)
    holder.decides(refused, Status.REFUSED)
    holder.grants(told, batch_id=7, line=2)

    assert added(app, AudienceFilter(FilterKind.LATE)) == {late: "MESAJ"}


def test_who_granted_one_channel_and_was_never_asked_for_another_is_found(app, holder):
    """An e-mail's phone is known where both stood on one line of a file; a landline takes no SMS."""
    calls, refused, asked, phone = grants.phones(4)
    landline = "+902123456789"
    for each in (calls, refused, asked, landline):
        holder.grants(each, channel=Channel.CALL)
    holder.decides(refused, Status.REFUSED, channel=Channel.SMS)
    make.codes(app, asked, channels=[Channel.SMS])
    hold_one_line(holder, phone)

    by_calls = added(app, AudienceFilter(FilterKind.OTHER_CHANNEL, Channel.CALL, Channel.SMS), channels=[Channel.SMS])
    by_mail = added(app, AudienceFilter(FilterKind.OTHER_CHANNEL, Channel.EMAIL, Channel.SMS), channels=[Channel.SMS])

    assert by_calls == {calls: "MESAJ", landline: None}
    assert by_mail == {phone: "MESAJ"}


def test_a_line_of_one_sheet_tells_nothing_of_the_same_number_on_another(app):
    """Each sheet numbers its lines anew; both are read as pages of one table."""
    mail, beside, elsewhere = make.EMAIL, *grants.phones(2)
    said, late = (clock.istanbul(clock.now() - timedelta(**ago)) for ago in ({"hours": 2}, {"days": 60}))
    header = ["Telefon", "E-posta", "Durum", "Tarih"]
    pages = {
        "Ocak": [header, [beside, mail, "ONAY", f"{said:%d.%m.%Y %H:%M}"]],
        "Şubat": [header, [elsewhere, "", "ONAY", f"{late:%d.%m.%Y %H:%M}"]],
    }
    with app.app_context():
        batch = uploads.store_upload(
            db.session, vault(), provider_id=make.provider().id, brand_id=make.brand().id, user_id=None,
            name="izinler.xlsx", stream=io.BytesIO(xlsx_of(**pages)), at=clock.now(),
        )  # fmt: skip
        finish(batch)
        both = replace(LAYOUT, sheets=(0, 1), channels=(Channel.CALL, Channel.EMAIL))
        batches.set_layout(db.session, vault(), batch, both, clock.now())
        db.session.commit()
        finish(batch)
        begin(batch)
        finish(batch)
        assert [each.line for each in db.session.scalars(select(Decision))] == [2, 2, 2]
        of_call = Submission.decision_id.in_(select(Decision.id).where(Decision.channel == Channel.CALL))
        db.session.execute(update(Submission).where(of_call).values(outcome=Outcome.PARKED, code="H121"))
        told = {"iys_status": Status.GRANTED.value, "iys_as_of": clock.now()}
        db.session.execute(update(Consent).where(Consent.channel == Channel.EMAIL).values(told))
        db.session.commit()
        assert [each.cells[0] for each in RowErrors(db.session, vault(), batch).lines()] == [beside]

    wanted = AudienceFilter(FilterKind.OTHER_CHANNEL, Channel.EMAIL, Channel.SMS)
    assert added(app, wanted, channels=[Channel.SMS]) == {beside: "MESAJ"}


@pytest.mark.parametrize("case", ["an unread answer", "a refusal that İYS holds"])
def test_nobody_is_asked_because_of_a_grant_on_which_nobody_may_send(app, holder, case):
    """Neither at its own address nor at another on the same line of a file."""
    own, phone = grants.phones(2)
    holder.grants(own, channel=Channel.CALL)
    hold_one_line(holder, phone)
    with app.app_context():
        for address in (own, make.EMAIL):
            found = recipients.find(db.session, vault(), make.brand().provider_id, parse(address))
            if case == "an unread answer":
                hold(found)
            else:
                known = {"iys_status": Status.REFUSED.value, "iys_as_of": clock.now()}
                db.session.execute(update(Consent).where(Consent.recipient_id == found.id).values(known))
        db.session.commit()

    for granted in (Channel.CALL, Channel.EMAIL):
        assert added(app, AudienceFilter(FilterKind.OTHER_CHANNEL, granted, Channel.SMS), channels=[Channel.SMS]) == {}


def test_nobody_is_chosen_by_what_may_be_of_who_had_the_address_before(app, holder):
    """Their link would offer just the channels that the holder before had granted late, or not decided on."""
    late, calls = grants.phones(2)
    keeps_late(app, holder, late)
    holder.grants(calls, channel=Channel.CALL)
    for phone in (late, calls):
        another_firm_hears(app, clock.now(), phone)
    another = AudienceFilter(FilterKind.OTHER_CHANNEL, Channel.CALL, Channel.SMS)

    assert added(app, AudienceFilter(FilterKind.LATE)) == added(app, another, channels=[Channel.SMS]) == {}


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_nobody_gets_the_link_for_which_the_holder_before_was_chosen(app, holder, kind):
    """The address changed hands between the choice and the launch, as another firm heard."""
    late, still_theirs = grants.phones(2)
    keeps_late(app, holder, late)
    keeps_late(app, holder, still_theirs)
    with app.app_context():
        made = make.campaign(kind=kind)
        waiting_lists.read(waiting_lists.store_filter(db.session, made, AudienceFilter(FilterKind.LATE), None))
        another_firm_hears(app, clock.now() + timedelta(minutes=1), late)
        with time_machine.travel(clock.now() + timedelta(days=1)):
            make.launch(made, app.config["LINK_SALT"])
            entries = select(AudienceEntry.left_out).where(AudienceEntry.campaign_id == made.id)
            assert set(db.session.scalars(entries)) == {None, ExclusionReason.CHANGED_HANDS}
            assert dict(launches.links_of(db.session, made, app.config["LINK_SALT"], "")).keys() == {still_theirs}


def test_who_may_be_messaged_is_chosen_by_the_proof_of_the_consent(app, holder):
    """A weak one on which no message may be sent cannot be confirmed."""
    old, invalid, paper = grants.phones(3)
    holder.grants(old, source=Source.BEFORE_2015)
    holder.decides(invalid, source=Source.BEFORE_2015)
    holder.grants(paper)

    weak = added(app, AudienceFilter(FilterKind.EVIDENCE, strength=Strength.WEAK), kind=CampaignKind.RECONFIRM)
    fair = added(app, AudienceFilter(FilterKind.EVIDENCE, strength=Strength.FAIR), kind=CampaignKind.RECONFIRM)

    assert (weak, fair) == ({old: "MESAJ"}, {paper: "MESAJ"})


STATES = {
    "+905320000000": (MessageState.FAILED, None, True),
    "+905320000001": (MessageState.EXPIRED, None, True),
    "+905320000002": (MessageState.BLOCKED, None, True),
    "+905320000003": (MessageState.NOT_NEEDED, UnsentReason.EXPIRED, True),
    "+905320000004": (MessageState.NOT_NEEDED, UnsentReason.REFUSED, False),
    "+905320000005": (MessageState.UNCERTAIN, None, False),
    "+905320000006": (MessageState.WAITING, None, False),
    "+905320000007": (MessageState.ACCEPTED, None, False),
    "+905320000008": (MessageState.DELIVERED, None, False),
    "+905320000009": (MessageState.FAILED, None, False),  # Its link was opened all the same.
}


def test_whom_a_message_verifiably_never_reached_was_not_asked(app, holder, rows):
    make.codes(app, "\n".join(STATES), delivery=Delivery.GATEWAY)
    first = rows.one(Campaign)
    with app.app_context():
        for message in db.session.scalars(select(Message)):
            phone = recipients.address_of(vault(), db.session.get_one(Recipient, message.recipient_id))
            message.state, message.unsent_reason, _ = STATES[phone]
            if phone.endswith("9"):
                db.session.add(
                    shortlinks.Visit(
                        link_id=message.link_id, at=clock.now(), kind=shortlinks.VisitKind.UNKNOWN, network=""
                    )
                )
        db.session.commit()
        assert [each.id for each in audience_filter.unreached_campaigns(db.session, make.campaign())] == [first.id]
    asked = {each.recipient_id for each in rows(ConsentRequest)}

    found = added(app, AudienceFilter(FilterKind.UNREACHED, campaign_id=first.id))

    unreached = {phone for phone, (_, _, is_free) in STATES.items() if is_free}
    assert found == dict.fromkeys(unreached, "MESAJ,ARAMA")
    freed = asked - {each.recipient_id for each in rows(ConsentRequest)}
    again = rows(AudienceEntry, AudienceEntry.campaign_id != first.id)
    assert freed == {each.recipient_id for each in again} and len(freed) == len(unreached)
    with app.app_context():
        make.launch(db.session.get_one(Campaign, again[0].campaign_id), app.config["LINK_SALT"])
    assert all(each.link_id for each in rows(AudienceEntry, AudienceEntry.campaign_id != first.id))


def test_a_campaign_whose_links_were_taken_may_have_reached_people_in_other_ways(app, holder, rows):
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    first = rows.one(Campaign)
    with app.app_context():
        audit.note(
            db.session, "links.taken", "campaign", first.id, provider_id=first.provider_id, at=clock.now(), facts={}
        )
        db.session.commit()
        assert audience_filter.unreached_campaigns(db.session, make.campaign()) == []


def test_a_filter_whose_worker_died_is_begun_again(app, holder, rows):
    for phone in grants.phones(3):
        keeps_late(app, holder, phone)
    with app.app_context():
        list_id = waiting_lists.store_filter(db.session, make.campaign(), AudienceFilter(FilterKind.LATE), None)

        def die(added: int) -> None:
            if added:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            kept = db.session.get_one(AudienceList, list_id)
            audience_filter.fill_from_filter(db.session, vault(), kept, AudienceFilter(FilterKind.LATE), die)
        db.session.rollback()
        waiting_lists.read(list_id)

    kept = rows.one(AudienceList)
    assert (kept.good, kept.added, rows.count(AudienceEntry)) == (3, 3, 3)
    assert rows(AudienceList, waiting_lists.WAITING) == []
