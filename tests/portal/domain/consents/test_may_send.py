"""Whether a message may go out is one rule: what we hold and what İYS holds, by recipient type and kind of provider."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import literal, select, update

from portal.core import addresses, business_days, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    Brand,
    Consent,
    EventKind,
    EventOutcome,
    Feed,
    FeedSource,
    GatewayEvent,
    MessageGateway,
    Provider,
    may_have_refused,
)
from portal.domain.consents import recipients
from portal.domain.consents.may_send import (
    BEFORE_2015,
    REFUSALS,
    MaySendAnswer,
    Reason,
    Verdict,
    answer_of,
    answers,
    last_pull,
    reason_column,
    standing,
)
from portal.domain.notifications import gateways
from portal.domain.providers import sandbox_mode
from tests import make

PERSON, MERCHANT = RecipientType.INDIVIDUAL, RecipientType.MERCHANT


def add_consent(
    recipient_type: RecipientType = PERSON, here: str | None = "ONAY", at_iys: str | None = None,
    address: str = make.PHONE, **facts,
):  # fmt: skip
    """A consent of Ayşe's provider, and whether messages may be sent on it."""
    brand = make.brand()
    (recipient_id,) = recipients.gather(
        db.session, vault(), brand.provider_id, [addresses.parse(address)], clock.now()
    ).values()
    consent = Consent(
        id=new_id(), provider_id=brand.provider_id, brand_id=brand.id, recipient_id=recipient_id,
        channel=Channel.SMS, recipient_type=recipient_type, status=here, iys_status=at_iys,
        **{"iys_as_of": clock.now()} | facts,
    )  # fmt: skip
    db.session.add(consent)
    db.session.flush()
    return consent


def ask(consent: Consent, at=None) -> MaySendAnswer:
    """The rule's answer, which the conditions in SQL give as well."""
    brand, provider = db.session.get_one(Brand, consent.brand_id), db.session.get_one(Provider, consent.provider_id)
    db.session.refresh(brand)
    db.session.refresh(provider)
    is_unread = db.session.scalar(select(may_have_refused(literal(consent.recipient_id))))
    pulled_at, at = db.session.scalar(select(last_pull(brand.id))), at or clock.now()
    answer = answer_of(consent, brand, provider.iys_code, at, has_unread_reply=is_unread, pulled_at=pulled_at)
    assert in_sql(at)[consent.id] == as_in_sql(answer)
    return answer


def in_sql(at) -> dict[int, tuple[str, bool, bool]]:
    """Of each consent the reason, and whether messages may be sent and it is refused, as the statements say."""
    columns = select(Consent.id, reason_column(at), *reversed(standing(at))).join(Brand, Brand.id == Consent.brand_id)
    return {each: (reason, bool(may), bool(refused)) for each, reason, may, refused in db.session.execute(columns)}


def as_in_sql(answer: MaySendAnswer) -> tuple[str, bool, bool]:
    reason = Reason.UNREGISTERED if answer.reason == Reason.EXPIRED else answer.reason
    return reason, answer.verdict == Verdict.MAY, answer.reason in REFUSALS


def add_reply(recipient_id: int | None, outcome=EventOutcome.LIKELY_REFUSAL) -> GatewayEvent:
    """A reply to a message of Ayşe's provider, which nobody has read yet."""
    gateway = db.session.scalar(select(MessageGateway)) or gateways.add_gateway(
        db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.PHONE, vendor="verimor",
        header="DENEME", credentials={}, per_second=1, at=clock.now(),
    )  # fmt: skip
    event_id = new_id()
    event = GatewayEvent(
        id=event_id, provider_id=gateway.provider_id, gateway_id=gateway.id, kind=EventKind.REPLY, outcome=outcome,
        digest=event_id.to_bytes(32, "big"), received_at=clock.now(), recipient_id=recipient_id,
        body=b"sealed",
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    return event


def answer(recipient_type: RecipientType, here: str | None, at_iys: str | None) -> bool:
    return ask(add_consent(recipient_type, here, at_iys)).verdict == Verdict.MAY


@pytest.fixture(autouse=True)
def in_app(app):
    with app.app_context():
        yield


@pytest.mark.parametrize(
    ("recipient_type", "here", "at_iys", "may"),
    [
        (PERSON, "ONAY", "ONAY", True),
        (PERSON, "ONAY", "RET", False),
        (PERSON, "ONAY", None, False),
        (PERSON, "RET", "ONAY", False),
        (PERSON, None, None, False),
        (MERCHANT, None, "ONAY", True),
        (MERCHANT, "ONAY", "ONAY", True),
        (MERCHANT, None, None, False),
        (MERCHANT, "ONAY", None, False),
        (MERCHANT, "ONAY", "RET", False),
        (MERCHANT, "RET", "ONAY", False),
        (MERCHANT, "RET", None, False),
    ],
)
def test_a_person_must_have_granted_and_a_merchant_must_not_have_refused(recipient_type, here, at_iys, may):
    assert answer(recipient_type, here, at_iys) == may


@pytest.mark.parametrize(("here", "may"), [("ONAY", True), ("RET", False), (None, False)])
def test_of_an_exempt_provider_its_own_records_decide(here, may):
    make.brand()
    db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))

    assert answer(PERSON, here, None) == may


