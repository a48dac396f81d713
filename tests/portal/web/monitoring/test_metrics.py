"""/metrics tells what is in the rows of all programs, to whoever has the token only."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Event, EventType, IysRate, Outcome, RowTallyChange, Submission, Tallied, WebhookEndpoint
from portal.domain.events import sequencer
from portal.services.iys import circuit_breaker
from tests import make
from tests.make import Person
from tests.portal.services.webhooks.conftest import Webhooks

TOKEN = "Zr7w1TtYsU3d5v0mS0c1rQ3dPp3q2m3m"


@pytest.fixture
def scrape(app, browser):
    """What is measured now: {(name, labels): value}."""
    app.config["METRICS_TOKEN"] = TOKEN

    def ask() -> dict:
        answer = browser.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        found = [sample for each in text_string_to_metric_families(answer.text) for sample in each.samples]
        return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in found}

    return ask


def test_without_a_token_there_are_none_and_a_wrong_one_opens_nothing(app, browser):
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert browser.get("/metrics", headers=right).status_code == 404
    assert browser.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    app.config["METRICS_TOKEN"] = TOKEN
    wrong = (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
    )
    assert [browser.get("/metrics", headers=each).status_code for each in wrong] == [401] * 4
    assert browser.get("/metrics", headers=right).status_code == 200


def test_decisions_are_counted_once_by_origin_and_status(app, browser, scrape):
    codes = make.codes(app)
    Person(browser, codes[make.PHONE]).decides(MESAJ="RET", ARAMA="ONAY")
    with app.app_context():
        for _ in range(2):
            sequencer.sequence_events(db.session)
            db.session.commit()
    Person(browser, codes[make.EMAIL]).decides(EPOSTA="RET")

    found = scrape()
    counts = {key: value for key, value in found.items() if key[0] == "izinlink_decisions_total"}
    assert counts == {("izinlink_decisions_total", "RET", "link"): 1, ("izinlink_decisions_total", "ONAY", "link"): 1}
    assert found["izinlink_events_unsequenced",] == 1


def test_what_waits_how_late_and_what_has_stopped_is_measured(app, browser, scrape, rows):
    codes = make.codes(app)
    Person(browser, codes[make.PHONE]).decides(MESAJ="RET", ARAMA="RET")
    Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")
    now = clock.now()
    with app.app_context():
        refusal = Submission.lane == "refusals"
        db.session.execute(update(Submission).where(refusal).values(created_at=now - timedelta(hours=49)))
        db.session.execute(update(Submission).values(lenient_deadline=now + timedelta(hours=5)))
        parked = {"outcome": Outcome.PARKED, "due_at": None}
        db.session.execute(update(Submission).where(~refusal).values(parked))
        db.session.add(RowTallyChange(subject=Tallied.RECIPIENTS, provider_id=1, bucket="2026-11-30", change=1))
        db.session.add(IysRate(name=circuit_breaker.HOST, next_at=now, failures=circuit_breaker.OPENING_FAILURES))
        db.session.commit()

    found = scrape()
    assert found["izinlink_submissions_waiting", "refusals"] == 2
    assert found["izinlink_submissions_waiting", "people"] == 0
    assert found["izinlink_submission_age_seconds", "refusals"] == pytest.approx(49 * 3600, abs=60)
    assert found["izinlink_submissions_late", "red", "refusals"] == 2
    assert found["izinlink_submission_deadline_seconds",] == pytest.approx(5 * 3600, abs=60)
    assert found["izinlink_submissions_stopped", "parked"] == 1
    assert found["izinlink_check_failing", "parked"] == found["izinlink_iys_unreachable", "default"] == 1
    assert found["izinlink_heartbeat_age_seconds", "forwarder"] == float("inf")  # None ever ran.
    assert found["izinlink_row_tally_changes",] == rows.count(RowTallyChange) > 0


def test_an_endpoint_of_a_firm_where_nothing_happens_is_not_behind(app, rows, scrape):
    """Though numbers are given over all firms, and leap after a restore."""
    with app.app_context():
        make.provider()
    Webhooks(app, rows).add("https://hooks.example.com/izinlink")
    with app.app_context():
        sequencer.skip_used_numbers(db.session, clock.now())
        Event.record(db.session, EventType.PACKAGE_LOW, 1, provider_id=1, at=clock.now())
        sequencer.sequence_events(db.session)
        db.session.execute(update(WebhookEndpoint).values(position=40))  # Of its own, which were deleted since.
        db.session.commit()

    assert scrape()["izinlink_webhook_lag_events",] == 0
