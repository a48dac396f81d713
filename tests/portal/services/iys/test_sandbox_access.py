"""Calls of a provider in sandbox mode go to the sandbox only, whatever fails in between.

Two boxes stand here: `world` is İYS, which records every request, and `box` is the sandbox.
"""

import io
import json
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, update

from iys_sandbox import create_sandbox
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import (
    Brand,
    CallTally,
    Connection,
    Consent,
    Credential,
    CredentialKind,
    Feed,
    IysRate,
    Lane,
    Outcome,
    Provider,
    ReconciledDay,
    Submission,
    Sweep,
)
from portal.domain.identity import accounts
from portal.domain.providers import sandbox_mode
from portal.services.iys import calls, forwarder, reconciliation, sandbox_access
from portal.services.iys.client import Client
from portal.services.iys.inflow import feeds, sweeps
from tests import make, servers

pytestmark = pytest.mark.slow

REAL_CODE = 700500


class Recording:
    """A sandbox of which every request is written down."""

    def __init__(self, app):
        self.app, self.received = app, []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.received.append((environ["PATH_INFO"], body.decode()))
        environ["wsgi.input"] = io.BytesIO(body)
        return self.app(environ, start_response)


@pytest.fixture
def world(tmp_path):
    """İYS, with the account that the provider has there once it is admitted."""
    with servers.sandbox(tmp_path / "iys.db") as iys:
        iys.add_account("gercek", "password", REAL_CODE, [REAL_CODE])
        recording = Recording(iys.app)
        with servers.serving(recording) as url:
            iys.url, iys.received = url, recording.received
            yield iys


@pytest.fixture
def box(tmp_path, app, world):
    """The sandbox; the portal knows where both are."""
    with servers.sandbox(tmp_path / "sandbox.db") as sandbox_box:
        app.config["IYS_BASE_URL"], app.config["SANDBOX_URL"] = world.url, sandbox_box.url
        yield sandbox_box


@pytest.fixture
def firm(app):
    """The id of a provider in sandbox mode."""
    with app.app_context():
        return provider_in_sandbox_mode().id


def provider_in_sandbox_mode() -> Provider:
    code = sandbox_mode.draw_code(db.session)
    provider = Provider(
        iys_code=code, title="Acemi Ticaret A.Ş.", mersis="0123456789012345", contact="0850 111 22 33",
        notice_url=make.NOTICE, created_at=clock.now(),
    )  # fmt: skip
    db.session.add(provider)
    db.session.flush()
    db.session.add(
        Brand(provider_id=provider.id, brand_code=code, name="Acemi", is_sandbox=True, created_at=clock.now())
    )
    sandbox_mode.begin_sandbox(db.session, vault(), provider, clock.now())
    db.session.commit()
    return provider


def goes_to_iys(app, provider_id: int) -> None:
    """Admitted, and connected by its own account."""
    with app.app_context():
        provider = db.session.get_one(Provider, provider_id)
        sandbox_mode.end_sandbox(db.session, provider, clock.now())
        provider.iys_code = provider.pending_iys_code = REAL_CODE
        provider.admitted_at = clock.now()
        db.session.add(Brand(provider_id=provider_id, brand_code=REAL_CODE, name="Usta", created_at=clock.now()))
        accounts.connect(db.session, vault(), provider, username="gercek", password="password", at=clock.now())
        db.session.commit()


def decides(app, browser, **choices) -> str:
    """A person of the first campaign's audience decides; the code of the link."""
    code = make.codes(app)[make.PHONE]
    assert make.Person(browser, code).decides(**choices).status_code == 303
    return code


def all_steps(app) -> None:
    """Everything that the forwarder does, for both, until nothing is due."""
    with app.app_context():
        config = app.config
        world, sandbox = Client(config["IYS_BASE_URL"]), Client(config["SANDBOX_URL"], is_sandbox=True)
        for client in (sandbox, world):
            while forwarder.forward_one(client):
                pass
        while (
            feeds.pull_next_page(world)
            or sweeps.sweep_next_chunk(world)
            or reconciliation.reconcile_next_day(world)
            or sandbox_access.end_leftovers()
        ):
            pass


