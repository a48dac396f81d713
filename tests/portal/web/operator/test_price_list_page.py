"""The price list."""

import pytest
from sqlalchemy import select

from portal.core.extensions import db
from portal.core.models import AuditEntry, Package
from portal.domain import packages

pytestmark = pytest.mark.alike

NEW = {"name": "İLETİ 500", "records": "500000", "price": "3490"}


def offered(app) -> list[str]:
    with app.app_context():
        return [each.name for each in packages.list_offered(db.session)]


def test_a_package_is_added_changed_withdrawn_and_offered_again(app, derya, rows):
    assert derya.posts("/operator/packages", NEW).status_code == 303
    made = rows.one(Package, Package.name == NEW["name"])
    path = f"/operator/packages/{made.id}"
    assert "İLETİ 500" in derya.opens(path).text

    derya.posts(path, NEW | {"price": "3990"})
    assert rows.one(Package, Package.id == made.id).price == 3990

    derya.posts(f"{path}/withdrawal")
    assert NEW["name"] not in offered(app)
    derya.posts(f"{path}/offer")
    assert NEW["name"] in offered(app)

    acts = [entry.act for entry in rows(AuditEntry, AuditEntry.subject == "package")]
    assert acts == ["package.added", "package.changed", "package.withdrawn", "package.offered"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "x" * 61}, {"records": "0"}, {"records": "-5"}, {"records": "many"}, {"price": "-1"},
        {"price": ""}, {"price": "12,50"}, {"price": "999999999999"}, {"name": "a\0b"},
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_is_refused(derya, rows, wrong):
    before = rows.count(Package)

    answer = derya.posts("/operator/packages", NEW | wrong)

    assert answer.status_code == 422
    assert rows.count(Package) == before


def test_two_packages_have_two_names(app, derya, rows):
    with app.app_context():
        name = db.session.scalar(select(Package.name))
    before = rows.count(Package)

    answer = derya.posts("/operator/packages", NEW | {"name": name})

    assert answer.status_code == 422
    assert "Bu adla bir paket var" in answer.text
    assert rows.count(Package) == before


def test_what_is_no_field_of_the_form_changes_nothing(derya, rows):
    derya.posts("/operator/packages", NEW | {"id": "7", "withdrawn_at": "2020-01-01"})

    made = rows.one(Package, Package.name == NEW["name"])
    assert made.id != 7 and made.withdrawn_at is None


def test_support_has_no_say_in_prices(deniz):
    assert deniz.opens("/operator/packages").status_code == 403
    assert deniz.posts("/operator/packages", NEW).status_code == 403


def test_a_package_that_is_not_there_is_not_found(derya):
    assert derya.opens("/operator/packages/999").status_code == 404
    assert derya.posts("/operator/packages/999", NEW).status_code == 404
