"""A stored address that the numbering plan, or the rules for mail, know no more after an update can be refused."""

import json
import re
from datetime import timedelta

import phonenumbers
import pytest
import time_machine
from phonenumbers import PhoneNumberType
from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import emails, phones
from portal.core.extensions import db
from portal.core.models import Consent, Decision, Provider, Recipient, Submission
from portal.services.iys.client import IysAnswer
from portal.services.iys.forwarding import local_validation
from portal.services.iys.granted_addresses import read_granted
from tests import make
from tests.grants import insert_decisions
from tests.portal.api.programs import BULK, CONSENTS, Program, grant, make_key, refusal
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.backups.test_replay import kept, lose_decisions, restore  # noqa: F401 - a fixture
from tests.portal.services.imports.test_worker import imported_batch
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.dashboard.staff import signed_in

# ruff: noqa: F811 - a fixture of another folder is asked for by its name.

pytestmark = pytest.mark.slow

SECOND = timedelta(seconds=1)  # After what was decided in this one.


CHANNELS = {make.PHONE: ("MESAJ", "ARAMA"), make.EMAIL: ("EPOSTA",)}
TYPED = {make.PHONE: "0532 123 45 67", make.EMAIL: make.EMAIL.upper()}
STRANGERS = {make.PHONE: "+905391234567", make.EMAIL: "nobody@example.com"}
UNKNOWN = {make.PHONE: "phone_unassigned", make.EMAIL: "email_domain"}
of_phones = pytest.mark.parametrize("address", [make.PHONE])


def drop_rules(monkeypatch) -> None:
    """An update knows the range of Fatma's number, and the domain of her mailbox, no more."""
    known, known_domain = phonenumbers.number_type, emails._is_domain
    monkeypatch.setattr(phones, "_MOBILE", re.compile("5990000000"))
    monkeypatch.setattr(
        phonenumbers, "number_type",
        lambda number: PhoneNumberType.UNKNOWN if str(number.national_number).startswith("53") else known(number),
    )  # fmt: skip
    monkeypatch.setattr(emails, "_is_domain", lambda domain: domain != "example.com" and known_domain(domain))


@pytest.fixture(params=[make.PHONE, make.EMAIL], ids=["phone", "email"])
def address(request) -> str:
    return request.param


@pytest.fixture
def code(app, browser, monkeypatch, address):
    """Of a link of Fatma, whose address is forgotten after her grants."""
    made = make.codes(app)[address]
    make.Person(browser, made).decides(**dict.fromkeys(CHANNELS[address], "ONAY"))
    drop_rules(monkeypatch)
    return made


@pytest.mark.parametrize(
    ("path", "form"),
    [("/u/{}", {"all": "RET"}), ("/u/{}", {"List-Unsubscribe": "One-Click"}), ("/k/{}/ben-degilim", {})],
)
def test_every_link_refuses(browser, rows, code, path, form):
    assert browser.get(f"/u/{code}").status_code == 200

    assert browser.post(path.format(code), data=form).status_code < 400

    assert {each.status for each in rows(Consent)} == {"RET"}


def test_staff_refuse_for_them(app, rows, code, address):
    staff = signed_in(app)
    recipient = rows(Consent)[0].recipient_id

    assert 'name="channels"' in staff.opens(f"/dashboard/recipients/{recipient}").text
    found = staff.posts("/dashboard/recipients", {"address": TYPED[address]})
    assert found.status_code == 303 and str(recipient) in found.location


def statuses(rows) -> dict[str, str]:
    return {each.channel: each.status for each in rows(Consent)}


@of_phones
def test_who_answers_a_message_refuses(app, browser, rows, code):
    with app.app_context():
        gateway_id = delivery.add("verimor")
    Vendor(app, browser, gateway_id).brings("RET")
    work(app)

    assert statuses(rows)["MESAJ"] == "RET"


