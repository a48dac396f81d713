"""A consent point pays for so many codes a day, by SMS and by mail apart, and for those of no other point."""

from datetime import UTC, datetime

import pytest

from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Purpose
from portal.core.throttle import Limit, TooManyRequests
from portal.domain import address_proofs
from tests import make

BUDGET = 3


@pytest.fixture
def point(desk):
    """A campaign that stands for a point: a function that asks there for the next address."""
    asked = iter(range(1000))
    campaign = make.campaign()

    def ask(kind=AddressKind.PHONE, of=campaign):
        number = next(asked)
        address = f"+9053{number:02d}123456" if kind == AddressKind.PHONE else f"fatma@shop{number}.com.tr"
        whose = {"brand_id": of.brand_id, "campaign_id": of.id}
        return desk.ask(address, Purpose.POINT, budget=BUDGET, network=f"203.0.{number}.7", **whose)

    ask.campaign = campaign
    return ask


def used(of, desk, kind=AddressKind.PHONE) -> int:
    return address_proofs.count_today(db.session, of.brand_id, of.id, kind, desk.at)


def test_when_the_budget_is_used_up_the_next_code_waits_for_midnight_in_istanbul(point, desk):
    for _ in range(BUDGET):
        point()
    with pytest.raises(TooManyRequests) as refused:
        point()

    assert (refused.value.limit, used(point.campaign, desk)) == (Limit.CODES_OF_CONSENT_POINT, BUDGET)
    assert refused.value.again_at == datetime(2026, 11, 24, 21, tzinfo=UTC)
    desk.later(hours=12)
    assert used(point.campaign, desk) == 0
    point()


def test_mail_goes_on_when_there_is_no_sms_any_more(point, desk):
    for kind in [AddressKind.PHONE] * BUDGET + [AddressKind.EMAIL] * BUDGET:
        point(kind)

    assert [used(point.campaign, desk, kind) for kind in AddressKind] == [BUDGET] * 2
    with pytest.raises(TooManyRequests):
        point(AddressKind.EMAIL)


def test_a_flooded_point_shuts_no_other_one_of_its_brand(point, desk):
    other = make.campaign()
    for _ in range(BUDGET):
        point()

    assert point(of=other).campaign_id == other.id
    assert used(other, desk) == 1


def test_what_came_of_a_proof_is_kept_in_place_of_what_was_chosen(desk):
    proof = desk.ask(facts={"MESAJ": "ONAY"})

    address_proofs.store_facts(vault(), proof, {"receipt": "abc"})
    db.session.commit()

    assert address_proofs.read_facts(vault(), proof) == {"receipt": "abc"}
