"""What programs call a person, and since when the address is that person's: told by brand, and by histories."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.api.v1.moments import moment
from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Provider, Recipient
from portal.domain.consents import refusals
from portal.services import event_sequencer
from tests import make
from tests.portal.api.programs import BASE, BULK, CONSENTS, Program, add_brand, grant, make_key, refusal


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(make.provider()))


def test_what_a_firm_calls_a_person_is_kept_sealed_and_said_wherever_the_address_is(program, rows):
    answer = program.post(BULK, {"consents": [grant(reference="C-1042"), refusal("x", reference="C-7")]})
    program.post(CONSENTS, refusal(reference="C-1043", confirm=False))
    program.post(CONSENTS, refusal())

    shown = program.get(f"{BASE}/requests/{answer.json['requestId']}")
    for each in (answer, shown):
        assert [row["reference"] for row in each.json["results"]] == ["C-1042", "C-7"]
    history = program.post(f"{CONSENTS}/history", {"recipient": make.PHONE, "type": "MESAJ"})
    for each in (program.get(f"{CONSENTS}/MESAJ/{make.PHONE}"), history):
        assert each.json["reference"] == "C-1043"
    kept = rows.one(Recipient).reference
    assert b"C-1043" not in kept
    program.post(CONSENTS, refusal(reference="C-1043", confirm=False))
    assert rows.one(Recipient).reference == kept  # Of a list that names everybody again no row is written.


def test_a_history_says_since_when_the_address_is_its_present_holders(app, program):
    asked = {"recipient": make.PHONE, "type": "MESAJ"}
    program.post(CONSENTS, grant())
    before = program.post(f"{CONSENTS}/history", asked).json
    with app.app_context():
        at = clock.now() + timedelta(seconds=5)
        whose, address = db.session.scalars(select(Recipient)).one(), addresses.parse(make.PHONE)
        refusals.refuse_not_mine(db.session, vault(), whose, address, language="tr", request_metadata="{}", at=at)
        db.session.commit()

    after = program.post(f"{CONSENTS}/history", asked).json

    assert (before["heldSince"], after["heldSince"]) == (None, moment(at))
    theirs = [each for each in after["items"] if each["recordedAt"] >= after["heldSince"]]
    assert [each["origin"] for each in after["items"]] == ["not_mine", "api"] and theirs == after["items"][:1]


def test_a_history_tells_what_was_heard_by_another_spelling_of_the_mailbox(app, program):
    spelled = ("ada@gmail.com", "a.da@gmail.com", "ada+x@gmail.com")
    for each in spelled:
        program.post(CONSENTS, grant(each, type="EPOSTA", reference="C-1042"))
    with app.app_context():
        at = clock.now() + timedelta(seconds=5)
        whose, address = db.session.scalars(select(Recipient)).first(), addresses.parse("ada@gmail.com")
        refusals.refuse_not_mine(db.session, vault(), whose, address, language="tr", request_metadata="{}", at=at)
        db.session.commit()

    asked = [{"recipient": each, "type": "EPOSTA"} for each in spelled]
    told = [program.post(f"{CONSENTS}/history", each).json for each in asked]
    assert [each["heldSince"] for each in told] == [moment(at)] * 3
    assert [each["reference"] for each in told] == [None] * 3, "it is the earlier holder's"


def test_a_history_tells_a_key_of_one_brand_nothing_of_an_address_that_only_another_has(app, program):
    asked = {"recipient": make.PHONE, "type": "MESAJ"}
    with app.app_context():
        own = db.session.scalars(select(Brand)).one()
        db.session.add(Brand(provider_id=own.provider_id, brand_code=700009, name="Klinik", created_at=clock.now()))
        db.session.commit()
        of_one = Program(app, make_key(db.session.get_one(Provider, own.provider_id), brands=[own]))
    program.post(f"{BASE}/brands/700009/consents", grant(reference="C-118"))
    with app.app_context():
        at = clock.now() + timedelta(seconds=5)
        db.session.query(Recipient).update({"reassigned_at": at})
        db.session.commit()
    before = [each.post(f"{CONSENTS}/history", asked).json["heldSince"] for each in (of_one, program)]
    program.post(CONSENTS, refusal(type="ARAMA"))

    assert before == [None, moment(at)]
    assert of_one.post(f"{CONSENTS}/history", asked).json["heldSince"] == moment(at)


def test_each_brands_program_calls_a_person_by_its_own_number(app, program, rows):
    """1002 may be somebody else at the other one. What an earlier release kept is of all brands until one writes."""
    other = f"{BASE}/brands/700009/consents"
    with app.app_context():
        own = db.session.scalars(select(Brand)).one()
        add_brand(db.session.get_one(Provider, own.provider_id), 700009)
        db.session.commit()
    program.post(other, grant())
    with app.app_context():
        whose = rows.one(Recipient)
        kept = vault().seal("7", Recipient.REFERENCE, whose.provider_id, whose.id)
        db.session.query(Recipient).update({"reference": kept})
        db.session.commit()

    def told() -> list[str | None]:
        paths = (f"{each}/MESAJ/{make.PHONE}" for each in (CONSENTS, other))
        return [program.get(each).json["reference"] for each in paths]

    program.post(CONSENTS, grant())
    before = told()
    program.post(CONSENTS, grant(reference="1001"))
    of_one = told()
    program.post(other, grant(reference="1002"))

    assert (before, of_one, told()) == (["7", "7"], ["1001", "7"], ["1001", "1002"])
    with app.app_context():
        event_sequencer.sequence_next_events()
    feed = program.get(f"{BASE}/events").json["items"]
    assert {(each["consent"]["brandCode"], each["consent"]["reference"]) for each in feed if each["consent"]} == {
        (make.BRAND_CODE, "1001"), (700009, "1002"),
    }  # fmt: skip
