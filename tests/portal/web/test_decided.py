"""A decision is told in the same words wherever people read of it: on its page, on paper, checked, and in a case."""

import pytest

from portal.models import Outcome, Way
from portal.registry import Status
from portal.web import decided
from portal.web.labels import label

pytestmark = pytest.mark.alike

ON_ITS_WAY = "İYS'ye bildirilecek."
NOT_YET = "İYS kabul edene kadar bu onayla ileti gönderilmez."


@pytest.fixture(autouse=True)
def speaking(app):
    with app.test_request_context():
        yield


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_each_state_is_a_sentence_and_none_is_the_dashboards(outcome, status):
    said = decided.at_iys(outcome, status)

    assert said.endswith(".") and "İYS" in said
    assert outcome is None or label(outcome) not in (said, said.removesuffix("."))


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED])
def test_what_a_signed_receipt_calls_waiting_is_one_thing_everywhere(outcome):
    assert decided.at_iys(outcome, Status.REFUSED) == f"Karar kaydedildi, {ON_ITS_WAY}"


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED, Outcome.PARKED])
def test_a_grant_that_iys_does_not_have_sends_nothing_and_says_so(outcome):
    assert decided.at_iys(outcome, Status.GRANTED).endswith(NOT_YET)
    assert NOT_YET not in decided.at_iys(outcome, Status.REFUSED)


@pytest.mark.parametrize("outcome", [Outcome.NOT_NEEDED, Outcome.EXPIRED])
def test_a_refusal_holds_whatever_iys_made_of_it(outcome):
    assert "geçerli" in decided.at_iys(outcome, Status.REFUSED)


@pytest.mark.parametrize("way", Way)
def test_nobody_needs_the_dashboards_word_for_a_brands_page(way):
    assert decided.by(way) and "nokta" not in decided.by(way).lower()


def test_who_decided_is_spoken_to_and_who_is_shown_it_is_not():
    said = [decided.what(each, is_annulled=False, to_them=them) for each in Status for them in (True, False)]

    assert said == ["onay verdiniz", "onay verildi", "reddettiniz", "reddedildi"]
    assert decided.what(Status.GRANTED, is_annulled=True) == "onay geri alındı"
