"""Bulk lists that are held back: missing rights, a used-up quota, a bad success ratio."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import BulkRequest, BulkState, Consent, Outcome, Submission
from portal.services.iys import rate_limit, success_rate
from portal.services.iys.client import Client
from tests import grants, make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.bulk_steps import asked, forward_at, later, outcomes
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow


def test_missing_rights_stop_the_brand_and_the_list_waits_as_it_is(app, bring, sandbox, iys, rows):
    sandbox.fault("bulk_add", "H353", count=1)
    bring(3)

    make.forward_all(app, iys)
    blocked = outcomes(rows)
    later(app, iys, minutes=11)

    assert blocked == {Outcome.BLOCKED: 3}
    assert outcomes(rows) == {Outcome.SENT: 3}


def test_a_used_up_quota_holds_the_list_and_lets_refusals_pass(app, bring, sandbox, iys, rows):
    sandbox.fault("bulk_add", "H525", count=1)
    bring(3)
    sandbox.acts(grants.phones(1, first=50)[0], "MESAJ", "ONAY", at=clock.now() - timedelta(hours=2))
    bring(1, first=50, status="RET", lane=None, held="ONAY")
    make.forward_all(app, iys)

    assert outcomes(rows)[Outcome.BLOCKED] == 3
    assert rows.one(Submission, Submission.status == "RET").outcome == Outcome.ACCEPTED


def fail_often(app):
    with app.app_context():
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=1000, failures=300)
        success_rate.count_call(db.session, make.brand().provider_id, clock.now(), calls=900, failures=300)
        db.session.commit()


def test_below_the_ratio_lists_are_held_until_somebody_lets_them_go(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)
    held = rows.one(BulkRequest).state
    with app.app_context():
        bulk = db.session.query(BulkRequest).one()
        bulk.state, bulk.due_at, bulk.released_at = BulkState.FORMED, clock.now(), clock.now()
        db.session.commit()

    make.forward_all(app, iys)

    assert held == BulkState.HELD
    assert rows.one(BulkRequest).state == BulkState.SENT


class Noting(Client):
    """Notes what it sends."""

    def ask(self, method, path, *, body=None, **more):
        if path.endswith("/request"):
            self.sent = [*getattr(self, "sent", []), body]
        return super().ask(method, path, body=body, **more)


def test_what_ends_while_a_list_is_held_is_in_none_of_its_copies(app, bring, sandbox, rows):
    fail_often(app)
    bring(3)
    iys = Noting(sandbox.url)
    make.forward_all(app, iys)
    MovementReceiver(app).receives(row("RET", recipient=grants.phones(1)[0], ago=timedelta(0)))
    sandbox.fault("bulk_add", "500-after-apply", count=1)

    later(app, iys, hours=25)
    later(app, iys, hours=25, minutes=1)

    assert len(iys.sent) == 2 and iys.sent[0] == iys.sent[1]
    assert grants.phones(1)[0] not in iys.sent[0].decode()
    assert outcomes(rows)[Outcome.OVERTAKEN] == 1


def test_a_late_result_takes_nothing_from_what_a_person_did_since(app, bring, rows):
    """İYS held the grant when it looked at the list; the person withdrew it before we asked what came of it."""
    bring(1)
    held = [{"index": 0, "status": "failure", "error": {"code": "H174"}}]
    with iys_that_says(request=(202, {"requestId": "a-1"}), result=(200, held)) as iys:
        make.forward_all(app, iys)
        with time_machine.travel(clock.now() + timedelta(seconds=200)):
            MovementReceiver(app).receives(row("RET", recipient=grants.phones(1)[0], ago=timedelta(0)))

        later(app, iys, seconds=400)

    assert rows.one(Consent).iys_status == "RET"


def test_held_lists_go_by_themselves_when_the_ratio_is_well_again(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)

    later(app, iys, hours=12)
    still = rows.one(BulkRequest).state
    later(app, iys, hours=25)

    assert still == BulkState.HELD
    assert rows.one(BulkRequest).state == BulkState.SENT


def test_a_held_list_lets_go_of_what_runs_out_of_time(app, bring, sandbox, iys, rows):
    fail_often(app)
    bring(3)
    make.forward_all(app, iys)

    forward_at(app, iys, rows(Submission)[0].lenient_deadline + timedelta(seconds=1))

    assert outcomes(rows) == {Outcome.EXPIRED: 3}
    assert asked(sandbox, "bulk_add") == 0
