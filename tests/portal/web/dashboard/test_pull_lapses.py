"""Who has not heard from İYS for a day what people refused there is told, and so is the operator."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    Connection,
    DayState,
    Feed,
    FeedSource,
    Mail,
    MailKind,
    ReconciledDay,
    Sweep,
)
from portal.domain.notifications import mails
from portal.jobs import lapse_alarms
from portal.web.operator import health_checks
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


@pytest.fixture
def feeds(app):
    """Of Ayşe's brand, which İYS told all until now."""
    with app.app_context():
        brand, at = make.brand(), clock.now()
        for source in FeedSource:
            own = {"provider_id": brand.provider_id, "brand_id": brand.id, "source": source}
            db.session.add(Feed(**own, pulled_at=at, created_at=at - 20 * DAY))
        db.session.execute(update(Connection).values(forwarding_enabled_at=at - 20 * DAY))
        db.session.commit()


@pytest.fixture
def ayse(app, feeds):
    return signed_in(app)


def change(app, model, *which, **values) -> None:
    with app.app_context():
        db.session.execute(update(model).where(*which).values(values))
        db.session.commit()


def told(app) -> str:
    return app.test_cli_runner().invoke(args=["doctor"]).stdout


def lapses(app, **values) -> None:
    change(app, Feed, Feed.source == FeedSource.PEOPLE, **{"pulled_at": clock.now() - 9 * DAY, "code": "H353"} | values)


def test_the_operator_is_told_how_many_brands_since_when_and_iyss_code(app, feeds):
    assert "pulls: ok" in told(app)
    lapses(app)

    said = next(line for line in told(app).splitlines() if line.startswith("pulls: "))
    since = f"{clock.istanbul(clock.now() - 9 * DAY):%d.%m.%Y}"
    assert "of 1 brands" in said and since in said and f"{make.BRAND_CODE} H353" in said and "call the firm" in said
    with app.test_request_context():
        worst = health_checks.run_all(clock.now())[:20]
    assert any(f"{make.BRAND_CODE} H353" in each.finding and each.tone == "bad" for each in worst)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Connection, {"forwarding_enabled_at": clock.now()}),
        (Brand, {"is_sandbox": True}),
        (Feed, {"pulled_at": clock.now() - timedelta(hours=23)}),
        (Feed, {"pulled_at": None, "created_at": clock.now()}),
    ],
)
def test_what_is_not_live_or_was_pulled_today_is_no_lapse(app, feeds, ayse, model, values):
    lapses(app)
    change(app, model, **values)

    assert "pulls: ok" in told(app)
    assert "öğrenilemiyor" not in ayse.opens("/dashboard/").text


def test_a_feed_that_never_got_an_answer_lapses_too(app, feeds):
    lapses(app, pulled_at=None, code=None)

    assert f"{make.BRAND_CODE} –" in told(app)


def test_a_connection_that_waits_for_its_test_lapses_too(app, feeds):
    """As after another account was entered: İYS is asked nothing until it has been tried."""
    lapses(app)
    change(app, Connection, forwarding_enabled_at=None)

    assert f"{make.BRAND_CODE} H353" in told(app)


@pytest.mark.parametrize("page", ["/dashboard/", "/dashboard/connection"])
def test_the_firm_reads_of_which_brand_since_when_and_what_to_do(app, feeds, ayse, page):
    assert "öğrenilemiyor" not in ayse.opens(page).text
    lapses(app)

    shown = ayse.opens(page).text

    assert "“Örnek Mağaza” için İYS" in shown and "tarihinden beri öğrenilemiyor" in shown
    assert "(H353)" in shown and "üç iş günü" in shown and "/dashboard/movements?brand=" in shown


@pytest.fixture
def mailed(app, rows):
    """What owners were mailed after two further looks."""

    def look() -> list[tuple]:
        for _ in range(2):
            with app.app_context():
                lapse_alarms.notify_owners_of_lapses()
        with app.app_context():
            facts = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.SUBMISSIONS_WAIT)]
        return [(each["level"], each["count"]) for each in facts]

    return look


def test_owners_are_mailed_once_per_lapse(app, feeds, rows, mailed):
    assert mailed() == []
    lapses(app)
    assert mailed() == [("unpulled", "1")]
    assert [each.act for each in rows(AuditEntry, AuditEntry.subject == "brand")][-1] == "brand.pulls_lapsed"

    change(app, Feed, pulled_at=clock.now())
    assert len(mailed()) == 1
    with time_machine.travel(clock.now() + 2 * DAY):
        assert mailed() == [("unpulled", "1")] * 2


def waits(app, model, *, ago: timedelta, **values) -> None:
    """A day or a sweep of the brand that was added so long ago."""
    with app.app_context():
        brand, at = make.brand(), clock.now() - ago
        row = {"provider_id": brand.provider_id, "brand_id": brand.id, "created_at": at, "due_at": clock.now()}
        db.session.add(model(**row | ({"day": clock.day(at) - DAY} if model is ReconciledDay else {}) | values))
        db.session.commit()


@pytest.mark.parametrize("model", [ReconciledDay, Sweep])
def test_a_day_or_a_sweep_that_does_not_end_is_told_to_the_operator_and_the_owners(app, feeds, rows, mailed, model):
    assert "reconciliation: ok" in told(app)
    waits(app, model, ago=4 * DAY, code="hash")

    said = next(line for line in told(app).splitlines() if line.startswith("reconciliation: "))
    assert "Of 1 brands" in said and f"{make.BRAND_CODE} hash" in said
    assert f"{clock.istanbul(clock.now() - 4 * DAY):%d.%m.%Y}" in said
    assert mailed() == [("unreconciled", "1")]
    assert rows(AuditEntry, AuditEntry.subject == "brand")[-1].act == "brand.reconciliation_lapsed"

    change(app, model, due_at=None, **{"ended_at": clock.now()} if model is Sweep else {"state": DayState.AGREED})
    assert "reconciliation: ok" in told(app)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (ReconciledDay, {"ago": 2 * DAY}),
        (ReconciledDay, {"ago": 4 * DAY, "state": DayState.DIFFERENT}),
        (ReconciledDay, {"ago": 9 * DAY, "state": DayState.MISSED, "due_at": None}),
        (Sweep, {"ago": 2 * DAY}),
        (Sweep, {"ago": 4 * DAY, "due_at": None, "ended_at": clock.now()}),
    ],
)
def test_what_ended_or_may_still_end_is_no_lapse_of_reconciliation(app, feeds, mailed, model, values):
    waits(app, model, **values)

    assert "reconciliation: ok" in told(app)
    assert mailed() == []


def test_a_brand_that_is_not_pulled_is_told_of_as_that_only(app, feeds, mailed):
    waits(app, ReconciledDay, ago=4 * DAY)
    lapses(app)

    assert "reconciliation: ok" in told(app)
    assert mailed() == [("unpulled", "1")]


def test_after_a_long_gap_the_firm_reads_until_when_nothing_may_be_sent_and_what_stops_the_sweep(app, feeds, ayse):
    lapses(app, code="not_swept")
    waits(app, Sweep, ago=DAY, code="H353", left_out="wrong_addresses")

    for page in ("/dashboard/", "/dashboard/connection", "/dashboard/movements"):
        shown = ayse.opens(page).text
        assert "Bu tarama bitene kadar markanın onaylarına ileti gönderilemez" in shown and "not_swept" not in shown
    shown = ayse.opens("/dashboard/movements").text
    assert "<strong>H353</strong>" in shown and "bazı adresleri geçersiz sayıyor" in shown
    assert f"{make.BRAND_CODE} not_swept" in told(app)
