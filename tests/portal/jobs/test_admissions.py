"""A vendor tells what a firm's real people refuse while the firm waits for its admission: it counts afterwards, too."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from flask import current_app
from sqlalchemy import select, update

from portal.core import addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import (
    Brand,
    Campaign,
    CampaignKind,
    Consent,
    Decision,
    DecisionOrigin,
    ExclusionReason,
    Message,
    Outcome,
    Provider,
    Receipt,
    ReceivedVia,
    Recipient,
    Submission,
)
from portal.domain.campaigns import exclusion
from portal.domain.consents import bulk_import, movement_rows, movements, recipients
from portal.domain.consents.import_plan import Effect, Entry
from portal.domain.consents.may_send import standing
from portal.domain.notifications import gateways
from portal.domain.providers import brands
from portal.jobs import admissions
from portal.services import exports
from portal.services.exports import ExportFilter, ExportKind
from portal.services.launches import refusing_links
from tests.portal.domain.consents.iys_movements import row
from tests.portal.domain.providers import test_onboarding as onboarding
from tests.portal.services.exports.held_consents import Holder
from tests.portal.services.messaging import test_feedback
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, work

A_DAY, AN_HOUR, A_SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
SAID_AT = datetime(2026, 11, 24, 20, 30, tzinfo=UTC)  # In the night.
PHONE, MAIL, SPELLED = "+905321112233", "fatma@gmail.com", "fat.ma+bulten@gmail.com"


@pytest.fixture
def at():
    with time_machine.travel(SAID_AT, tick=False) as traveller:
        yield traveller


def repeat_refusals() -> None:
    """The worker's round."""
    (step,) = [loop.step for loop in current_app.extensions["worker"] if loop.name == "admissions"]
    while step():
        pass


