"""A decision is told in the same words wherever people read of it: on its page, on paper, checked, and in a case."""

import pytest

from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Outcome
from portal.web.shared import decision_status
from portal.web.shared.labels import label

pytestmark = pytest.mark.alike

ON_ITS_WAY = "İYS'ye bildirilecek."
NOT_YET = "İYS kabul edene kadar bu onayla ileti gönderilmez."


@pytest.fixture(autouse=True)
def speaking(app):
    with app.test_request_context():
        yield


def test_each_state_is_a_sentence_and_none_is_the_dashboards():
    states = [(outcome, status) for outcome in (*Outcome, None) for status in Status]
    said = {state: decision_status.iys_state_text(*state) for state in states}

    assert {state: text for state, text in said.items() if not text.endswith(".") or "İYS" not in text} == {}
    dashboards = {outcome: label(outcome) for outcome in Outcome}
    assert [state for state, text in said.items() if dashboards.get(state[0]) in (text, text.removesuffix("."))] == []


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED])
def test_what_a_signed_receipt_calls_waiting_is_one_thing_everywhere(outcome):
    assert decision_status.iys_state_text(outcome, Status.GRANTED) == f"Karar kaydedildi, {ON_ITS_WAY} {NOT_YET}"
    # İYS stores no first refusal (H175).
    said = decision_status.iys_state_text(outcome, Status.REFUSED)
    assert said == "Ret kaydedildi ve geçerli; İYS'de bir onay varsa oraya da bildirilecek."


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED, Outcome.PARKED])
def test_a_grant_that_iys_does_not_have_sends_nothing_and_says_so(outcome):
    assert decision_status.iys_state_text(outcome, Status.GRANTED).endswith(NOT_YET)
    assert NOT_YET not in decision_status.iys_state_text(outcome, Status.REFUSED)


@pytest.mark.parametrize("outcome", [Outcome.NOT_NEEDED, Outcome.EXPIRED])
def test_a_refusal_holds_whatever_iys_made_of_it(outcome):
    assert "geçerli" in decision_status.iys_state_text(outcome, Status.REFUSED)


def test_nobody_needs_the_dashboards_word_for_a_brands_page():
    said = {origin: decision_status.origin_text(origin) for origin in DecisionOrigin}

    assert {origin: text for origin, text in said.items() if not text or "nokta" in text.lower()} == {}


def test_who_decided_is_spoken_to_and_who_is_shown_it_is_not():
    said = [
        decision_status.status_text(each, is_annulled=False, to_them=them) for each in Status for them in (True, False)
    ]

    assert said == ["onay verdiniz", "onay verildi", "reddettiniz", "reddedildi"]
    assert decision_status.status_text(Status.GRANTED, is_annulled=True) == "onay geri alındı"