@pytest.mark.parametrize("recipient_type", [PERSON, MERCHANT])
def test_nothing_goes_out_for_a_brand_whose_sandbox_mode_is_over(recipient_type):
    make.brand()
    db.session.execute(update(Brand).values(is_sandbox=True, closed_at=clock.now()))

    assert not answer(recipient_type, "ONAY", "ONAY")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "ended"),
    [
        *((code, {}) for code in (make.IYS_CODE, sandbox_mode.EXEMPT_CODES.start, sandbox_mode.CODES.start)),
        (make.IYS_CODE, {"is_sandbox": True, "closed_at": clock.now()}),
        (sandbox_mode.EXEMPT_CODES.start, {"is_sandbox": True, "closed_at": clock.now()}),
        (sandbox_mode.CODES.start, {"is_sandbox": True}),
    ],
)
def test_the_answer_and_the_statements_agree_on_every_combination(code, ended):
    make.brand()
    db.session.execute(update(Provider).values(iys_code=code))
    if ended:
        db.session.execute(update(Brand).values(ended))
    dates = [None, BEFORE_2015, clock.now(), clock.now() - timedelta(days=30)]
    every = product(RecipientType, (None, *Status), (None, *Status, "X"), dates)
    consents = [
        add_consent(*states, f"+90532{number:07}", consent_date=date) for number, (*states, date) in enumerate(every)
    ]
    brand, provider, at = make.brand(), db.session.get_one(Provider, consents[0].provider_id), clock.now()

    unread = {each.id for each in consents[::2]}
    for each in consents[::2]:
        add_reply(each.recipient_id)
    add_reply(None)

    for pulled_at in (None, at - timedelta(days=9)):
        if pulled_at:
            db.session.add(
                Feed(provider_id=brand.provider_id, brand_id=brand.id, source=FeedSource.PEOPLE, created_at=pulled_at)
            )
        answers = {
            each.id: answer_of(
                each, brand, provider.iys_code, at, has_unread_reply=each.id in unread, pulled_at=pulled_at
            ) for each in consents
        }  # fmt: skip
        assert {each: as_in_sql(answer) for each, answer in answers.items()} == in_sql(at)


@pytest.mark.parametrize(
    ("recipient_type", "here", "at_iys", "verdict", "reason"),
    [
        (PERSON, "ONAY", "ONAY", Verdict.MAY, Reason.GRANTED),
        (PERSON, "ONAY", None, Verdict.UNKNOWN, Reason.UNREGISTERED),
        (PERSON, "ONAY", "RET", Verdict.MAY_NOT, Reason.REFUSED_AT_IYS),
        (PERSON, "RET", "ONAY", Verdict.MAY_NOT, Reason.REFUSED),
        (PERSON, None, None, Verdict.MAY_NOT, Reason.NOT_GRANTED),
        (MERCHANT, "ONAY", "ONAY", Verdict.MAY, Reason.MERCHANT),
        (MERCHANT, "ONAY", None, Verdict.UNKNOWN, Reason.UNCHECKED),
        (MERCHANT, "ONAY", "RET", Verdict.MAY_NOT, Reason.REFUSED_AT_IYS),
    ],
)
def test_the_answer_says_what_it_rests_on(recipient_type, here, at_iys, verdict, reason):
    answer = ask(add_consent(recipient_type, here, at_iys, consent_date=clock.now()))

    assert (answer.verdict, answer.reason) == (verdict, reason)


@pytest.mark.parametrize(("here", "may"), [("ONAY", True), (None, False), ("RET", False)])
def test_a_merchant_of_an_exempt_provider_may_be_messaged_where_its_record_says_so(here, may):
    """Nothing stands where a file was taken back, or where an earlier holder granted."""
    make.brand()
    db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))

    assert answer(MERCHANT, here, None) == may