def test_a_decision_is_accepted_by_the_sandbox(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")

    all_steps(app)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert [row["recipient"] for row in box.movements()] == [make.PHONE]
    assert world.received == []


def test_iyss_rate_limit_budgets_and_breaker_are_untouched(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")

    all_steps(app)

    assert rows.count(CallTally) == 0
    assert rows.count(IysRate) == 0


def test_a_sandbox_with_limits_does_not_limit_providers_in_sandbox_mode(app, browser, rows, firm, world, tmp_path):
    slow = create_sandbox(tmp_path / "slow.db", requests_per_second=1, token_calls_per_hour=1)
    with servers.serving(slow) as url:
        app.config["IYS_BASE_URL"], app.config["SANDBOX_URL"] = world.url, url
        decides(app, browser, MESAJ="ONAY", ARAMA="ONAY")

        all_steps(app)

    assert {each.outcome for each in rows(Submission)} == {Outcome.ACCEPTED}
    assert {each.attempts for each in rows(Submission)} == {1}


def test_sandbox_mode_goes_on_while_iys_is_away_and_the_other_way_round(app, browser, rows, firm, box, world):
    with app.app_context():
        db.session.add(IysRate(name="host", failures=9, next_at=clock.now() + timedelta(minutes=1)))
        db.session.commit()
    decides(app, browser, MESAJ="ONAY")

    all_steps(app)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_refusals_are_checked_and_sent_there_too(app, browser, rows, firm, box, world):
    code = decides(app, browser, MESAJ="ONAY")
    all_steps(app)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        make.Person(browser, code).decides(MESAJ="RET")

        all_steps(app)

    assert [row["status"] for row in box.movements()] == ["ONAY", "RET"]
    assert world.received == []


def test_feeds_sweeps_and_days_ask_the_sandbox(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")
    all_steps(app)
    noon = clock.istanbul(clock.now() + timedelta(days=2)).replace(hour=12)  # Early in the morning no day is asked for.
    with time_machine.travel(noon):
        box.move_clock(at=clock.now())
        with app.app_context():
            sweeps.order_sweep(db.session, firm, rows.one(Brand).id, clock.now())
            db.session.commit()

        all_steps(app)

    assert all(feed.pulled_at for feed in rows(Feed))
    assert rows.one(Sweep).ended_at is not None
    assert rows(ReconciledDay)
    assert world.received == []


def test_the_account_is_created_again_after_the_sandbox_lost_its_file(app, browser, rows, firm, box, world, tmp_path):
    with app.app_context():
        assert calls.ask(Client(world.url), firm, Operation.BRANDS, path_of(rows), method="GET").status == 200
    with servers.sandbox(tmp_path / "anew.db") as anew:
        app.config["SANDBOX_URL"] = anew.url

        decides(app, browser, MESAJ="ONAY")
        all_steps(app)

        assert len(anew.movements()) == 1
    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_a_new_brand_is_registered_at_the_sandbox_when_it_is_needed(app, rows, firm, box, world):
    with app.app_context():
        calls.ask(Client(world.url), firm, Operation.BRANDS, path_of(rows), method="GET")
        code = sandbox_mode.draw_code(db.session)
        db.session.add(Brand(provider_id=firm, brand_code=code, name="İkinci", is_sandbox=True, created_at=clock.now()))
        db.session.commit()

        answer = calls.ask(
            Client(world.url), firm, Operation.CHANGES,
            f"/sps/{rows.one(Provider).iys_code}/brands/{code}/consents/changes?source=HS", method="GET",
        )  # fmt: skip

    assert answer.status in (200, 204)


def test_the_sandbox_gets_its_key(app, rows, firm, world, tmp_path):
    key = "a-key-of-sixteen-letters"
    with servers.serving(create_sandbox(tmp_path / "locked.db", key=key)) as url:
        app.config["SANDBOX_URL"] = url
        with app.app_context(), pytest.raises(calls.NotNow):
            calls.ask(Client(world.url), firm, Operation.BRANDS, path_of(rows), method="GET")
        app.config["SANDBOX_KEY"] = key
        with app.app_context():
            answer = calls.ask(Client(world.url), firm, Operation.BRANDS, path_of(rows), method="GET")

    assert answer.status == 200


def test_without_a_sandbox_decisions_wait(app, browser, rows, firm, world):
    app.config["IYS_BASE_URL"], app.config["SANDBOX_URL"] = world.url, ""
    decides(app, browser, MESAJ="ONAY")

    all_steps(app)

    waiting = rows.one(Submission)
    assert (waiting.outcome, waiting.attempts, waiting.code) == (Outcome.WAITING, 0, None)
    assert world.received == []


def test_a_sandbox_that_does_not_answer_is_not_asked_for_a_moment(app, browser, rows, firm, world):
    app.config["IYS_BASE_URL"], app.config["SANDBOX_URL"] = world.url, "http://127.0.0.1:9"
    decides(app, browser, MESAJ="ONAY")

    all_steps(app)
    with app.app_context():
        began = time.monotonic()
        with pytest.raises(calls.NotNow):
            calls.ask(Client(world.url), firm, Operation.BRANDS, path_of(rows), method="GET")
        assert time.monotonic() - began < 1
        assert sandbox_access.is_resting()

    assert rows.one(Submission).outcome == Outcome.WAITING
    assert world.received == []


def test_in_sandbox_mode_iys_gets_nothing_even_with_an_account_there(app, rows, firm, box, world):
    with app.app_context():
        provider = db.session.get_one(Provider, firm)
        accounts.connect(db.session, vault(), provider, username="gercek", password="password", at=clock.now())
        db.session.commit()
        for path in (path_of(rows), f"/sps/{REAL_CODE}/brands"):
            with pytest.raises(calls.NotNow):
                calls.ask(Client(world.url), firm, Operation.BRANDS, path, method="GET")

    assert world.received == []


def test_an_exempt_provider_asks_iys_nothing(app, rows, world, iys):
    with app.app_context():
        provider = make.provider()
        code = sandbox_mode.draw_code(db.session, sandbox_mode.EXEMPT_CODES)
        with pytest.raises(calls.NotNow) as never:
            calls.ask(Client(world.url), provider.id, Operation.BRANDS, f"/sps/{code}/brands", method="GET")

    assert never.value.code == sandbox_mode.EXEMPT
    assert world.received == []


# Going to İYS.


def test_open_submissions_end_and_the_admitted_provider_is_sent_to_iys(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY", ARAMA="ONAY")

    goes_to_iys(app, firm)
    all_steps(app)

    assert {(each.outcome, each.code) for each in rows(Submission)} == {(Outcome.NOT_NEEDED, sandbox_mode.OVER)}
    assert nothing_of_sandbox(world.received)
    assert [feed.brand_id for feed in rows(Feed)].count(real_brand(rows).id) == 2
    assert rows.one(Credential).kind == CredentialKind.DIRECT


def test_a_decision_after_that_is_kept_and_obeyed_and_not_sent(app, browser, rows, firm, box, world):
    code = decides(app, browser, MESAJ="ONAY")
    all_steps(app)
    goes_to_iys(app, firm)
    with app.app_context():  # Whatever the page of a closed brand offers: the rule keeps a refusal.
        decided_before = rows.count(Submission)
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        make.Person(browser, code).decides(MESAJ="RET")
        all_steps(app)

    last = rows(Submission)[-1]
    assert rows.count(Submission) == decided_before + 1
    assert rows.one(Consent, Consent.status.is_not(None)).status == "RET"
    assert (last.outcome, last.due_at, last.code) == (Outcome.NOT_NEEDED, None, sandbox_mode.OVER)
    assert nothing_of_sandbox(world.received)


def test_a_submission_leased_at_that_moment_does_not_reach_iys(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")
    with app.app_context():
        (in_hand,) = make.claim(clock.now(), is_sandbox=True)
    goes_to_iys(app, firm)

    with app.app_context(), pytest.raises(calls.NotNow):
        calls.ask(Client(world.url), in_hand.provider_id, Operation.ADD, in_hand.endpoint, body=b"{}")

    assert world.received == []


def test_a_killed_forwarders_submission_comes_back_to_nowhere(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")
    with app.app_context():
        make.claim(clock.now(), is_sandbox=True)
    goes_to_iys(app, firm)
    with app.app_context():  # As if the decision's transaction had ended after sandbox mode did.
        db.session.execute(
            update(Submission).values(outcome=Outcome.WAITING, due_at=clock.now(), ended_at=None, code=None)
        )
        db.session.commit()

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        all_steps(app)

    assert (rows.one(Submission).outcome, rows.one(Submission).due_at) == (Outcome.NOT_NEEDED, None)
    assert nothing_of_sandbox(world.received)


@pytest.mark.parametrize("lane", [Lane.BULK, Lane.PEOPLE, Lane.REFUSALS])
def test_a_crash_in_the_middle_of_going_leaks_nothing_in_any_lane(app, browser, rows, firm, box, world, lane):
    """The worst that a half-done admission could leave: admitted and connected, with open sandbox submissions."""
    decides(app, browser, MESAJ="ONAY")
    with app.app_context():
        more = {"endpoint": Submission.endpoint + "/request"} if lane == Lane.BULK else {}
        db.session.execute(update(Submission).values(lane=lane, **more))
        provider = db.session.get_one(Provider, firm)
        db.session.execute(delete(Connection))
        db.session.execute(delete(Credential))
        provider.iys_code, provider.admitted_at = REAL_CODE, clock.now()
        accounts.connect(db.session, vault(), provider, username="gercek", password="password", at=clock.now())
        db.session.commit()

    all_steps(app)

    assert nothing_of_sandbox(world.received)


def test_an_iys_code_with_decisions_in_sandbox_mode_is_free_again(app, browser, rows, firm, box, world):
    with app.app_context():
        db.session.execute(update(Brand).values(brand_code=700600, is_sandbox=False))
        db.session.commit()
    decides(app, browser, MESAJ="ONAY")

    goes_to_iys(app, firm)

    sandbox_brand = rows.one(Brand, Brand.is_sandbox)
    assert sandbox_brand.brand_code in sandbox_mode.CODES and sandbox_brand.closed_at is not None


def test_a_brand_that_was_only_made_ready_stays_open(app, rows, firm, box, world):
    with app.app_context():
        db.session.add(Brand(provider_id=firm, brand_code=700600, name="Hazır", created_at=clock.now()))
        db.session.commit()

    goes_to_iys(app, firm)

    assert rows.one(Brand, Brand.brand_code == 700600).closed_at is None


def test_beginning_twice_changes_nothing(app, rows, firm):
    with app.app_context():
        sandbox_mode.begin_sandbox(db.session, vault(), db.session.get_one(Provider, firm), clock.now())
        db.session.commit()

    assert rows.count(Connection) == rows.count(Credential) == 1


def test_ending_again_changes_nothing(app, browser, rows, firm, box, world):
    decides(app, browser, MESAJ="ONAY")
    goes_to_iys(app, firm)
    before = [(each.outcome, each.ended_at) for each in rows(Submission)]

    with app.app_context():
        assert sandbox_mode.stop_sending(db.session, firm, clock.now()) == 0
        db.session.commit()

    assert [(each.outcome, each.ended_at) for each in rows(Submission)] == before


def path_of(rows) -> str:
    return f"/sps/{rows.one(Provider).iys_code}/brands"


def real_brand(rows) -> Brand:
    return rows.one(Brand, Brand.brand_code == REAL_CODE)


def nothing_of_sandbox(received) -> bool:
    """Neither a code of the sandbox nor an address of somebody who decided there."""
    bodies = json.dumps(received)
    return not any(word in bodies for word in (make.PHONE[1:], make.EMAIL, "/99"))
