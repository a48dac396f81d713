"""Replies to the operator's number that name a brand: of a firm that wrote long ago, by another account, or none."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Brand, EventKind, GatewayEvent, MessageKind, Recipient, may_have_refused
from portal.domain.notifications import gateways
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_answered_messages import operators, refused_brands, rival, write  # noqa: F401
from tests.portal.services.messaging.vendor_pushes import Vendor, work

pytestmark = pytest.mark.slow

CODE = {"kind": MessageKind.CODE}


@pytest.fixture
def moda(rows, operators) -> Brand:  # noqa: F811
    return rows.one(Brand, Brand.name == "Moda Evi")


def write_since(app, operators: Vendor, rival: int, words: str) -> None:  # noqa: F811
    """The other firm wrote by the operator's account yesterday, which is answered with these words."""
    write(app, operators.gateway_id, rival, timedelta(days=1), **CODE)
    operators.brings(words, received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)


def held_firms(app) -> set[int]:
    with app.app_context():
        held = db.session.query(Recipient.provider_id).filter(may_have_refused(Recipient.id))
        return {provider_id for (provider_id,) in held}


def texts_by_firm(rows) -> list[int | None]:
    """Who reads, or has read, a reply: None is the operator."""
    return [each.provider_id for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY) if each.body]


@pytest.mark.parametrize("words", ["Moda Evi RET", "MODAEVI RET"])
@pytest.mark.parametrize(("days", "account"), [(2, "same"), (10, "same"), (2, "other"), (10, "other")])
def test_a_clear_refusal_of_a_brand_that_ever_wrote_refuses_it_alone(
    app, operators, rival, moda, rows, words, days, account  # noqa: F811
):  # fmt: skip
    with app.app_context():
        other = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="netgsm", header="IZINLINK2",
            credentials=delivery.LOGINS["netgsm"], per_second=1, at=clock.now(),
        ).id  # fmt: skip
        db.session.commit()
    by = operators.gateway_id if account == "same" else other
    write(app, by, moda.provider_id, timedelta(days=days), brand_id=moda.id, **CODE)
    write_since(app, operators, rival, words)

    assert refused_brands(rows) == {moda.id}
    assert held_firms(app) == set() and rival not in texts_by_firm(rows)


@pytest.mark.parametrize(("words", "account"), [
    ("Moda Evi RET", "its own"), ("Moda Evi RET", "none"), ("Moda Evi bir daha yazmasın", "its own"),
    ("Moda Evi bir daha yazmasın", "the operator's"), ("Moda Evi'nden mesaj istemiyorum", "the operator's"),
    ("Moda Evi'nden mesaj istemiyorum", "none"),
])  # fmt: skip
def test_of_a_brand_that_only_its_name_tells_both_firms_wait_for_the_operator(
    app, operators, rival, moda, rows, words, account  # noqa: F811
):  # fmt: skip
    if account == "the operator's":
        write(app, operators.gateway_id, moda.provider_id, timedelta(days=10), brand_id=moda.id, **CODE)
    elif account == "its own":
        with app.app_context():
            own = delivery.add("netgsm")
        write(app, own, moda.provider_id, timedelta(hours=2), brand_id=moda.id, **CODE)
    write_since(app, operators, rival, words)

    assert refused_brands(rows) == set()
    assert held_firms(app) == {moda.provider_id, rival} and texts_by_firm(rows) == [None]


def test_a_name_within_another_firms_name_means_that_firm_alone(app, operators, rival, moda, rows):  # noqa: F811
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.provider_id == rival).values(name="Moda"))
        db.session.commit()
    write(app, operators.gateway_id, moda.provider_id, timedelta(days=10), brand_id=moda.id, **CODE)
    write_since(app, operators, rival, "Moda Evi RET")

    assert refused_brands(rows) == {moda.id} and held_firms(app) == set()


@pytest.mark.parametrize("account", ["the operator's", "its own"])
@pytest.mark.parametrize("days", [3, 400])
@pytest.mark.parametrize("words", ["Moda RET", "MODA mesajı istemiyorum"])
def test_a_name_that_may_be_a_part_of_another_firms_waits_for_the_operator(
    app, operators, rival, moda, rows, words, days, account  # noqa: F811
):  # fmt: skip
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.provider_id == rival).values(name="Moda"))
        own = delivery.add("netgsm", provider_id=moda.provider_id)
        db.session.commit()
    short = rows.one(Brand, Brand.name == "Moda").id
    write(app, operators.gateway_id, rival, timedelta(days=days), brand_id=short, **CODE)
    by = operators.gateway_id if account == "the operator's" else own
    write(app, by, moda.provider_id, timedelta(hours=1), brand_id=moda.id, **CODE)
    operators.brings(words, received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)

    assert refused_brands(rows) == set()
    assert held_firms(app) == {moda.provider_id, rival} and texts_by_firm(rows) == [None]


def test_a_yes_with_a_name_that_is_a_part_of_another_firms_is_the_named_ones(
    app, operators, rival, moda, rows  # noqa: F811
):  # fmt: skip
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.provider_id == rival).values(name="Moda"))
        db.session.commit()
    write(app, operators.gateway_id, moda.provider_id, timedelta(hours=1), brand_id=moda.id, **CODE)
    write(
        app, operators.gateway_id, rival, timedelta(days=1), brand_id=rows.one(Brand, Brand.name == "Moda").id, **CODE
    )
    operators.brings("Moda EVET", received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)

    assert set(texts_by_firm(rows)) == {None, rival}


@pytest.mark.parametrize(("words", "held"), [
    ("Moda Evi, tüm reklamları iptal et", {"rival"}), ("Hepsi RET Moda Evi", {"moda", "rival"}),
])  # fmt: skip
def test_a_refusal_of_everything_beside_a_name_holds_the_other_firm(
    app, operators, rival, moda, rows, words, held  # noqa: F811
):  # fmt: skip
    write(app, operators.gateway_id, moda.provider_id, timedelta(days=2), brand_id=moda.id, **CODE)
    write_since(app, operators, rival, words)

    firms = {"rival": rival, "moda": moda.provider_id}
    assert held_firms(app) == {firms[each] for each in held}
    assert refused_brands(rows) == ({moda.id} if "moda" not in held else set())