@pytest.mark.parametrize("number", ["+4791234567", "+6591234567", "+4531234567"])
def test_a_number_abroad_that_comes_without_its_plus_is_no_unassigned_turkish_one(app, browser, rows, number):
    make.codes(app)
    with app.app_context():
        insert_decisions(make.brand(), [number], clock.now() - timedelta(days=30), lane=None, held=None)
        gateway_id = delivery.add("verimor")
    Vendor(app, browser, gateway_id).brings("RET", sender=number)
    work(app)

    assert "RET" in statuses(rows).values() and rows.count(Recipient) == 3  # With the campaign's two.


def test_a_program_refuses_for_who_is_stored_and_asks_about_them(app, rows, code, address):
    first, last = CHANNELS[address][0], CHANNELS[address][-1]
    with app.app_context():
        program = Program(app, make_key(db.session.scalars(select(Provider)).one()))
    assert program.get(f"{CONSENTS}/{first}/{address}").json["status"] == "ONAY"

    sent = [refusal(TYPED[address], type=first), refusal(STRANGERS[address], type=first), grant(address, type=last)]
    told = program.post(BULK, {"consents": sent}).json["results"]

    problems = [(each["problem"] or {}).get("code") for each in told]
    assert problems == [None, UNKNOWN[address], UNKNOWN[address]]
    assert statuses(rows)[first] == "RET"


def test_a_file_refuses_for_them_and_grants_them_nothing(app, rows, code, address):
    at = clock.now() + timedelta(hours=1)
    day = clock.istanbul(at - timedelta(minutes=10)).strftime("%d.%m.%Y %H:%M:%S")
    place = 0 if address == make.PHONE else 1
    cells = [["", "", status, day] for status in ("RET", "ONAY", "RET", "RET")]
    for line, each in zip(cells, (TYPED[address], TYPED[address], STRANGERS[address], TYPED[address]), strict=True):
        line[place] = each
    cells[-1][1 - place] = "d@example.org" if place == 0 else "0555 111 22 33"  # Beside one that is known.
    with time_machine.travel(at), app.app_context():
        batch = imported_batch(make.brand(), [";".join(each) for each in cells])

        own = len(CHANNELS[address])
        told = {"refusal": own, "repeated": own, "first_refusal": 3 - own, UNKNOWN[address]: 2}
        assert batch.tally == told
    assert {each.status for each in rows(Consent)} == {"RET"}


def test_what_they_say_at_iys_is_learned(app, rows, code, address):
    channel = CHANNELS[address][0]
    MovementReceiver(app).receives(row("RET", at=clock.now() + SECOND, recipient=TYPED[address], type=channel))
    with app.app_context():
        listed = IysAnswer(200, json.dumps({"list": [TYPED[address]]}).encode())
        assert read_granted(listed, [address], brand_id=1) == {address}

    assert statuses(rows)[channel] == "RET"


def test_iys_is_told_their_refusal_and_says_itself_what_it_takes(app, browser, rows, code, address):
    browser.post(f"/u/{code}", data={"all": "RET"})

    with app.app_context():
        refused = select(Submission).join(Decision).where(Decision.status == "RET")
        for submission in db.session.scalars(refused):
            payload, failure = local_validation.open_payload(submission.provider_id, submission, clock.now() + SECOND)
            assert address.encode() in payload and failure is None


def test_a_code_is_sent_to_them(browser, code, address):
    form = re.search(r'name="form" value="([^"]+)"', browser.get("/izinlerim").text)[1]

    assert browser.post("/izinlerim", data={"form": form, "address": TYPED[address]}).status_code == 303


def test_a_journal_brings_their_decisions_back(app, browser, kept, rows, monkeypatch):
    codes = make.codes(app)
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="RET", ARAMA="RET")
    make.Person(browser, codes[make.EMAIL]).decides(EPOSTA="RET")
    lose_decisions(app)
    drop_rules(monkeypatch)

    assert restore(app, kept).exit_code == 0

    assert statuses(rows) == {"MESAJ": "RET", "ARAMA": "RET", "EPOSTA": "RET"}
