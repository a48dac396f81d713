"""What a person refused by one spelling of their mailbox holds at spellings that the firm gets later."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status, format_wire_date
from portal.core.models import (
    Brand,
    Campaign,
    Consent,
    Decision,
    DecisionOrigin,
    ExclusionReason,
    Movement,
    Provider,
    Recipient,
    Submission,
)
from portal.domain.campaigns import exclusion
from portal.domain.consents import annulments, bulk_import, may_send, recipients, refusals
from portal.domain.consents.may_send import Reason, reason_column, standing
from portal.domain.providers import sandbox_mode
from portal.services import launches
from tests import make
from tests.grants import insert_decisions
from tests.portal.domain.consents.import_entries import bring, entry, import_run
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

pytestmark = pytest.mark.slow

PLAIN, DOTTED, TAGGED = "ayse@gmail.com", "a.yse@gmail.com", "ayse+alisveris@googlemail.com"
OTHERWISE = "ay.se@gmail.com"
OTHER = "x.ayse@gmail.com"  # Somebody else's.
RET, GRANTED = Status.REFUSED, Status.GRANTED
INDIVIDUAL, MERCHANT = RecipientType
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)


def mail(text: str, at: datetime, status: Status = Status.GRANTED, **facts) -> bulk_import.Entry:
    return entry(text, status, at, channel=Channel.EMAIL, **facts)


def refuse(text: str, at: datetime, origin: DecisionOrigin = DecisionOrigin.MINE) -> None:
    insert_decisions(make.brand(), [text], at, channel=Channel.EMAIL, status=RET, origin=origin)


def find(text: str) -> Recipient:
    address, brand = addresses.parse(text), make.brand()
    (its_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], clock.now()).values()
    return db.session.get_one(Recipient, its_id)


def refused(*texts: str) -> set[str]:
    """Those that a new campaign leaves out since they refused."""
    ids, at = {find(each).id: each for each in texts}, clock.now()
    found = exclusion.find_excluded(db.session, make.campaign(), ids, standing(at), at)
    db.session.commit()
    return {ids[its_id] for its_id, reason in found.items() if reason == ExclusionReason.REFUSED}


@pytest.mark.parametrize(("said", "later"), [(PLAIN, TAGGED), (TAGGED, PLAIN), (DOTTED, TAGGED)])
def test_a_later_spelling_begins_refused_until_something_is_decided_by_it(brand, rows, said, later):
    now = clock.now()
    refuse(said, now - AN_HOUR * 2)
    older, newer = mail(later, now - A_DAY), mail(later, now - AN_HOUR)

    effects = bring(brand, older, replace(older, recipient_type=MERCHANT), newer, mail(OTHER, now - A_DAY))
    assert effects == ["older", "older", "over_refusal", "grant"]
    assert refused(said, later, OTHER) == {said, later}

    assert bring(brand, replace(newer, is_vouched=True)) == ["grant"]
    granted = rows(Consent, Consent.status == Status.GRANTED)
    assert {each.recipient_id for each in granted} == {find(later).id, find(OTHER).id}
    assert refused(said, later, OTHER) == {said}


@pytest.mark.parametrize("origin", [DecisionOrigin.LINK, DecisionOrigin.FEEDBACK, DecisionOrigin.AT_IYS])
def test_whichever_way_it_was_said_the_persons_next_grant_ends_it(app, brand, origin):
    now = clock.now()
    refuse(DOTTED, now - AN_HOUR * 4, origin)
    assert bring(brand, mail(TAGGED, now - A_DAY)) == ["older"] and refused(TAGGED) == {TAGGED}

    MovementReceiver(app).receives(row("ONAY", at=now - AN_HOUR * 3, recipient=DOTTED, type="EPOSTA"))
    bring(brand, mail(DOTTED, now - AN_HOUR * 2, RET))  # A file's.
    assert not refused(TAGGED) and bring(brand, mail(TAGGED, now - AN_HOUR)) == ["grant"]


def test_what_the_firm_decided_or_states_is_of_the_one_address_and_what_is_of_another_brand_of_that(brand, rows):
    now = clock.now()
    told = {"source": Source.PROVIDER_DECISION, "user_id": 3, "at": now - AN_HOUR}
    refusals.refuse(db.session, vault(), find(PLAIN), [brand], [Channel.EMAIL], address=addresses.parse(PLAIN), **told)
    bring(brand, mail(DOTTED, now - AN_HOUR, RET))
    assert not refused(TAGGED)
    refuse(OTHERWISE, now - AN_HOUR)
    assert refused(TAGGED) == {TAGGED}

    db.session.add(Brand(provider_id=brand.provider_id, brand_code=700999, name="Ikinci", created_at=now))
    db.session.commit()
    second = db.session.scalars(select(Brand).where(Brand.brand_code == 700999)).one()
    assert bring(second, mail(TAGGED, now - A_DAY)) == ["grant"]
    assert bring(make.brand(), mail(TAGGED, now - A_DAY)) == ["older"]


def test_a_refusal_that_comes_while_a_file_is_prepared_counts(brand):
    now = clock.now()
    entries, run = [mail(TAGGED, now - A_DAY)], import_run()
    prepared = bulk_import.prepare_import(db.session, vault(), brand, entries, run)
    db.session.rollback()
    refuse(DOTTED, now - AN_HOUR)

    plan = bulk_import.apply_import(db.session, vault(), make.brand(), entries, run, prepared)
    assert (prepared.plan.effects, plan.effects) == (["grant"], ["older"])


def test_a_link_to_another_spelling_is_downloaded_no_more_until_the_person_grants_by_it(app, browser):
    codes = make.codes(app, f"{DOTTED}\n{TAGGED}\n{OTHER}")

    def downloaded() -> set[str]:
        with app.app_context():
            campaign = db.session.scalars(select(Campaign)).one()
            return {address for address, _ in launches.links_of(db.session, campaign, app.config["LINK_SALT"], "")}

    assert downloaded() == {DOTTED, TAGGED, OTHER}
    make.Person(browser, codes[DOTTED]).decides(EPOSTA="RET")
    assert downloaded() == {OTHER}
    make.Person(browser, codes[TAGGED]).decides(EPOSTA="ONAY")
    assert downloaded() == {TAGGED, OTHER}


def test_no_merchant_is_messaged_by_a_spelling_that_only_an_older_grant_names(brand):
    """The provider need not report to İYS: else messages may go to merchants of whom it decided nothing."""
    db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))
    now = clock.now()
    refuse(DOTTED, now - AN_HOUR)
    bring(brand, mail(TAGGED, now - A_DAY, recipient_type=MERCHANT))

    consent = db.session.scalars(select(Consent).where(Consent.recipient_id == find(TAGGED).id)).one()
    found = may_send.answers(db.session, make.brand(), [consent.recipient_id], Channel.EMAIL, MERCHANT, now)
    in_sql = select(reason_column(now)).join(Brand, Brand.id == Consent.brand_id).where(Consent.id == consent.id)
    assert {found[consent.recipient_id].reason, db.session.scalar(in_sql)} == {Reason.REFUSED}


def test_a_files_refusal_at_the_later_spelling_opens_nothing(brand):
    now = clock.now()
    refuse(PLAIN, now - AN_HOUR * 2)

    assert bring(brand, mail(DOTTED, now - A_DAY * 3, RET)) == ["first_refusal"]
    assert bring(brand, mail(DOTTED, now - A_DAY), mail(TAGGED, now - A_DAY)) == ["older", "older"]
    assert bring(brand, mail(DOTTED, now - AN_HOUR)) == ["over_refusal"]
    assert refused(DOTTED, TAGGED) == {DOTTED, TAGGED}


def receive(app, text: str, consented: datetime, **facts) -> None:
    """Another sender's grant, as our pull brings it."""
    its = row("ONAY", at=consented, recipient=text, type="EPOSTA", source="HS_WEB", transactionId=text.ljust(64, "x"))
    MovementReceiver(app).receives(its | facts)


