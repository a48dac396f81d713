"""Refusing for a number that is no mobile: its messages, for which nobody asks, but of which İYS may hold a grant."""

import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Complaint, Consent, Decision, Provider, Submission
from portal.domain.consents import may_send
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.web.recipient.open_complaints import complains

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LANDLINE, CORPORATE = "+902124445566", "+908501234567"
ALL = {
    "page": ("/k/{}", {"all": "RET"}), "refusal page": ("/u/{}", {"all": "RET"}), "not me": ("/k/{}/ben-degilim", {}),
    "one click": ("/u/{}", {"List-Unsubscribe": "One-Click"}),
}  # fmt: skip


def lists(app, number: str, channel: str) -> None:
    """İYS lists a grant."""
    MovementReceiver(app).receives(row("ONAY", recipient=number, type=channel, transactionId=channel.ljust(64, "0")))


def may(app, rows) -> dict[str, str]:
    """By channel, whether a message may be sent."""
    with app.app_context():
        brand, code = db.session.query(Brand).one(), db.session.query(Provider).one().iys_code
        now = clock.now()
        return {
            each.channel.value: may_send.answer_of(
                each, brand, code, now, pulled_at=now, has_unread_reply=False
            ).verdict.value
            for each in rows(Consent)
        }  # fmt: skip


def states(rows) -> dict[str, str]:
    return {each.channel.value: each.status.value for each in rows(Consent) if each.status}


@pytest.mark.parametrize("number", [LANDLINE, CORPORATE])
@pytest.mark.parametrize("way", ALL)
def test_refusing_all_ends_a_grant_of_messages_that_iys_lists(app, browser, rows, number, way):
    code, (path, posted) = make.codes(app, number)[number], ALL[way]
    lists(app, number, "MESAJ")
    lists(app, number, "ARAMA")

    assert browser.post(path.format(code), data=posted).status_code in (200, 303)
    assert states(rows) == {"MESAJ": "RET", "ARAMA": "RET"}
    assert [each.status for each in rows(Submission)] == ["RET", "RET"]


@pytest.mark.parametrize("way", ALL)
def test_refusing_all_is_the_same_whatever_is_held_and_stands_against_an_older_grant_learned_later(
    app, browser, rows, way
):
    code, (path, posted) = make.codes(app, LANDLINE)[LANDLINE], ALL[way]
    browser.post(path.format(code), data=posted)
    refused = states(rows)
    MovementReceiver(app).receives(row("ONAY", recipient=LANDLINE, type="MESAJ", ago=timedelta(days=200)))

    assert refused == states(rows) == {"MESAJ": "RET", "ARAMA": "RET"}
    assert set(may(app, rows).values()) == {"may_not"}


def test_the_refusing_page_offers_messages_and_the_asking_one_does_not(app, browser, rows):
    code = make.codes(app, LANDLINE)[LANDLINE]
    asking, refusing = (browser.get(f"/{each}/{code}").text for each in "ku")

    assert set(re.findall('name="(MESAJ|ARAMA)"', asking)) == {"ARAMA"}
    assert set(re.findall('name="(MESAJ|ARAMA)"', refusing)) == {"MESAJ", "ARAMA"}
    browser.post(f"/u/{code}", data={"MESAJ": "RET"})
    assert states(rows) == {"MESAJ": "RET"}


def test_an_sms_to_such_a_number_can_be_complained_of_and_refused(app, browser, rows):
    code = make.codes(app, CORPORATE)[CORPORATE]
    receipt = browser.post(f"/k/{code}", data={"ARAMA": "RET"}).location.split("/m/")[1].split("?")[0]
    lists(app, CORPORATE, "MESAJ")

    assert 'value="MESAJ"' in browser.get(f"/m/{receipt}/sikayet").text
    assert complains(browser, receipt, channel="MESAJ", refuses="y").status_code == 303
    assert rows.one(Complaint).channel == "MESAJ"
    assert states(rows) == {"MESAJ": "RET", "ARAMA": "RET"}


def test_refusing_calls_leaves_messages(app, browser, rows):
    code = make.codes(app, LANDLINE)[LANDLINE]
    lists(app, LANDLINE, "MESAJ")

    assert browser.post(f"/k/{code}", data={"ARAMA": "RET"}).status_code == 303
    assert states(rows) == {"MESAJ": "ONAY", "ARAMA": "RET"}


def test_the_same_refusal_within_a_minute_is_one_act(app, browser, rows):
    code = make.codes(app, LANDLINE)[LANDLINE]
    lists(app, LANDLINE, "MESAJ")
    for _ in range(3):
        browser.post(f"/u/{code}", data={"List-Unsubscribe": "One-Click"})

    assert len(rows(Decision, Decision.origin == "one_click")) == 2
