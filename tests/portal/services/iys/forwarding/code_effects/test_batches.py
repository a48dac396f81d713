"""How much is taken, moved or expired at once, and whose turn it is among several providers."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import (
    Brand,
    BulkRequest,
    BulkState,
    Connection,
    Credential,
    CredentialKind,
    Lane,
    Outcome,
    Submission,
)
from portal.services.iys.client import Client
from portal.services.iys.forwarding import bulk_dispatch, bulk_lists, bulk_results, claims, expiry
from tests import grants, make
from tests.portal.services.iys.forwarding.code_effects.conftest import SECOND, TAKEN
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow


def test_a_thousand_refusals_are_asked_about_together(app, bring):
    bring(1002, status="RET", lane=None)

    with app.app_context():
        taken = make.claim(clock.now())

    assert len(taken) == 1000


def test_what_is_in_a_list_that_may_have_left_does_not_expire(app, bring, rows, standing_clock):
    bring(1)
    with app.app_context():
        bulk_lists.claim_list_to_send(db.session, clock.now())
        standing_clock.move_to(rows.one(Submission).lenient_deadline + SECOND)

        assert not expiry.expire_late_submissions(None)
    assert rows.one(Submission).outcome == Outcome.WAITING


def test_as_many_expire_at_once_as_a_transaction_should_hold_those_first_that_ended_first(app, bring, rows):
    bring(expiry.BATCH + 1)
    first = rows(Submission)[-1]
    with app.app_context():
        theirs = db.session.query(Submission).filter_by(id=first.id)
        theirs.update({"lenient_deadline": first.lenient_deadline - SECOND})
        db.session.commit()
    with time_machine.travel(first.lenient_deadline + SECOND, tick=False), app.app_context():
        assert expiry.expire_late_submissions(None)
        expired = {each.id for each in rows(Submission, Submission.outcome == Outcome.EXPIRED)}
        assert len(expired) == expiry.BATCH and first.id in expired
        assert expiry.expire_late_submissions(None) and not expiry.expire_late_submissions(None)
    assert {each.outcome for each in rows(Submission)} == {Outcome.EXPIRED}


def test_a_thousand_peoples_grants_that_waited_too_long_move_into_a_list_at_once(app, bring, rows, standing_clock):
    bring(1001, lane=None)
    standing_clock.shift(timedelta(minutes=1))

    with app.app_context():
        bulk_lists.move_waiting_people(db.session, clock.now())

    assert sum(each.lane == Lane.BULK for each in rows(Submission)) == 1000


class TestSeveralProviders:
    """Each has a brand of its own, whose decisions these are."""

    @pytest.fixture
    def brands(self, app) -> list[Brand]:
        with app.app_context():
            make.provider()
            make.provider(iys_code=800001, brand_code=800001, email="cem@example.com")
            return list(db.session.scalars(select(Brand).order_by(Brand.id)))

    def bring(self, app, brand: Brand, minutes_ago: int, **facts) -> None:
        with app.app_context():
            phones, at = grants.phones(1, first=minutes_ago), clock.now() - timedelta(minutes=minutes_ago)
            grants.insert_decisions(brand, phones, at, codes=(brand.brand_code,) * 2, **facts)

    def enter_sandbox_mode(self, app, brand: Brand) -> None:
        """The provider's account is one of the sandbox's."""
        with app.app_context():
            theirs = db.session.query(Credential).filter_by(provider_id=brand.provider_id)
            theirs.update({"kind": CredentialKind.SANDBOX})
            db.session.commit()

    def of_the_sandbox(self, app, iys: Client) -> Client:
        app.config["SANDBOX_URL"] = iys.base_url
        return Client(iys.base_url, is_sandbox=True)

    @pytest.mark.parametrize("waits_longest", [0, 1])
    def test_whichever_waits_longest_of_those_that_may_go_goes_first(self, app, brands, rows, waits_longest):
        self.bring(app, brands[1 - waits_longest], 1, lane=None)
        self.bring(app, brands[1 - waits_longest], 4, lane=Lane.BULK)
        self.bring(app, brands[waits_longest], 2, lane=None)
        self.bring(app, brands[waits_longest], 3, lane=None)

        with app.app_context():
            oldest = claims.oldest_due(db.session, clock.now(), Lane.PEOPLE)

        assert oldest == rows(Submission)[-1].id

    @pytest.mark.parametrize(("enabled", "goes"), [(None, False), (SECOND, False), (timedelta(0), True)])
    def test_nothing_of_a_provider_goes_before_sending_was_enabled(self, app, brands, enabled, goes):
        self.bring(app, brands[0], 1, lane=None)
        with app.app_context():
            enabled_at = None if enabled is None else clock.now() + enabled
            db.session.query(Connection).update({"forwarding_enabled_at": enabled_at})
            db.session.commit()

            assert (claims.oldest_due(db.session, clock.now(), Lane.PEOPLE) is not None) == goes

    def test_a_refusal_in_sandbox_mode_holds_up_no_list_of_another_provider(self, app, brands, rows):
        self.enter_sandbox_mode(app, brands[1])
        self.bring(app, brands[0], 1)
        self.bring(app, brands[1], 1, lane=None, status="RET")

        with iys_that_says(request=TAKEN) as iys, app.app_context():
            assert bulk_dispatch.send_next_list(iys)
        assert rows.one(BulkRequest).state == BulkState.SENT

    def test_a_list_in_sandbox_mode_waits_for_the_refusals_there(self, app, brands, rows):
        self.enter_sandbox_mode(app, brands[1])
        self.bring(app, brands[1], 1)
        self.bring(app, brands[1], 2, lane=None, status="RET")

        with iys_that_says() as iys, app.app_context():
            assert not bulk_dispatch.send_next_list(self.of_the_sandbox(app, iys))
        assert rows(BulkRequest) == []

    def test_a_result_in_sandbox_mode_waits_for_the_refusals_there(self, app, brands, rows):
        self.enter_sandbox_mode(app, brands[1])
        self.bring(app, brands[1], 1)
        with app.app_context():
            bulk_lists.claim_list_to_send(db.session, clock.now(), is_sandbox=True)
            db.session.query(BulkRequest).update({"state": BulkState.SENT, "sent_at": clock.now(), "lease_until": None})
            db.session.commit()
        self.bring(app, brands[1], 2, lane=None, status="RET")

        with iys_that_says() as iys, app.app_context():
            assert not bulk_results.fetch_next_result(self.of_the_sandbox(app, iys))
        assert rows.one(BulkRequest).due_at == clock.now()
