"""What İYS pushed is read like a page of a pull."""

import json

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel, Status
from portal.core.models import CallTally, Consent, Decision, Movement, Push, ReceivedVia
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.web.callbacks.registration import registered

pytestmark = pytest.mark.slow


@pytest.fixture
def pushed(app, inflow):
    """Stores a body as the callback does, and reads due pushes."""
    with app.app_context():
        brand = make.brand()
        provider_id, registration_id = brand.provider_id, registered(brand)

    def push(body: object) -> None:
        with app.app_context():
            push_id = new_id()
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            sealed = vault().seal(raw, Push.PLACE, provider_id, push_id)
            db.session.add(
                Push(
                    id=push_id, provider_id=provider_id, registration_id=registration_id, body=sealed,
                    received_at=clock.now(), due_at=clock.now(),
                )
            )  # fmt: skip
            db.session.commit()
        inflow.reads()

    return push


def of_brand(status="RET", **facts) -> dict:
    return row(status, **({"iysCode": make.IYS_CODE, "brandCode": make.BRAND_CODE} | facts))


def test_what_is_pushed_is_obeyed(pushed, rows):
    pushed({"list": [of_brand()]})

    assert rows.one(Consent).status == Status.REFUSED
    assert rows.one(Movement).received_via == ReceivedVia.PUSH
    assert (rows.one(Push).taken, rows.one(Push).unreadable, rows.one(Push).due_at) == (1, 0, None)


def test_what_is_pushed_twice_and_pulled_later_is_recorded_once(app, pushed, rows):
    said = of_brand()
    for _ in range(2):
        pushed({"list": [said]})
    MovementReceiver(app).receives(said)

    assert rows.count(Movement) == rows.count(Decision) == 1
    assert sorted(push.taken for push in rows(Push)) == [0, 1]


@pytest.mark.parametrize("body", [b"no json", b"[" * 50_000, b"{}", b"[]", b"7", b'{"list": 7}', b"\xff"])
def test_a_body_that_cannot_be_read_is_done_with(pushed, rows, body):
    pushed(body)

    assert (rows.one(Push).unreadable, rows.one(Push).due_at) == (1, None)
    assert rows.count(Movement) == 0


def test_rows_of_other_brands_are_skipped_and_the_rest_recorded(pushed, rows):
    foreign = of_brand(brandCode=999999, transactionId="foreign")
    senders = of_brand("ONAY", source="HS_WEB", transactionId="senders")
    pushed({"list": [foreign, senders, "row", of_brand(status="BEKLIYOR"), of_brand()]})

    assert rows.one(Movement).source == "IYS_WEB"
    assert (rows.one(Push).taken, rows.one(Push).unreadable) == (1, 3)
    assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 3


@pytest.mark.parametrize(
    ("address", "channels"), [(make.PHONE, {Channel.CALL, Channel.SMS}), (make.EMAIL, {Channel.EMAIL})]
)
def test_a_pushed_refusal_on_a_channel_that_nobody_knows_is_obeyed_on_all_and_counted(pushed, rows, address, channels):
    pushed({"list": [of_brand(type="GUVERCIN", recipient=address)]})

    assert {each.channel: each.status for each in rows(Consent)} == dict.fromkeys(channels, Status.REFUSED)
    assert rows.one(Push).unreadable == 1


def test_a_pushed_refusal_without_a_moment_is_of_the_moment_it_came(pushed, rows):
    pushed({"list": [of_brand(creationDate=None, transactionId="ab" * 20)]})

    assert rows.one(Decision).effective_at == rows.one(Push).received_at
    assert rows.one(Movement).transaction_id == "ab" * 20


def test_a_long_body_is_applied_in_chunks(pushed, rows):
    pushed({"list": [of_brand(recipient=f"+90532{each:07}") for each in range(1500)]})

    assert rows.one(Push).taken == rows.count(Movement) == 1500


def test_a_body_that_no_key_opens_waits(app, pushed, rows, inflow):
    pushed({"list": [of_brand()]})
    with app.app_context():
        db.session.execute(db.update(Push).values(body=b"damaged", due_at=clock.now(), ended_at=None))
        db.session.commit()

    inflow.reads()

    assert rows.one(Push).due_at > clock.now()
