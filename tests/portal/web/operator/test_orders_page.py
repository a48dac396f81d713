"""Orders of packages: confirmed from a day on, or declined with a reason."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Mail, MailKind, Package, PackageOrder, Provider
from portal.domain import packages
from portal.domain.notifications import mails
from tests.portal.web.operator.conftest import NIL

pytestmark = pytest.mark.alike


@pytest.fixture
def path(newcomer, rows):
    return f"/operator/orders/{rows.one(PackageOrder).id}"


def today(days: int = 0):
    return clock.day(clock.now()) + timedelta(days=days)


def told(app, rows) -> dict:
    (mail,) = rows(Mail)
    with app.app_context():
        assert (mail.kind, mails.read_address(vault(), mail)) == (MailKind.ORDER_SETTLED, NIL)
        return mails.read_facts(vault(), mail)


def test_an_order_is_confirmed_for_a_year(app, derya, path, newcomer, rows):
    assert "Yeni Mağazacılık" in derya.opens("/operator/orders").text

    answer = derya.posts(f"{path}/confirmation", {"starts_on": today().isoformat()})

    assert answer.status_code == 303
    order = rows.one(PackageOrder)
    assert order.confirmed_at is not None and order.starts_on == today()
    assert (order.ends_on - order.starts_on).days in (364, 365)
    assert told(app, rows)["is_confirmed"] is True
    assert rows.one(AuditEntry, AuditEntry.act == "order.confirmed").provider_id == newcomer
    assert "Bekleyen sipariş yok" in derya.opens("/operator/orders").text
    with app.app_context():
        standing = packages.measure_usage(db.session, db.session.get_one(Provider, newcomer), clock.now())
        assert standing.package is not None


def test_an_order_is_declined_with_a_reason(app, derya, path, rows):
    derya.posts(f"{path}/decline", {"note": "Ödeme gelmedi."})

    order = rows.one(PackageOrder)
    assert (order.declined_at is not None, order.note) == (True, "Ödeme gelmedi.")
    assert told(app, rows)["is_confirmed"] is False


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("confirmation", {}), ("confirmation", {"starts_on": "soon"}), ("confirmation", {"starts_on": "1999-01-01"}),
        ("confirmation", {"starts_on": "2199-01-01"}), ("decline", {}), ("decline", {"note": "x" * 501}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_settles_nothing(derya, path, rows, act, given):
    answer = derya.posts(f"{path}/{act}", given)

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1
    order = rows.one(PackageOrder)
    assert order.confirmed_at is None and order.declined_at is None


def test_an_order_is_settled_once(derya, path, rows):
    derya.posts(f"{path}/decline", {"note": "Ödeme gelmedi."})
    derya.posts(f"{path}/confirmation", {"starts_on": today().isoformat()})

    assert rows.one(PackageOrder).confirmed_at is None
    assert len(rows(Mail)) == 1


def test_support_settles_nothing(deniz, path, rows):
    assert deniz.posts(f"{path}/decline", {"note": "Ödeme gelmedi."}).status_code == 403
    assert rows.one(PackageOrder).declined_at is None


def test_a_new_price_leaves_an_order_as_it_was(derya, path, rows):
    order = rows.one(PackageOrder)
    data = {"name": "İLETİ 5", "records": 6000, "price": 9999}
    derya.posts(f"/operator/packages/{order.package_id}", data)

    kept = rows.one(PackageOrder)
    assert rows.one(Package, Package.id == order.package_id).price == 9999
    assert (kept.price, kept.records) == (order.price, order.records)
