"""From a pasted list to İYS: the line everything else hangs on."""

import json

from portal.core.iys_protocol import Status
from portal.core.models import Consent, Decision, Leaf, Outcome, Receipt, Submission
from portal.core.models.decision import leaf_digest
from tests import make
from tests.make import Person


def test_a_click_becomes_a_decision_and_iys_holds_it(app, browser, sandbox, iys, rows):
    fatma = Person(browser, make.codes(app)[make.PHONE])

    answer = fatma.decides(MESAJ="ONAY", ARAMA="RET")
    make.forward_all(app, iys)

    assert answer.status_code == 303
    assert {(d.channel, d.status) for d in rows(Decision)} == {("MESAJ", "ONAY"), ("ARAMA", "RET")}
    (movement,) = sandbox.movements()
    decision = next(d for d in rows(Decision) if d.status == Status.GRANTED)
    assert (movement["recipient"], movement["type"], movement["status"]) == (make.PHONE, "MESAJ", "ONAY")
    assert movement["source"] == "HS_WEB"
    outcomes = {s.status: s.outcome for s in rows(Submission)}
    assert outcomes == {Status.GRANTED: Outcome.ACCEPTED, Status.REFUSED: Outcome.NOT_NEEDED}
    assert json.dumps(movement["consentDate"]) and decision.consent_date.microsecond == 0


def test_the_receipt_tells_the_state_at_iys_each_time(app, browser, iys):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    receipt = fatma.decides(MESAJ="ONAY").location

    before = browser.get(receipt).text
    make.forward_all(app, iys)
    after = browser.get(receipt).text

    assert "bildirilecek" in before
    assert "kabul etti" in after


def test_a_receipt_holds_every_fact_of_the_act(app, browser, rows):
    fatma = Person(browser, make.codes(app)[make.PHONE])

    fatma.decides(MESAJ="RET")

    receipt, decision, leaf = rows.one(Receipt), rows.one(Decision), rows.one(Leaf)
    assert receipt.choices == "MESAJ=RET"
    assert receipt.served_at <= receipt.decided_at
    assert leaf.digest == leaf_digest({**decision.__dict__}, decision.salt)
    assert rows.one(Consent).status == Status.REFUSED