def statuses() -> dict[tuple[str, RecipientType], Status | None]:
    db.session.expire_all()
    texts = {find(each).id: each for each in (PLAIN, DOTTED, TAGGED, OTHERWISE, OTHER)}
    found = db.session.scalars(select(Consent))
    return {(texts[each.recipient_id], each.recipient_type): each.status for each in found}


@pytest.mark.parametrize("origin", [DecisionOrigin.MINE, DecisionOrigin.LINK])
def test_what_another_sender_told_iys_of_before_the_refusal_grants_nothing_at_a_later_spelling(
    app, brand, rows, origin
):
    now = clock.now()
    refuse(PLAIN, now - AN_HOUR * 3, origin)

    receive(app, DOTTED, now - A_DAY)
    receive(app, TAGGED, now - A_DAY, creationDate=format_wire_date(now - AN_HOUR))  # İYS heard of it only since.
    receive(app, TAGGED, now - AN_HOUR, consentDate=None, recipientType=MERCHANT)  # Nobody says when it was.
    receive(app, OTHER, now - A_DAY)

    assert statuses() == {
        (PLAIN, INDIVIDUAL): RET, (OTHER, INDIVIDUAL): GRANTED,
        (DOTTED, INDIVIDUAL): None, (TAGGED, INDIVIDUAL): None, (TAGGED, MERCHANT): None,
    }  # fmt: skip
    assert refused(DOTTED, TAGGED, OTHER) == {DOTTED, TAGGED}
    assert rows.count(Movement) == 4 and rows.one(Decision, Decision.origin == DecisionOrigin.OTHER_SENDER)


