"""Codes of the sandbox: what they lead to, and what is told to nobody."""

from datetime import timedelta

import pytest

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.models import (
    Brand,
    DayState,
    Difference,
    DifferenceKind,
    Feed,
    FeedSource,
    Provider,
    PushRegistration,
    ReconciledDay,
    Settlement,
    Sweep,
)
from portal.domain.providers import sandbox_mode
from tests import make

OURS, REAL, FREE = 990_000_001, 700_001, 980_000_001


@pytest.mark.parametrize(
    ("path", "leads_to_the_sandbox"),
    [
        (iys_protocol.add_path(OURS, OURS), True),
        (iys_protocol.bulk_result_path(OURS, OURS, "5f1"), True),
        (iys_protocol.add_path(REAL, OURS), True),
        (iys_protocol.add_path(OURS, REAL), True),
        (iys_protocol.brands_path(OURS), True),
        (iys_protocol.partner_brands_path(REAL, OURS), True),
        (iys_protocol.add_path(REAL, REAL), False),
        (iys_protocol.bulk_result_path(REAL, REAL, str(OURS)), False),  # İYS's own name of a list.
        (iys_protocol.changes_path(REAL, REAL, source="HS", after=str(OURS)), False),
        (iys_protocol.partner_brands_path(OURS, REAL), False),
        (iys_protocol.brands_path(1_990_000_001), False),
    ],
)
def test_a_path_leads_to_the_sandbox_where_it_names_a_code_of_it(path, leads_to_the_sandbox):
    assert sandbox_mode.is_sandbox_path(path) is leads_to_the_sandbox


@pytest.mark.parametrize(
    ("iys_code", "brand_code", "why"),
    [
        (OURS, OURS, None),
        (REAL, REAL, None),
        (REAL, OURS, sandbox_mode.OVER),
        (FREE, FREE, sandbox_mode.EXEMPT),
        (FREE, OURS, sandbox_mode.EXEMPT),
    ],
)
def test_what_is_decided_after_a_practice_or_at_an_exempt_provider_is_not_told(iys_code, brand_code, why):
    assert sandbox_mode.find_unsent_code(iys_code, brand_code) == why


def test_an_exempt_providers_paths_lead_nowhere():
    assert sandbox_mode.is_exempt_path(iys_protocol.add_path(FREE, FREE))
    assert not sandbox_mode.is_exempt_path(iys_protocol.add_path(REAL, REAL))


@pytest.mark.slow
def test_codes_are_nobodys_and_of_their_range(app):
    with app.app_context():
        make.provider()
        taken = {sandbox_mode.draw_code(db.session) for _ in range(20)}

        assert taken <= set(sandbox_mode.CODES)
        assert sandbox_mode.draw_code(db.session, sandbox_mode.EXEMPT_CODES) in sandbox_mode.EXEMPT_CODES


@pytest.mark.slow
def test_what_was_launched_in_practice_sends_nothing_after_admission(app):
    """Nobody reviewed what its messages say."""
    with app.app_context():
        at, provider = clock.now(), make.provider()
        used, fresh = make.brand(), Brand(provider_id=provider.id, brand_code=OURS, name="Yeni", created_at=at)
        provider.admitted_at, make.campaign().launched_at = None, at
        db.session.add(fresh)

        sandbox_mode.end_sandbox(db.session, provider, at)
        assert (used.is_sandbox, used.closed_at, fresh.is_sandbox, fresh.closed_at) == (True, at, False, None)


def test_what_listened_for_a_practice_falls_silent(app, rows):
    with app.app_context():
        at = clock.now()
        provider = Provider(
            iys_code=OURS, title="Acemi", mersis="", contact="0850", notice_url=make.NOTICE, created_at=at
        )
        db.session.add(provider)
        db.session.flush()
        brand = Brand(provider_id=provider.id, brand_code=OURS, name="Acemi", is_sandbox=True, created_at=at)
        db.session.add(brand)
        sandbox_mode.begin_sandbox(db.session, vault(), provider, at)
        db.session.flush()
        whose = {"provider_id": provider.id, "brand_id": brand.id}
        day = {"due_at": at, "created_at": at}
        compared = ReconciledDay(**whose, day=clock.day(at), state=DayState.DIFFERENT, **day)
        db.session.add_all(
            [
                Feed(**whose, source=FeedSource.PEOPLE, due_at=at, created_at=at),
                Sweep(**whose, due_at=at, created_at=at),
                compared,
                ReconciledDay(**whose, day=clock.day(at) - timedelta(days=9), state=DayState.WAITING, **day),
                PushRegistration(
                    **whose, channel="MESAJ", token_digest=b"d", token=b"t", username="u", password=b"p", created_at=at
                ),
            ]
        )
        db.session.flush()
        found = Difference(**whose, day_id=compared.id, kind=DifferenceKind.ONLY_HERE, facts={}, found_at=at)
        db.session.add(found)
        db.session.commit()

        sandbox_mode.end_sandbox(db.session, provider, at)
        db.session.commit()

    assert rows.one(Feed).due_at is None
    assert (rows.one(Sweep).due_at, rows.one(Sweep).ended_at) == (None, at)
    assert (rows.one(ReconciledDay).state, rows.one(ReconciledDay).due_at) == (DayState.DIFFERENT, None)
    assert rows.one(Difference).settlement == Settlement.GONE
    assert rows.one(PushRegistration).removed_at == at
