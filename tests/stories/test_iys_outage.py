"""İYS is away for four business days: who waits turns amber, red and expired in time, a refusal is obeyed all along.

When İYS is back all that may still be said is said in order; the rest is listed with its cure.
"""

import html
import re
from datetime import datetime, timedelta

import pytest
import time_machine

from portal.core import iys_protocol
from portal.core.models import Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.services.iys import forwarder
from tests import make
from tests.make import Person
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.long

MONDAY = datetime.fromisoformat("2026-11-23 08:00:00+00:00")  # 11:00 in Istanbul.
THURSDAY_MIDNIGHT = datetime.fromisoformat("2026-11-26 21:00:00+00:00")  # After three business days.
BACK = datetime.fromisoformat("2026-11-27 08:30:00+00:00")  # Friday.
FATMA, CEM, BURAK = make.PHONE, "cem@example.com", "burak@example.com"


class Week:
    """The days as they pass, with a forwarder that never stops trying."""

    def __init__(self, app, browser, iys, rows, traveller):
        self.app, self.iys, self.rows, self.traveller = app, iys, rows, traveller
        codes = make.codes(app, f"{FATMA}\n{CEM}\n{BURAK}\n", expires=timedelta(days=30))
        self.people = {address: Person(browser, code) for address, code in codes.items()}

    def until(self, moment: datetime, every=timedelta(hours=2)) -> None:
        """Let time pass; the forwarder looks now and then."""
        while datetime.now(moment.tzinfo) < moment:
            self.traveller.move_to(min(moment, datetime.now(moment.tzinfo) + every))
            self.forward()

    def forward(self) -> None:
        with self.app.app_context():
            for _ in range(300):
                if not forwarder.forward_one(self.iys):
                    return

    def decides(self, whose: str, **choices) -> None:
        assert self.people[whose].decides(**choices).status_code == 303
        self.forward()

    def figures(self) -> dict[str, int]:
        page = html.unescape(signed_in(self.app).opens("/dashboard/").text)
        found = re.findall(r'<div class="figure[^"]*"><dt>([^<]+)</dt><dd>([^<]+)</dd>', page)
        return {name: int(value) for name, value in found}

    def page(self, what: str) -> str:
        return html.unescape(signed_in(self.app).opens(f"/dashboard/forwarding?show={what}").text)

    def outcomes_of(self, status: str) -> list[Outcome]:
        """In the order in which people decided."""
        submissions = self.rows(Submission, Submission.status == status)
        return [each.outcome for each in sorted(submissions, key=lambda each: (each.consent_date, each.id))]


@pytest.fixture
def week(app, browser, iys, rows):
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield Week(app, browser, iys, rows, traveller)


def test_a_week_without_iys(week, sandbox, rows, may_send):
    week.decides(FATMA, MESAJ="ONAY", ARAMA="ONAY")
    week.until(MONDAY + timedelta(minutes=1), every=timedelta(seconds=5))
    assert week.outcomes_of("ONAY") == [Outcome.ACCEPTED] * 2

    sandbox.fault("*", "reset")
    week.decides(FATMA, MESAJ="RET")
    week.decides(CEM, EPOSTA="ONAY")
    allowed = {each.channel: may_send(each) for each in rows(Consent) if each.status}
    assert allowed == {"MESAJ": False, "ARAMA": True, "EPOSTA": False}, "a refusal is obeyed at once"

    week.until(MONDAY + timedelta(hours=23))
    assert (week.figures()["24 saatten uzun bekleyen"], week.figures()["48 saatten uzun bekleyen"]) == (0, 0)
    week.until(MONDAY + timedelta(hours=25))
    assert (week.figures()["24 saatten uzun bekleyen"], week.figures()["48 saatten uzun bekleyen"]) == (2, 0)
    week.decides(BURAK, EPOSTA="ONAY")  # On Tuesday, so that it lasts until Friday.
    week.until(MONDAY + timedelta(hours=49))
    assert week.figures()["48 saatten uzun bekleyen"] == 2
    week.decides(FATMA, ARAMA="RET")  # On Wednesday.

    week.until(THURSDAY_MIDNIGHT + timedelta(minutes=11))
    assert Outcome.EXPIRED in week.outcomes_of("RET") and Outcome.EXPIRED in week.outcomes_of("ONAY")
    assert not any(may_send(each) for each in rows(Consent)), "refused stays refused, whatever İYS still holds"
    assert [each["status"] for each in sandbox.movements()] == ["ONAY", "ONAY"]

    week.until(BACK)
    sandbox.mend()
    week.until(BACK + timedelta(minutes=20), every=timedelta(minutes=1))

    told = [(each["recipient"], each["type"], each["status"], each["source"]) for each in sandbox.movements()[2:]]
    assert sorted(told) == [
        (FATMA, "ARAMA", "RET", "HS_WEB"),
        (FATMA, "MESAJ", "RET", "HS_KARAR"),  # The expired refusal, said anew and dated now.
        (BURAK, "EPOSTA", "ONAY", "HS_WEB"),
    ]
    renewed = rows.one(Decision, Decision.origin == DecisionOrigin.RENEWAL)
    assert renewed.consent_date > THURSDAY_MIDNIGHT
    assert rows.one(Decision, Decision.id == renewed.renews_id).status == "RET"
    assert week.outcomes_of("ONAY") == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.EXPIRED, Outcome.ACCEPTED]
    assert not rows(Submission, Submission.due_at.is_not(None)), "nothing is left to do"
    held = {(each["recipient"], each["type"]): each["status"] for each in sandbox.movements()}
    heads = {(each.channel, each.status) for each in rows(Consent) if each.status}
    assert ("MESAJ", "RET") in heads and held[FATMA, "MESAJ"] == "RET"

    page = week.page("expired")
    assert iys_protocol.cure_of("H467") in page or "yeni bir onay vermesi gerekir" in page
