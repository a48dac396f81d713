"""A decision that names retailers, from a program to İYS, one by one and in a list; and what İYS does not know."""

from datetime import timedelta

import pytest
import time_machine

from iys_sandbox import retailers
from portal.core import clock
from portal.core.models import Outcome, Submission
from tests import make
from tests.iys_sandbox.test_retailers import SHOP
from tests.portal.api.programs import BASE, CONSENTS, Program, grant, make_key

HELD = """SELECT recipient, retailer_code, (SELECT count(*) FROM retailer_access JOIN record AS its
    USING (brand_code, recipient, recipient_type, type) WHERE its.recipient = record.recipient) FROM record"""
FIRST, SECOND, UNKNOWN = "+905321234501", "+905321234502", 12345678


@pytest.fixture
def shops(sandbox) -> list[int]:
    with box(sandbox).store.transaction() as db:
        return [
            retailers.add_retailer(db, make.IYS_CODE, make.BRAND_CODE, SHOP | {"tckn": tckn})
            for tckn in ("57703411244", "10000000146")
        ]


def box(sandbox):
    return sandbox.app.extensions["sandbox"]


@pytest.mark.parametrize("path", ["", "/bulk"])
def test_iys_holds_a_consent_with_the_retailers_that_were_named(app, sandbox, iys, rows, shops, path):
    sandbox.set_list_timing(seconds=0)
    with app.app_context():
        program = Program(app, make_key(make.provider()))
    given = [
        grant(FIRST, retailerCode=shops[0], retailerAccess=[shops[1]]), grant(SECOND, retailerCode=UNKNOWN),
        grant(make.EMAIL),
    ]  # fmt: skip

    answers = [program.post(f"{CONSENTS}{path}", body) for body in ([{"consents": given}] if path else given)]
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=True):  # Few grants of a list go one by one.
        make.forward_all(app, iys)
        sandbox.movements()  # A request, before which İYS judges its lists.

    with box(sandbox).store.reading() as db:
        held = {recipient: facts for recipient, *facts in db.execute(HELD)}
    assert held == {FIRST: [shops[0], 2], make.EMAIL: [None, 0]}
    (parked,) = [each for each in rows(Submission) if each.outcome == Outcome.PARKED]
    assert parked.code == "H180"
    results = [program.get(f"{BASE}/requests/{answer.json['requestId']}").json["results"] for answer in answers]
    told = [row["iys"] for its in results for row in its]
    assert (told[1]["outcome"], told[1]["code"]) == ("parked", "H180")