class Firm:
    """One that has handed its application in, with an account of a vendor of SMS and one of mails."""

    def __init__(self, app, browser):
        self.app, self.browser = app, browser
        with app.app_context():
            provider = onboarding.ready(email="nil@example.com")
            db.session.commit()
            self.id, self.trial_code = provider.id, provider.iys_code
            verimor = delivery.add("verimor", provider_id=self.id, works=False)
            mails = gateways.add_gateway(
                db.session, vault(), provider_id=self.id, carries=AddressKind.EMAIL, vendor="smtp", per_second=10,
                header="Yeni <bilgi@yeni.com.tr>", at=clock.now(), credentials={
                    "host": "127.0.0.1", "security": "smtp", "bounce_domain": "mail.yeni.com.tr", "feedback": "brevo",
                },
            )  # fmt: skip
            self.brevo = f"/callbacks/messages/{gateways.read_secret(vault(), mails)}"
            db.session.commit()
        self.verimor = Vendor(app, browser, verimor)
        self.refusing_url = ""

    def hears_by_sms(self, text: str = "RET", phone: str = PHONE) -> None:
        self.verimor.brings(text, phone)
        work(self.app)

    def hears_of_mail(self, event: str) -> None:
        facts = {"event": event, "email": MAIL, "message-id": "<1@brevo>", "ts_event": int(clock.now().timestamp())}
        self.browser.post(self.brevo, json=facts)
        work(self.app)

    def hears_a_click(self) -> None:
        """A mail program posts to a permanent address that the firm put into a mailing of its own."""
        with self.app.app_context():
            self.refusing_url = self.refusing_url or self.makes_url()
        answer = self.browser.post(self.refusing_url, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200 and "reddettiniz" in answer.text

    def makes_url(self) -> str:
        """The permanent address of its trial brand's link."""
        brand = db.session.scalars(select(Brand).where(Brand.provider_id == self.id, Brand.is_sandbox)).one()
        salt, address = self.app.config["LINK_SALT"], addresses.parse(MAIL)
        made = refusing_links.refusing_urls(db.session, vault(), salt, "", brand, [address], clock.now())
        db.session.commit()
        return made[MAIL]

    def is_admitted(self, *, is_repeated: bool = True) -> None:
        with self.app.app_context():
            onboarding.admit(db.session.get_one(Provider, self.id))
            db.session.commit()
            if is_repeated:
                repeat_refusals()

    def opens_brand(self, code: int) -> None:
        with self.app.app_context():
            db.session.add(Brand(provider_id=self.id, brand_code=code, name="İkinci", created_at=clock.now()))
            db.session.commit()
            repeat_refusals()

    def effect(self, address: str, said_at: datetime, code: int = onboarding.CODE) -> Effect:
        """What comes of a grant of a file at the brand of this code."""
        with self.app.app_context():
            parsed = addresses.parse(address)
            entry = Entry(
                2, parsed, parsed.channels[0], RecipientType.INDIVIDUAL, Status.GRANTED, Source.WEB, said_at
            )  # fmt: skip
            return bulk_import.dry_run(db.session, vault(), self.brand(code), [entry], clock.now()).effects[0]

    @staticmethod
    def brand(code: int = onboarding.CODE) -> Brand:
        return db.session.scalars(select(Brand).where(Brand.brand_code == code)).one()

    def decisions(self, code: int = onboarding.CODE) -> list[Decision]:
        with self.app.app_context():
            return list(db.session.scalars(select(Decision).where(Decision.brand_id == self.brand(code).id)))


@pytest.fixture
def firm(app, browser, at):
    return Firm(app, browser)


SAID = {
    "sms": (PHONE, Firm.hears_by_sms, DecisionOrigin.REPLY, Source.SMS),
    "left": (MAIL, partial(Firm.hears_of_mail, event="unsubscribed"), DecisionOrigin.FEEDBACK, Source.EMAIL),
    "complained": (MAIL, partial(Firm.hears_of_mail, event="spam"), DecisionOrigin.FEEDBACK, Source.EMAIL),
    "clicked": (MAIL, Firm.hears_a_click, DecisionOrigin.ONE_CLICK, Source.EMAIL),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_vendor_tells_before_the_admission_is_refused_at_the_real_brand(app, firm, at, rows, said):
    address, tell, origin, source = SAID[said]
    tell(firm)
    at.shift(A_DAY)
    firm.is_admitted()
    for _ in range(2):  # Again it is known.
        with app.app_context():
            repeat_refusals()

    assert firm.effect(address, SAID_AT - A_SECOND) == Effect.OLDER
    assert firm.effect(address, SAID_AT + AN_HOUR) == Effect.OVER_REFUSAL  # Of the person's own word.
    (made,) = firm.decisions()
    assert (made.status, made.origin, made.source) == (Status.REFUSED, origin, source)
    assert (made.consent_date, made.recorded_at) == (SAID_AT, SAID_AT + A_DAY)
    (told,) = (each for each in rows(Submission) if each.decision_id == made.id)
    assert (told.outcome, told.due_at, told.consent_date) == (Outcome.WAITING, SAID_AT + A_DAY, SAID_AT)
    assert f"/sps/{onboarding.CODE}/brands/{onboarding.CODE}/" in told.endpoint
    assert [each.decided_at for each in rows(Receipt)] == [SAID_AT] * 2  # At each brand.
    assert rows(Message) == []


@pytest.mark.parametrize("said", SAID)
def test_a_files_grant_waits_for_no_repetition(firm, at, said):
    address, tell, _, _ = SAID[said]
    tell(firm)
    at.shift(A_DAY)

    firm.is_admitted(is_repeated=False)

    assert firm.effect(address, SAID_AT - A_SECOND) == Effect.OLDER
    assert firm.effect(address, SAID_AT + AN_HOUR) == Effect.OVER_REFUSAL
    assert firm.effect("+905321112244", SAID_AT + AN_HOUR) == Effect.GRANT
    if address == MAIL:  # It holds at each spelling of the mailbox.
        assert firm.effect(SPELLED, SAID_AT - A_SECOND) == Effect.OLDER
        assert firm.effect(SPELLED, SAID_AT + AN_HOUR) == Effect.OVER_REFUSAL


@pytest.mark.parametrize("said", SAID)
def test_a_grant_of_iyss_that_is_older_becomes_no_decision_before_the_repetition(app, firm, at, said):
    address, tell, _, _ = SAID[said]
    tell(firm)
    at.shift(A_DAY)
    firm.is_admitted(is_repeated=False)

    def tells(ago: timedelta) -> list[Status]:
        kind = "EPOSTA" if address == MAIL else "MESAJ"
        with app.app_context():
            told, _ = movement_rows.read_rows([row("ONAY", ago=ago, recipient=address, type=kind)], clock.now())
            movements.apply_movements(
                db.session, vault(), firm.brand(), told, by=ReceivedVia.PULL, feed=None, at=clock.now()
            )
            db.session.commit()
        return [each.status for each in firm.decisions()]

    assert tells(A_DAY + AN_HOUR) == []
    assert tells(AN_HOUR) == [Status.GRANTED]


@pytest.mark.parametrize("said", SAID)
def test_what_a_vendor_tells_while_the_trial_brand_is_closed_is_repeated_as_well(app, firm, said):
    address, tell, _, _ = SAID[said]
    with app.app_context():
        for each in db.session.scalars(select(Brand)):
            brands.close_brand(each, clock.now())
        db.session.commit()
    tell(firm)
    firm.is_admitted()

    assert test_feedback.held(app) == []
    assert firm.effect(address, SAID_AT - A_SECOND) == Effect.OLDER


def test_a_click_in_a_mail_of_the_trial_counts_after_the_admission_too(app, firm, at):
    """Also over what the firm's real brand was granted meanwhile."""
    with app.app_context():
        firm.refusing_url = firm.makes_url()
    firm.is_admitted()
    at.shift(A_DAY)
    Holder(app).grants(MAIL, ago=AN_HOUR, brand_code=onboarding.CODE, channel=Channel.EMAIL, origin=DecisionOrigin.LINK)
    clicked_at = clock.now()
    firm.hears_a_click()

    assert firm.effect(SPELLED, clicked_at - A_SECOND) == Effect.OLDER  # At once.
    with app.app_context():
        repeat_refusals()
        consent = db.session.scalars(select(Consent).where(Consent.brand_id == firm.brand().id)).one()
        told = db.session.scalars(select(Submission).where(Submission.decision_id == consent.decision_id)).one()

    assert (consent.status, consent.effective_at) == (Status.REFUSED, clicked_at)
    assert (told.outcome, told.status) == (Outcome.WAITING, Status.REFUSED)


def test_a_worker_that_was_away_for_long_repeats_all_the_same(app, firm, at):
    firm.hears_by_sms()
    firm.is_admitted(is_repeated=False)
    at.shift(30 * A_DAY)

    with app.app_context():
        repeat_refusals()

    assert [each.consent_date for each in firm.decisions()] == [SAID_AT]


@pytest.mark.parametrize("broken", [0, 1])
def test_a_refusal_that_cannot_be_repeated_holds_up_no_other(app, firm, monkeypatch, broken):
    monkeypatch.setattr(admissions, "AT_ONCE", 1)
    phones = [PHONE, "+905321112244"]
    for phone in phones:
        firm.hears_by_sms(phone=phone)
    with app.app_context():
        theirs = [recipients.find(db.session, vault(), firm.id, addresses.parse(each)) for each in phones]
        db.session.execute(update(Recipient).where(Recipient.id == theirs[broken].id).values(address=b"damaged"))
        db.session.commit()

    firm.is_admitted()

    assert len(firm.decisions()) == 1


def test_a_brand_that_is_opened_later_is_refused_too(firm, at):
    firm.hears_by_sms()
    firm.is_admitted()
    at.shift(30 * A_DAY)

    firm.opens_brand(731_900)

    assert [each.consent_date for each in firm.decisions(731_900)] == [SAID_AT]
    assert firm.effect(PHONE, SAID_AT - A_SECOND, 731_900) == Effect.OLDER


def test_a_yes_to_the_trial_brand_takes_no_refusal_back(app, firm, at):
    firm.hears_by_sms()
    at.shift(AN_HOUR)
    Holder(app).decides(PHONE, ago=AN_HOUR / 2, brand_code=firm.trial_code, origin=DecisionOrigin.LINK)

    firm.is_admitted()

    assert firm.effect(PHONE, SAID_AT - A_SECOND) == Effect.OLDER


def test_what_the_person_granted_the_real_brand_since_stays(app, firm, at):
    """Heard in the moment before the refusal is repeated."""
    firm.hears_by_sms()
    at.shift(A_DAY)
    firm.is_admitted(is_repeated=False)
    Holder(app).grants(PHONE, ago=AN_HOUR, brand_code=onboarding.CODE, origin=DecisionOrigin.LINK)

    with app.app_context():
        repeat_refusals()
        consent = db.session.scalars(select(Consent).where(Consent.brand_id == firm.brand().id)).one()

    assert consent.status == Status.GRANTED
    assert sorted(each.status for each in firm.decisions()) == [Status.GRANTED, Status.REFUSED]


def test_what_somebody_refuses_by_a_link_of_a_trial_stays_there(app, firm, at):
    at.shift(AN_HOUR)
    Holder(app).decides(PHONE, Status.REFUSED, brand_code=firm.trial_code, origin=DecisionOrigin.LINK)

    firm.is_admitted()

    assert firm.decisions() == []


@pytest.mark.parametrize("address", [PHONE, MAIL, SPELLED])
def test_no_campaign_asks_who_refused_before_it_is_repeated(app, firm, address):
    """By any spelling of the mailbox."""
    firm.hears_by_sms()
    firm.hears_of_mail("unsubscribed")
    firm.is_admitted(is_repeated=False)

    with app.app_context():
        brand, now = firm.brand(), clock.now()
        known = recipients.gather(db.session, vault(), brand.provider_id, [addresses.parse(address)], now)
        asking = Campaign(
            provider_id=brand.provider_id, brand_id=brand.id, kind=CampaignKind.ASK, channels="ARAMA,EPOSTA"
        )
        found = exclusion.find_excluded(db.session, asking, [*known.values()], standing(now), now)
        assert [*found.values()] == [ExclusionReason.REFUSED]
        rows = exports.rows(db.session, vault(), ExportFilter(ExportKind.RECIPIENTS, brand.provider_id), now)
        assert [row.refused != () for row in rows if row.address == address] == [True]
