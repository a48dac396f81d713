"""What is done at each size of bench/growth.py, by its name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from bench.decisions import CHOICES, decision_posts
from bench.growing import AGENCY, MADE, PERSON
from portal.core import clock
from portal.core.extensions import db
from portal.core.loops import Loop
from portal.core.models import AddressProof, Brand
from portal.domain.address_proofs import sessions
from portal.services.iys import egresses, forwarder
from portal.services.iys.client import Client
from portal.web.shared.access import ACCESS_RULES
from tests import make
from tests.grants import phones
from tests.portal.api.programs import CONSENTS
from tests.portal.web.dashboard.staff import StaffBrowser, signed_in
from tests.portal.web.my_consents.conftest import LIST, Visitor

OPERATOR = "derya@operator.example"
OF_STAFF = {"of a provider": make.AYSE, "of the operator": OPERATOR}
TIMES, PEOPLE = 3, 300
FILES = (".csv", ".xlsx", ".pdf", "/file")  # They hold everything.
FORM = "application/x-www-form-urlencoded"
Act = Callable[[], Any]
Acts = Iterable[tuple[str, Act]]


@dataclass
class People:
    codes: list[str]  # Of links that nobody has used yet.
    key: str
    iys: str


def acts_of(app: Flask, axis: str, people: People, size: int) -> Acts:
    staff = {rule: signed_in(app, email) for rule, email in OF_STAFF.items()}
    yield from _pages(app, staff)
    number = phones(1, min(size, MADE) // 2)[0] if axis != "firms" else phones(1)[0]
    yield from _calls(app, staff["of a provider"], people, number)
    if axis != "consents":
        yield from _pages_of_many(app, axis, staff)
    yield from _steps(app, people.iys)


def _pages(app: Flask, staff: dict[str, StaffBrowser]) -> Acts:
    for rule in sorted(app.url_map.iter_rules(), key=str):
        whose = ACCESS_RULES.get(rule.endpoint.partition(".")[0], "")
        is_page = "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.endswith(FILES)
        if whose in staff and is_page:
            yield f"{rule.rule}{' (operator)' * (whose == 'of the operator')}", _opening(staff[whose], rule.rule)


def _calls(app: Flask, desk: StaffBrowser, people: People, number: str) -> Acts:
    client, codes = app.test_client(), people.codes
    yield "desk, search of a number", lambda: desk.opens(desk.posts("/desk/search", {"address": number}).location)
    headers = {"Authorization": f"Bearer {people.key}"}
    yield "API, consent of a number", lambda: client.get(f"{CONSENTS}/MESAJ/{number}", headers=headers)
    yield "a link's page", lambda: client.get(f"/k/{codes[0]}")
    with app.app_context():
        posts = iter(
            list(decision_posts([codes.pop() for _ in range(TIMES + 1)], app.config["LINK_SALT"], CHOICES["e-mail"]))
        )

    def decide() -> Any:
        post = next(posts)
        return client.post(post.path, data=post.body, content_type=FORM)

    yield "a decision", decide


def _pages_of_many(app: Flask, axis: str, staff: dict[str, StaffBrowser]) -> Acts:
    """Those that meet all brands or firms and have an id or a token, or are another person's."""
    with app.app_context():
        last = db.session.scalars(select(Brand).order_by(Brand.id.desc()).limit(1)).one()
        last_id, firm_id = last.id, last.provider_id
    operator, client = staff["of the operator"], app.test_client()
    yield "the operator's page of a firm", _opening(operator, f"/operator/providers/{firm_id}")
    yield "the operator's search of a firm", _opening(operator, "/operator/?q=Firma")
    yield "İzinlerim of a person known to 100", _opening(_at_my_consents(app), LIST)
    token = {"Authorization": f"Bearer {app.config['METRICS_TOKEN']}"}
    yield "/readyz", lambda: client.get("/readyz")
    yield "/metrics", lambda: client.get("/metrics", headers=token)
    if axis == "brands":
        yield "a brand's page", _opening(staff["of a provider"], f"/dashboard/brands/{last_id}")
    else:
        agency = signed_in(app, AGENCY)
        yield "the choice of a firm, by who works for all", _opening(agency, "/account/providers")


def _steps(app: Flask, iys: str) -> Acts:
    """Each step of the forwarder and of the worker once, against an İYS that answers at once."""
    client = Client(iys)
    with app.app_context():
        egresses.add_default(db.session)
        db.session.commit()
        facts = egresses.list_all(db.session)[0]
    programs = {
        "forwarder": [*forwarder.egress_loops(client), *forwarder.shared_loops(client, Client(iys, is_sandbox=True))],
        "worker": app.extensions["worker"],
    }
    for program, loops in programs.items():
        for loop in loops:
            yield f"{program}, {loop.name}", _stepping(app, loop, facts)


def _stepping(app: Flask, loop: Loop, facts: egresses.EgressFacts) -> Act:
    def step() -> None:
        with app.app_context(), egresses.using(facts):
            loop.step()

    return step


def _opening(browser: Any, path: str) -> Act:
    return lambda: browser.opens(path)


def _at_my_consents(app: Flask) -> Visitor:
    """Somebody who has proved the number that many know; later in another session by the same proof."""
    client = app.test_client()
    visitor = Visitor(app, client, PERSON)
    with app.app_context():
        proof = db.session.scalar(select(AddressProof).limit(1))
        if proof is not None:
            client.set_cookie("izinlerim", sessions.open_session(proof, clock.now()))
        db.session.commit()
    if proof is None:
        visitor.comes_in()
    return visitor