@pytest.mark.parametrize("is_one_list", [True, False])
def test_a_refusal_holds_at_a_spelling_that_iys_tells_beside_it(app, brand, is_one_list):
    now = clock.now()
    refusal = row("RET", at=now - A_DAY, recipient=PLAIN, type="EPOSTA", source="IYS_WEB")
    older = row("ONAY", at=now - A_DAY * 2, recipient=DOTTED, type="EPOSTA", source="HS_WEB")
    older["creationDate"] = format_wire_date(now - AN_HOUR)
    for its in [[refusal, older]] if is_one_list else [[refusal], [older]]:
        MovementReceiver(app).receives(*its)

    assert refused(PLAIN, DOTTED) == {PLAIN, DOTTED}


def test_what_iys_tells_counts_where_it_is_newer_or_the_spelling_was_granted_or_refused_before(app, brand, rows):
    now = clock.now()
    receive(app, DOTTED, now - A_DAY * 2)
    refuse(PLAIN, now - AN_HOUR * 3)
    receive(app, OTHERWISE, now - AN_HOUR * 4, status="RET", source="IYS_WEB", recipientType=MERCHANT)

    receive(app, DOTTED, now - A_DAY, recipientType=MERCHANT)
    receive(app, TAGGED, now - AN_HOUR, source="IYS_WEB")
    receive(app, OTHERWISE, now - A_DAY)

    assert refused(DOTTED, TAGGED) == set()
    its_id = find(OTHERWISE).id
    theirs = rows(Consent, Consent.recipient_id == its_id, Consent.recipient_type == INDIVIDUAL)
    assert [each.status for each in theirs] == [RET]
    assert rows.one(Submission, Submission.consent_id == theirs[0].id).status == RET  # İYS is told.


@pytest.mark.parametrize("is_granted_before", [True, False])
def test_what_was_kept_so_does_not_stand_once_a_newer_file_is_taken_back_what_stood_before_does(
    app, brand, rows, is_granted_before
):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        receive(app, TAGGED, clock.now() - A_DAY)
        traveller.shift(AN_HOUR)
        refuse(PLAIN, clock.now())
        traveller.shift(AN_HOUR)
        if not is_granted_before:
            receive(app, DOTTED, clock.now() - A_DAY)
        traveller.shift(AN_HOUR)
        refuse(OTHERWISE, clock.now())  # Said again, when it was kept already.
        traveller.shift(AN_HOUR)
        newer = [replace(mail(DOTTED, clock.now()), is_vouched=True), mail(TAGGED, clock.now(), RET)]
        assert bring(make.brand(), *newer) == ["grant", "refusal"]
        if is_granted_before:
            receive(app, DOTTED, clock.now() - A_DAY)

        brought = [each.id for each in rows(Decision, Decision.origin == DecisionOrigin.IMPORT)]
        assert len(annulments.annul_decisions(db.session, vault(), brought, 1, clock.now())) == 2
        db.session.commit()
        stands = {each: status for (each, _), status in statuses().items()}
        assert stands == {PLAIN: RET, OTHERWISE: RET, TAGGED: GRANTED, DOTTED: None}
        assert refused(DOTTED, TAGGED) == {DOTTED}
