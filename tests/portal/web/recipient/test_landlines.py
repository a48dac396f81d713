"""Refusing for a number that is no mobile: its messages, for which nobody asks, but of which İYS may hold a grant."""

import pytest

from portal.core.models import Consent, Decision, Submission
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LANDLINE, CORPORATE = "+902124445566", "+908501234567"
ALL = {
    "page": ("/k/{}", {"all": "RET"}), "refusal page": ("/u/{}", {"all": "RET"}), "not me": ("/k/{}/ben-degilim", {}),
    "one click": ("/u/{}", {"List-Unsubscribe": "One-Click"}),
}  # fmt: skip


def lists(app, number: str, channel: str) -> None:
    """İYS lists a grant."""
    MovementReceiver(app).receives(row("ONAY", recipient=number, type=channel, transactionId=channel.ljust(64, "0")))


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
def test_refusing_all_says_nothing_of_messages_that_nobody_holds(app, browser, rows, way):
    code, (path, posted) = make.codes(app, LANDLINE)[LANDLINE], ALL[way]

    assert browser.post(path.format(code), data=posted).status_code in (200, 303)
    assert states(rows) == {"ARAMA": "RET"}


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
