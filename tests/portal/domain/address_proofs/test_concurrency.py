"""Two at the same moment, in real threads: tries and limits are counted one after the other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Purpose
from portal.core.throttle import TooManyRequests
from portal.domain import address_proofs
from portal.domain.address_proofs import CodeResult
from tests import make
from tests.portal.domain.address_proofs.conftest import AT, SECRET

pytestmark = pytest.mark.slow
MANY = 8


def at_once(app, act) -> list:
    """What came of the same act, begun by many at the same moment."""
    ready = threading.Barrier(MANY)

    def begin(number: int):
        with app.app_context():
            ready.wait()
            try:
                return act(number)
            except TooManyRequests:
                db.session.rollback()
                return None
            finally:
                db.session.commit()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(begin, range(MANY)))


@pytest.fixture
def asked(app, desk):
    """(id, right code, wrong code) of a proof."""
    proof = desk.ask()
    found = proof.id, desk.code_of(proof), desk.wrong_for(proof)
    db.session.rollback()
    return found


def tries(code: str, proof_id: int):
    proof = db.session.get_one(AddressProof, proof_id)
    verdict = address_proofs.check_code(db.session, SECRET, proof, code, AT)
    db.session.commit()
    return verdict


def test_eight_at_once_get_five_tries(app, asked, rows):
    proof_id, _, wrong = asked

    said = at_once(app, lambda number: tries(wrong, proof_id))

    assert sorted(said) == [CodeResult.OVER] * 4 + [CodeResult.WRONG] * 4
    assert rows.one(AddressProof).tries == 5


def test_the_right_code_is_taken_once(app, asked, rows):
    proof_id, right, _ = asked

    assert sorted(at_once(app, lambda number: tries(right, proof_id))) == [CodeResult.OVER] * 7 + [CodeResult.PROVED]


def ask_for(address: str, network: str, **options):
    return address_proofs.request_code(
        db.session, vault(), SECRET, addresses.parse(address), Purpose.POINT, sends=True, language="tr",
        network=network, at=AT, **options,
    )  # fmt: skip


def test_eight_at_once_get_three_codes_for_an_address(app, rows):
    at_once(app, lambda number: ask_for(make.PHONE, f"10.{number}.0.1"))

    assert rows.count(AddressProof) == 3
    assert len([each for each in rows(AddressProof) if each.ended_at is None]) == 1


def test_eight_at_once_do_not_go_past_a_budget(app, rows):
    with app.app_context():
        campaign = make.campaign()
        whose = {"brand_id": campaign.brand_id, "campaign_id": campaign.id}
        db.session.rollback()

    at_once(app, lambda number: ask_for(f"+9053{number}1234567", f"10.{number}.0.1", budget=3, **whose))

    assert rows.count(AddressProof) == 3