@pytest.mark.parametrize(("here", "reason"), [(None, Reason.REFUSED), ("ONAY", Reason.MERCHANT)])
def test_a_refusal_as_another_type_holds_where_nothing_was_decided(here, reason):
    """What stands granted is newer: a refusal ends all that was granted before it."""
    person, merchant = add_consent(PERSON, "RET"), add_consent(MERCHANT, here, "ONAY")
    at, found = clock.now(), {}
    for each in RecipientType:
        found |= answers(db.session, make.brand(), [merchant.recipient_id], Channel.SMS, each, at)
        assert found[merchant.recipient_id].reason == (reason if each == MERCHANT else Reason.REFUSED)
    assert in_sql(at)[merchant.id][0] == reason and in_sql(at)[person.id][0] == Reason.REFUSED


@pytest.mark.parametrize("outcome", [EventOutcome.LIKELY_REFUSAL, EventOutcome.REVIEW])
def test_a_reply_that_may_refuse_stops_everything_until_it_is_read(outcome):
    consent = add_consent(at_iys="ONAY")
    before = ask(consent)

    reply = add_reply(consent.recipient_id, outcome)
    unread = ask(consent)
    reply.settled_at = clock.now()
    db.session.flush()

    assert before.verdict == ask(consent).verdict == Verdict.MAY
    assert unread == MaySendAnswer(Verdict.MAY_NOT, Reason.UNREAD_REPLY)


def test_a_copy_of_a_yes_is_good_for_three_business_days():
    at = clock.now()

    assert ask(add_consent(at_iys="ONAY"), at).valid_until == business_days.safe_deadline(at)


def test_a_no_has_no_end():
    assert ask(add_consent(here="RET")).valid_until is None


def test_a_grant_that_iys_never_got_allows_nothing_once_the_term_is_over():
    consent = add_consent(consent_date=clock.now().replace(microsecond=0))
    deadline = business_days.lenient_deadline(consent.consent_date)

    assert ask(consent, deadline) == MaySendAnswer(Verdict.UNKNOWN, Reason.UNREGISTERED)
    assert ask(consent, deadline + timedelta(seconds=1)) == MaySendAnswer(Verdict.MAY_NOT, Reason.EXPIRED)


def test_a_grant_from_before_2015_may_reach_iys_at_any_time():
    assert ask(add_consent(consent_date=BEFORE_2015)) == MaySendAnswer(Verdict.UNKNOWN, Reason.UNREGISTERED)


@pytest.mark.parametrize("recipient_type", [PERSON, MERCHANT])
def test_a_yes_ends_three_business_days_after_iys_last_told_what_changed(recipient_type):
    consent, at = add_consent(recipient_type, at_iys="ONAY"), clock.now()
    brand = db.session.get_one(Brand, consent.brand_id)
    for source in FeedSource:
        db.session.add(
            Feed(provider_id=brand.provider_id, brand_id=brand.id, source=source, pulled_at=at, created_at=at)
        )

    def answered(ago: timedelta, source: FeedSource) -> MaySendAnswer:
        db.session.execute(update(Feed).values(pulled_at=at))
        db.session.execute(update(Feed).where(Feed.source == source).values(pulled_at=at - ago))
        told = answers(db.session, brand, [consent.recipient_id], Channel.SMS, recipient_type, at)
        assert told[consent.recipient_id] == ask(consent, at)
        return told[consent.recipient_id]

    for source in FeedSource:
        lately = answered(timedelta(days=1), source)
        assert (lately.verdict, lately.valid_until) == (
            Verdict.MAY, business_days.safe_deadline(at - timedelta(days=1)),
        )  # fmt: skip
        last = at - business_days.earliest_in_time(at)
        assert answered(last, source).verdict == Verdict.MAY
        for ago in (last + timedelta(seconds=1), timedelta(days=9)):
            assert answered(ago, source) == MaySendAnswer(Verdict.UNKNOWN, Reason.NOT_PULLED)
    db.session.execute(update(Feed).values(pulled_at=None, created_at=at - timedelta(days=9)))
    db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))
    db.session.expire_all()
    own = answers(db.session, brand, [consent.recipient_id], Channel.SMS, recipient_type, at)[consent.recipient_id]
    assert (own.reason, own.valid_until) == (Reason.EXEMPT, business_days.safe_deadline(at))
