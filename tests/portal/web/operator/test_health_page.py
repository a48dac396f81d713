"""One look tells how the house is; each sign turns when what it watches does."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import (
    CallTally,
    ConsentPoint,
    Delivery,
    Egress,
    EgressState,
    EventKind,
    GatewayEvent,
    GatewayState,
    IysRate,
    Lane,
    Mail,
    MailKind,
    MailState,
    Message,
    MessageGateway,
    Submission,
    ThrottledAction,
    ThrottleHit,
)
from portal.domain.notifications import gateways, mails
from portal.services.messaging import event_contents
from portal.web.operator import health_checks
from tests import make
from tests.portal.web.consent_points.visitor import opened

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def signs(app):
    """The signs by name, as they are now."""
    make.run_programs(app)

    def look() -> dict:
        with app.test_request_context():
            return {vital.name: vital for vital in health_checks.run_all(clock.now())}

    return look


@pytest.fixture
def refused(app, browser):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")


def change(app, model, **values) -> None:
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()


def add(app, *things) -> None:
    with app.app_context():
        db.session.add_all(things)
        db.session.commit()


def test_an_empty_house_is_well(signs):
    ill = {name for name, vital in signs().items() if vital.tone != "good"}

    assert ill <= {"Disk"}, "which is the machine's own"


def test_the_page_tells_all(derya):
    page = derya.opens("/operator/health").text

    for words in ("İletici", "Sıra: Retler", "E-postalar", "Disk", "Parola denemeleri", "oturum bütçesi"):
        assert words in page


@pytest.mark.parametrize(("hours", "tone"), [(1, "good"), (25, "amber"), (49, "bad")])
def test_what_waits_too_long_is_told(app, refused, signs, hours, tone):
    change(app, Submission, created_at=clock.now() - timedelta(hours=hours))

    lane = signs()["Sıra: Retler"]

    assert lane.tone == tone
    assert "1 karar" in lane.finding
    assert bool(lane.cure) == (tone != "good")


def test_what_practises_is_no_alarm(app, refused, signs, rows):
    change(app, Submission, created_at=clock.now() - timedelta(hours=49))
    with app.app_context():
        from portal.core.models import Provider

        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()

    assert signs()["Sıra: Retler"].tone == "good"


def test_a_forwarder_that_stands_still_is_told(app, refused, signs):
    change(app, Submission, due_at=clock.now() - timedelta(hours=1))

    assert signs()["İletici"].tone == "bad"
    add(app, CallTally(name="egress", span=clock.now() - timedelta(minutes=5), calls=1))
    assert signs()["İletici"].tone == "good"


def test_more_accounts_than_the_token_calls_suffice_for_are_told(app, signs):
    app.config["IYS_TOKEN_CALLS_PER_HOUR"] = 1
    with app.app_context():
        for number in range(2):
            make.provider(make.IYS_CODE + number, make.BRAND_CODE + number, f"ayse{number}@example.com")
    assert signs()["Kendi İYS hesabıyla bağlı firmalar"].tone == "good"

    with app.app_context():
        make.provider(make.IYS_CODE + 2, make.BRAND_CODE + 2)

    assert signs()["Kendi İYS hesabıyla bağlı firmalar"].tone == "amber"


@pytest.mark.parametrize(("ahead_ms", "tone"), [(1900, "good"), (2000, "amber"), (-2000, "amber")])
def test_a_clock_that_differs_from_that_of_iys_is_told(app, signs, ahead_ms, tone):
    add(app, IysRate(name=IysRate.CLOCK, next_at=clock.now(), ahead_ms=ahead_ms))

    assert (signs()["Saat"].tone, f"{ahead_ms / 1000:+.1f}" in signs()["Saat"].finding) == (tone, True)


def test_a_silent_iys_is_told(app, signs):
    add(app, IysRate(name="host", next_at=clock.now() + timedelta(minutes=1), failures=99))

    assert signs()["İYS"].tone == "bad"


def test_each_egress_is_told_of_where_there_are_several_and_whether_a_forwarder_serves_it(app, signs):
    assert "Çıkış adresi (default)" not in signs()
    now = clock.now()
    add(app, Egress(id=1, name="default", lease_until=now + timedelta(minutes=1)), Egress(id=2, name="second"))
    add(app, IysRate(name="2/host", next_at=now + timedelta(minutes=1), failures=99))

    found = signs()
    told = {name: each.tone for name, each in found.items() if name.startswith(("Çıkış adresi", "İYS ("))}
    assert told == {
        "Çıkış adresi (default)": "good", "İYS (default)": "good",
        "Çıkış adresi (second)": "bad", "İYS (second)": "bad",
    }  # fmt: skip
    change(app, Egress, state=EgressState.DRAINING)
    assert signs()["Çıkış adresi (second)"].tone == "amber"


def test_a_mail_that_waits_or_failed_is_told(app, signs):
    with app.app_context():
        facts = {"at": clock.now(), "link": "https://example.com"}
        mails.write_mail(
            db.session, vault(), MailKind.PASSWORD_CHANGED, to=make.AYSE, language="tr", at=clock.now(), facts=facts
        )
        db.session.commit()
    assert signs()["E-postalar"].tone == "good"

    change(app, Mail, created_at=clock.now() - timedelta(minutes=11))
    assert signs()["E-postalar"].tone == "bad"

    change(app, Mail, state=MailState.FAILED)
    assert signs()["E-postalar"].tone == "amber"


def test_a_message_that_a_person_waits_for_is_told_sooner_than_a_campaigns(app, browser, signs):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    assert signs()["Gönderilecek iletiler"].tone == "good"

    change(app, Message, created_at=clock.now() - timedelta(minutes=11))
    assert signs()["Gönderilecek iletiler"].tone == "bad"

    change(app, Message, rank=1)
    assert signs()["Gönderilecek iletiler"].tone == "good"


def test_spraying_is_told(app, signs):
    tries = [
        ThrottleHit(
            action=ThrottledAction.PASSWORD, account_digest=bytes([number]) * 32, network_digest=b"n" * 32,
            at=clock.now(),
        )
        for number in range(60)
    ]  # fmt: skip
    add(app, *tries)

    sign = signs()["Parola denemeleri"]

    assert sign.tone == "bad" and "60" in sign.finding


def test_each_lane_has_its_sign(app, signs):
    assert sum(name.startswith("Sıra: ") for name in signs()) == len(Lane)


def test_support_does_not_look_after_the_house(deniz):
    assert deniz.opens("/operator/health").status_code == 403


@pytest.mark.parametrize(("column", "tone"), [("warned_on", "amber"), ("alarmed_on", "bad")])
def test_a_point_whose_codes_run_out_is_told_for_that_day(app, signs, column, tone):
    today = clock.day(clock.now())
    opened(app, "deneme-ornek", daily_budget=20)
    assert signs()["İzin noktaları"].tone == "good"

    change(app, ConsentPoint, **{column: today})
    assert signs()["İzin noktaları"].tone == tone
    change(app, ConsentPoint, **{column: today - timedelta(days=1)})
    assert signs()["İzin noktaları"].tone == "good"


@pytest.mark.parametrize(
    ("only_reports", "tones"), [(False, ["good", "bad", "bad"]), (True, ["good", "good", "amber"])]
)
def test_what_accounts_told_and_nobody_has_read_is_told(app, signs, only_reports, tones):
    assert signs()["Gelen yanıt ve raporlar"].finding == "Okunmayı bekleyen yok."
    with app.app_context():
        gateway = gateways.add_gateway(
            db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.PHONE, vendor="verimor",
            header="DENEME", credentials={}, per_second=1, at=clock.now(),
        )  # fmt: skip
        event_contents.keep(gateway, "s", EventKind.PUSH, [1], {}, clock.now(), only_reports=only_reports)
        db.session.commit()
    found = []
    for minutes in (9, 11, 61):
        change(app, GatewayEvent, due_at=clock.now() - timedelta(minutes=minutes))
        found.append(signs()["Gelen yanıt ve raporlar"].tone)

    assert found == tones


def test_gateways_that_stop_or_rest_and_messages_without_one_are_told(app, signs, rows):
    assert signs()["Gönderim hesapları"].tone == "good"
    with app.app_context():
        gateways.add_gateway(
            db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.PHONE, vendor="verimor",
            header="DENEME", credentials={}, per_second=1, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    tones = []
    app.config["DEVELOPMENT"] = False
    try:
        for state, rests in (("working", None), ("working", clock.now() + timedelta(minutes=1)), ("stopped", None)):
            change(app, MessageGateway, state=GatewayState(state), resting_until=rests)
            tones.append((signs()["Gönderim hesapları"].tone, signs()["Hesabı olmayan iletiler"].tone))
        change(app, MessageGateway, provider_id=None)
        tones.append((signs()["Gönderim hesapları"].tone, signs()["Hesabı olmayan iletiler"].tone))
    finally:
        app.config["DEVELOPMENT"] = True

    assert tones == [("good", "good"), ("amber", "good"), ("amber", "amber"), ("bad", "amber")]
