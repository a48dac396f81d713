"""A practising firm's people prove their addresses by a code."""

import pytest
from sqlalchemy import update

from portal.core.extensions import db, vault
from portal.core.models import AddressProof, AuditEntry, Message, Provider
from portal.domain.notifications import messages
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/start/addresses"


@pytest.fixture
def practising(app, ayse):
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()
    return ayse


def code_of(app, rows) -> str:
    with app.app_context():
        return messages.read_facts(vault(), rows(Message)[-1])["code"]


def test_a_code_proves_the_address_and_names_no_brand(app, practising, rows):
    answer = practising.posts(PAGE, {"address": "0532 000 00 01"})
    with app.app_context():
        assert messages.read_facts(vault(), rows.one(Message))["sender"] == ""
    practising.posts(answer.location, {"digits": code_of(app, rows)})

    assert rows.one(AddressProof).proved_at is not None
    assert "doğrulandı" in practising.opens(PAGE).text
    assert "sandbox.address_proved" in [entry.act for entry in rows(AuditEntry)]

    practising.posts(f"{PAGE}/{rows.one(AddressProof).id}/remove")
    assert rows.one(AddressProof).ended_at is not None


def test_a_wrong_code_proves_nothing(app, practising, rows):
    answer = practising.posts(PAGE, {"address": "0532 000 00 01"})

    wrong = practising.posts(answer.location, {"digits": f"{(int(code_of(app, rows)) + 1) % 10**6:06}"})

    assert wrong.status_code == 422 and rows.one(AddressProof).proved_at is None


def test_an_address_is_proved_by_the_firm_that_asked_for_the_code(app, practising, rows):
    answer = practising.posts(PAGE, {"address": "0532 000 00 01"})
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    for path in (answer.location, f"{answer.location}/remove"):
        assert cem.posts(path, {"digits": code_of(app, rows)}).status_code == 404
    assert rows.one(AddressProof).proved_at is None


@pytest.mark.parametrize("address", ["", "02125550101", "+4915112345678", "kimse"])
def test_no_code_goes_where_none_can(practising, rows, address):
    assert practising.posts(PAGE, {"address": address}).status_code == 422
    assert rows(Message) == []
