"""A decision that names retailers, from a program (one by one and in a list) or a file to İYS, and what İYS does not
know."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from iys_sandbox import retailers
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Decision, ImportBatch, Outcome, Submission
from portal.services.imports import batches, queries, store
from tests import make
from tests.iys_sandbox.test_retailers import SHOP
from tests.portal.api.programs import BASE, CONSENTS, Program, grant, make_key, refusal
from tests.portal.services.imports.file_steps import csv_of, uploaded, work_all

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


def held(sandbox) -> dict[str, list[int | None]]:
    """By recipient: the retailer that mediated, and how many have access."""
    with box(sandbox).store.reading() as db:
        return {recipient: facts for recipient, *facts in db.execute(HELD)}


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

    assert held(sandbox) == {FIRST: [shops[0], 2], make.EMAIL: [None, 0]}
    (parked,) = [each for each in rows(Submission) if each.outcome == Outcome.PARKED]
    assert parked.code == "H180"
    results = [program.get(f"{BASE}/requests/{answer.json['requestId']}").json["results"] for answer in answers]
    told = [row["iys"] for its in results for row in its]
    assert (told[1]["outcome"], told[1]["code"]) == ("parked", "H180")


def test_a_refusal_that_names_a_retailer_unknown_to_iys_reaches_it_without_one(app, sandbox, iys, rows):
    with app.app_context():
        program = Program(app, make_key(make.provider()))
    program.post(CONSENTS, grant(ago=timedelta(minutes=5)))
    make.forward_all(app, iys)
    program.post(CONSENTS, refusal(retailerCode=UNKNOWN))

    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=True):
        make.forward_all(app, iys)

    first, renewed = rows(Decision, Decision.status == Status.REFUSED)
    assert (renewed.renews_id, renewed.retailer_code, renewed.source) == (first.id, None, "HS_KARAR")
    assert rows.one(Submission, Submission.decision_id == renewed.id).outcome == Outcome.ACCEPTED


def test_a_file_names_retailers_as_a_program_does(app, sandbox, iys, shops):
    sandbox.set_list_timing(seconds=0)
    said = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M:%S")
    lines = [
        f"{FIRST};ONAY;{said};HS_WEB;Form;{shops[0]};{shops[0]}, {shops[1]}",
        f"{SECOND};ONAY;{said};HS_WEB;Form;{shops[1]};",
        f"{make.PHONE};ONAY;{said};HS_WEB;Form;Kadıköy;",
    ]
    content = csv_of(*lines, header="Telefon;Durum;Tarih;Kaynak;Dayanak;Bayi kodu;Bayi erişimi")

    batch_id = uploaded(app, content)
    work_all(app)
    with app.app_context():
        batch = db.session.get_one(ImportBatch, batch_id)
        layout = replace(store.layout_of(vault(), batch), channels=(Channel.SMS,))
        batches.set_layout(db.session, vault(), batch, layout, clock.now())
        db.session.commit()
    work_all(app)
    with app.app_context():
        batch = db.session.get_one(ImportBatch, batch_id)
        samples = queries.result_samples(db.session, vault(), batch, "retailer_invalid")
        batches.start(db.session, batch, 3, clock.now())
        db.session.commit()
    work_all(app)
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=True):
        make.forward_all(app, iys)
        sandbox.movements()

    assert held(sandbox) == {FIRST: [shops[0], 2], SECOND: [shops[1], 1]}
    assert [(cell.header, cell.value) for each in samples for cell in each.cells] == [
        ("Bayi kodu", "Kadıköy"),
        ("Bayi erişimi", ""),
    ]
