"""Firms, and an İYS that fails for some of them."""

import json
from datetime import timedelta

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Provider
from portal.domain.identity import accounts
from portal.services.iys.client import Client, IysAnswer
from tests import grants, make
from tests.portal.services.iys.forwarding.scripted import TOKEN

SECOND = timedelta(seconds=1)
OTHER, SISTER = 800001, 800002  # Brands of another provider; its iysCode is that of the first.
CALL, HANG = 0.08, 9.0  # Seconds that a call takes.


class PartlyFailing(Client):
    """An İYS whose calls about some addresses end with a fault; the clock moves on by what a call takes."""

    def __init__(self, at, fails, fault):
        super().__init__("http://iys.example")
        self.at, self.fails, self.fault = at, fails, fault
        self.accepted, self.failed = {}, []  # When, by address.
        self.paths, self.holds_grants = [], True

    def ask(self, method, path, *, body=None, bearer=None, deadline=9.0):
        asked = json.loads(body or b"{}")
        self.paths.append(path)
        is_failing = bool(self.fault) and self.fails(path, asked)
        self.at.shift(HANG if is_failing and self.fault == "hang" else CALL)
        if is_failing:
            self.failed.append(clock.now())
            return self.faulty_answer()
        if path.endswith("token"):
            return says(200, TOKEN)
        if method == "GET":
            return IysAnswer(204, b"")
        if "recipients" in asked:
            return says(200, {"list": asked["recipients"] if self.holds_grants else []})
        self.accepted |= {each["recipient"]: clock.now() for each in (asked if isinstance(asked, list) else [asked])}
        return says(202, {"requestId": "a-1"}) if path.endswith("request") else says(200, {"transactionId": "t-1"})

    def faulty_answer(self):
        if self.fault == "hang":
            return IysAnswer(0, b"")
        if self.fault == "500":
            return says(500, {})
        if self.fault == "password":
            return says(400, {"error": "invalid_grant"})
        status = {"H121": 422, "H525": 422, "H355": 404, "H351": 401}.get(self.fault, 403)
        return says(status, {"errors": [{"code": self.fault}]})


def says(status, body):
    return IysAnswer(status, json.dumps(body).encode())


def of_other(path, asked):
    return f"/{OTHER}/" in path


def of_other_brand(path, asked):
    return path.split("/brands/")[-1].startswith(str(OTHER))


def of_messages(path, asked):
    first = asked[0] if isinstance(asked, list) else asked
    return of_other(path, asked) and first.get("type") == "MESAJ"


def grants_of_other(path, asked):
    return of_other(path, asked) and asked.get("status") == "ONAY"


def with_wrong_password(path, asked):
    return asked.get("username") == "forgetful"


def open_firm(iys_code, brands, username):
    firm = accounts.open_provider(
        db.session, iys_code=iys_code, title="Öteki A.Ş.", mersis="0123456789012346", contact="0850 123 45 67",
        notice_url=make.NOTICE, brands=brands, at=clock.now(),
    )  # fmt: skip
    db.session.flush()
    accounts.connect(db.session, vault(), firm, username=username, password=make.PASSWORD, at=clock.now())
    db.session.commit()


def bring(app, brand_code, texts, after=0, **facts):
    """Decisions of a brand that are made so many seconds from now."""
    with app.app_context():
        brand = db.session.query(Brand).filter_by(brand_code=brand_code).one()
        iys_code = db.session.get_one(Provider, brand.provider_id).iys_code
        grants.insert_decisions(
            brand, texts, clock.now() + after * SECOND, codes=(iys_code, brand_code), **{"lane": None} | facts
        )


def run(app, iys, seconds, idle=1):
    ends = clock.now() + seconds * SECOND
    while clock.now() < ends:
        with app.app_context():
            if not make.forward_one(iys):
                iys.at.shift(idle)
