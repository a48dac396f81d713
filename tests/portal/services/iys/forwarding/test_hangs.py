"""Calls of one provider that hang or fail stop nothing of others, and no refusal beside them."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Feed, Lane
from portal.services.iys import forwarder, reconciliation
from portal.services.iys.forwarding import bulk_dispatch, bulk_results, single_dispatch
from portal.services.iys.inflow import feeds, sweeps
from tests import grants, make
from tests.make import Rows
from tests.portal.services.iys.forwarding.partly_failing import (
    OTHER,
    SECOND,
    SISTER,
    PartlyFailing,
    bring,
    of_other,
    open_firm,
    run,
)

pytestmark = pytest.mark.slow

REFUSALS = {"status": Status.REFUSED, "held": "ONAY"}


class Nesting(PartlyFailing):
    """While a call fails other threads take these steps, here one within the other."""

    def __init__(self, at, *steps, fails=of_other):
        super().__init__(at, fails, "500")
        self.steps = list(steps)

    def faulty_answer(self):
        if self.steps:
            self.steps.pop(0)(self)
        return super().faulty_answer()


REFUSE, LIST, RESULT = (
    single_dispatch.forward_next_refusal,
    bulk_dispatch.send_next_list,
    bulk_results.fetch_next_result,
)


@pytest.mark.parametrize(
    "steps", [[LIST] * 3, [REFUSE] * 3 + [LIST], [RESULT] * 2], ids=["lists", "refusals", "results"]
)
def test_hanging_calls_of_one_provider_leave_lists_and_results_of_others(app, firms, at, steps):
    refuse = REFUSALS | {"lane": None} if REFUSE in steps else {}
    for brand_code, more in ((OTHER, {}), (OTHER, {"channel": Channel.CALL}), (SISTER, {})):
        bring(app, brand_code, grants.phones(12, first=100), **{"lane": Lane.BULK} | more | refuse)
    bring(app, make.BRAND_CODE, grants.phones(12), lane=Lane.BULK)
    if RESULT in steps:
        run(app, PartlyFailing(at, of_other, None), 20)
        at.shift(400)
    iys = Nesting(at, *steps[1:])

    with app.app_context():
        assert steps[0](iys)

    assert f"/sps/{make.IYS_CODE}/" in iys.paths[-1] and "/request" in iys.paths[-1]


@pytest.fixture
def four_firms(app, firms):
    """All but the first have many brands, and refusals of each."""
    with app.app_context():
        for iys_code in (OTHER + 1000, OTHER + 2000):
            open_firm(iys_code, {iys_code + number: "Marka" for number in range(12)}, f"user {iys_code}")
        brands = db.session.scalars(db.select(Brand.brand_code).where(Brand.brand_code != make.BRAND_CODE)).all()
    for number, brand_code in enumerate(brands):
        bring(app, brand_code, grants.phones(1, first=5000 + number), **REFUSALS)


def of_all_but(iys_code):
    return lambda path, asked: "/sps/" in path and f"/sps/{iys_code}/" not in path


@pytest.mark.alike
def test_three_failing_providers_with_many_brands_delay_nothing_of_a_fourth(app, four_firms, at):
    iys = PartlyFailing(at, of_all_but(make.IYS_CODE), "500")
    run(app, iys, 15)
    for number in range(2):
        bring(app, make.BRAND_CODE, grants.phones(1, first=number), **REFUSALS)
        bring(app, make.BRAND_CODE, grants.phones(12, first=100 * number + 100), lane=Lane.BULK)

        run(app, iys, 2, idle=0.25)

        assert len(iys.accepted) > 13 * number  # The refusal.
        run(app, iys, 10, idle=0.25)
        assert len(iys.accepted) == 13 * (number + 1)  # And the list, for which is looked less often.
        run(app, iys, 5)
    assert 20 < len(iys.failed) < 160  # Pauses are drawn at random.


def test_three_providers_whose_calls_hang_leave_threads_to_a_fourth(app, four_firms, at):
    iys = Nesting(at, *[REFUSE] * 5, fails=of_all_but(make.IYS_CODE))
    at.shift(1)
    bring(app, make.BRAND_CODE, grants.phones(1), **REFUSALS)

    with app.app_context():
        REFUSE(iys)

    assert set(iys.accepted) == set(grants.phones(1))


@pytest.mark.parametrize("step", [sweeps.sweep_next_chunk, reconciliation.reconcile_next_day])
def test_sweeps_and_days_that_hang_keep_no_other_firm_waiting(app, four_firms, at, step):
    last = OTHER + 3000
    with app.app_context():
        open_firm(last, {last: "Son"}, "last")
    bring(app, last, grants.phones(1))
    bring(app, make.BRAND_CODE, grants.phones(1))
    at.move_to((clock.now() + timedelta(days=2)).replace(hour=9))  # By night no day is reconciled.
    with app.app_context():
        for brand in db.session.query(Brand).order_by(Brand.brand_code == last, Brand.id):
            sweeps.order_sweep(db.session, brand.provider_id, brand.id, clock.now())
            at.shift(0.01)
        db.session.commit()
    ends = clock.now() + 120 * SECOND  # Each of the others hangs once, for 9 s, and pauses by chance.
    iys = PartlyFailing(at, of_all_but(last), "hang")

    def is_answered_beside_four_hangs():  # Days are claimed in any order, so that four may come later.
        return len(iys.failed) >= 4 and any(f"/sps/{last}/" in path for path in iys.paths)

    while clock.now() < ends and not is_answered_beside_four_hangs():
        with app.app_context():
            step(iys) or at.shift(1)

    assert clock.now() < ends


def test_lists_that_fail_hold_no_refusal_of_their_brand(app, firms, at):
    bring(app, OTHER, grants.phones(30), lane=Lane.BULK)
    iys = PartlyFailing(at, lambda path, asked: path.endswith("/request"), "500")
    run(app, iys, 60)
    bring(app, OTHER, grants.phones(1, first=1000), **REFUSALS)

    run(app, iys, 2)

    assert set(iys.accepted) == set(grants.phones(1, first=1000)) and len(iys.failed) < 12


@pytest.mark.parametrize("fault", ["500", "hang"])
def test_an_address_that_spoils_a_question_takes_no_other_refusal_with_it(app, firms, at, fault):
    spoiling, *others = grants.phones(7)
    bring(app, OTHER, [spoiling, *others], status=Status.REFUSED)
    iys = PartlyFailing(at, lambda path, asked: spoiling in asked.get("recipients", ()), fault)

    run(app, iys, 180, idle=5)

    assert set(iys.accepted) == set(others)


@pytest.mark.alike
def test_pulls_that_hang_delay_no_other_firms_feeds_and_are_made_later(app, firms, at):
    with app.app_context():
        open_firm(OTHER + 1000, {OTHER + 1000 + number: "Marka" for number in range(12)}, "another")
    iys = PartlyFailing(at, lambda path, _: f"/sps/{OTHER + 1000}/" in path, None)

    def pulls(minutes):
        began = clock.now()
        while clock.now() < began + minutes * 60 * SECOND:
            with app.app_context():
                feeds.pull_next_page(iys) or at.shift(forwarder.SELDOM_SECONDS)
        return {each.brand_id for each in Rows(app)(Feed, Feed.pulled_at >= began)}

    of_all = pulls(1)
    with app.app_context():
        of_others = set(db.session.scalars(db.select(Brand.id).where(Brand.brand_code < OTHER + 1000)))
        for of_these, seconds in ((Feed.brand_id.in_(of_others), 1), (Feed.brand_id.not_in(of_others), 2)):
            due = db.update(Feed).where(of_these).values(due_at=clock.now() - seconds * SECOND)
            db.session.execute(due)
        db.session.commit()
    iys.fault = "hang"
    assert pulls(1) == of_others
    iys.fault = None
    assert pulls(12) == of_all - of_others


def test_a_new_firm_with_many_brands_lets_late_feeds_of_others_pass(app, firms, at):
    iys = PartlyFailing(at, of_other, None)
    with app.app_context():
        while feeds.pull_next_page(iys):
            pass
        db.session.execute(db.update(Feed).values(due_at=clock.now() - 1800 * SECOND))
        open_firm(OTHER + 1000, {OTHER + 1000 + number: "Marka" for number in range(30)}, "another")
        iys.paths = []
        for _ in range(8):
            feeds.pull_next_page(iys)

    pulled = [path for path in iys.paths if "/changes" in path]
    assert len(pulled) == 8 and sum(f"/sps/{OTHER + 1000}/" in path for path in pulled) == 2
