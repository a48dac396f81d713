"""Retailers that a program names in a row come back wherever the decision does."""

import json

from portal.core.extensions import db, vault
from portal.core.models import Event
from portal.services.webhooks import payloads
from tests import make
from tests.portal.api.programs import BASE, CONSENTS, Program, grant, make_key, run_workers

NAMED = {"retailerCode": 58954386, "retailerAccess": [58954387, 58954388]}


def test_the_retailers_of_a_decision_are_told_by_every_answer_that_has_it(app):
    asked = {"recipient": make.PHONE, "type": "MESAJ"}
    with app.app_context():
        program = Program(app, make_key(make.provider()))
    program.post(f"{CONSENTS}/bulk", {"consents": [grant(**NAMED), grant(make.EMAIL)]})
    run_workers(app)

    told = [
        program.get(f"{CONSENTS}/MESAJ/{make.PHONE}").json,
        program.post(f"{CONSENTS}/query", asked).json,
        program.post(f"{CONSENTS}/history", asked).json["items"][0],
        program.get(f"{BASE}/events").json["items"][0]["decision"],
    ]
    with app.app_context():
        events = db.session.query(Event).order_by(Event.id).all()
        told += [
            json.loads(each)["data"]
            for each in payloads.event_bodies(db.session, vault(), events, in_full=False).values()
        ]
    *with_retailers, without = told
    assert [{name: each[name] for name in NAMED} for each in with_retailers] == 5 * [NAMED]
    assert [without[name] for name in NAMED] == [None, None]
