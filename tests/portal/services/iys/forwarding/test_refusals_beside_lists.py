"""A refusal of a key whose grant is in a bulk list."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Consent, Lane, Outcome, Submission
from tests import make
from tests.make import Person
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.bulk_steps import SECOND, asked, later, outcomes

pytestmark = pytest.mark.slow


class TestARefusalAndAGrantInAList:
    """A refusal waits for no list; where İYS holds no grant yet it goes again when the list ends."""

    @pytest.fixture
    def fatma(self, app, browser):
        return Person(browser, make.codes(app)[make.PHONE])

    def grant(self, app, fatma):
        """Fatma's grant, in a list."""
        fatma.decides(MESAJ="ONAY")
        with app.app_context():
            one = db.session.query(Submission).one()
            one.lane, one.endpoint = Lane.BULK, one.endpoint + "/request"
            one.due_at -= timedelta(minutes=1)  # Or it goes singly.
            db.session.commit()

    def test_the_refusal_is_asked_at_once_and_goes_when_the_grant_ends(self, app, fatma, sandbox, iys, rows):
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        at_once = asked(sandbox, "multi_status")

        later(app, iys, minutes=6)

        assert at_once == 1
        assert [movement["status"] for movement in sandbox.movements()] == ["ONAY", "RET"]
        assert outcomes(rows) == {Outcome.ACCEPTED: 2}
        assert rows.one(Consent).iys_status == "RET"

    @pytest.mark.parametrize("seconds", [5, 45, pytest.param(250, marks=pytest.mark.long)])
    def test_the_refusal_is_at_iys_within_15_seconds_of_the_grant(self, app, fatma, sandbox, iys, rows, seconds):
        sandbox.set_list_timing(seconds=seconds)
        with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as now:
            self.grant(app, fatma)
            make.forward_all(app, iys)
            now.shift(SECOND)
            fatma.decides(MESAJ="RET")
            for _ in range(seconds + 14):
                make.forward_all(app, iys)
                now.shift(SECOND)

            assert [movement["status"] for movement in sandbox.movements()] == ["ONAY", "RET"]
            assert asked(sandbox, "multi_status") <= seconds / 10 + 3
            assert sandbox.ledger()["failures"] == 0

    def test_a_grant_that_a_feed_brings_wakes_its_refusal(self, app, fatma, sandbox, iys, rows):
        sandbox.set_list_timing(seconds=1200, laggards=0)
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(minutes=15)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        payload = self.payload_of(app, rows(Submission)[0])
        with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=5)):
            held = row("ONAY", consentDate=payload["consentDate"], source=payload["source"], ago=timedelta(0))
            MovementReceiver(app).receives(held)

            assert rows(Submission)[1].due_at <= clock.now()

    def payload_of(self, app, sent):
        with app.app_context():
            return json.loads(vault().open(sent.payload, Submission.PLACE, sent.provider_id, sent.id))

    def test_a_grant_that_comes_late_meets_the_refusal(self, app, fatma, sandbox, iys, rows):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - timedelta(hours=1))
        sandbox.set_list_timing(seconds=120)
        self.grant(app, fatma)
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=5)):
            fatma.decides(MESAJ="RET")
            make.forward_all(app, iys)
        movements = [movement["status"] for movement in sandbox.movements()]

        later(app, iys, minutes=6)

        assert movements == ["ONAY", "RET"], "the refusal withdrew what İYS held, with the list still on its way"
        assert outcomes(rows) == {Outcome.ACCEPTED: 1, Outcome.OVERTAKEN: 1}
        assert rows.one(Consent).iys_status == "RET"
