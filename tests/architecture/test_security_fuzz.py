"""Every route takes every shape of input from everybody without failing: a sample always, all in the long tests."""
# ruff: noqa: F811 - a fixture of another file is asked for by its name.

import json
import random
import re
from io import BytesIO
from itertools import product

import pytest

from portal.core.extensions import db
from portal.core.models import OperatorRole, Provider, Receipt, Role
from portal.web.recipient.receipts import receipt_code
from tests import databases, make, page_checks
from tests.architecture.test_security_odd_input import CHOICES, QUERIES, text_fields
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.dashboard.test_strangers import things  # noqa: F401 - a fixture: what ids in addresses may name

pytestmark = pytest.mark.slow

SEED, SAMPLE = 14, 120
OTHER_PHONE = "+905339876543"
TEXTS = {
    "blank": " ", "nul": "a\0b", "huge": "@" * 50_000, "surrogate": b"\xed\xa0\x80", "number": "-1",
    "day": "2026-02-30", "braces": '{"a": [1]}', "marks": "\u202e\u200b", "zeros": "1e999",
}  # fmt: skip
SHAPES = ("file", "list", "json", "no type", *TEXTS)
STAFF = {
    **{f"{role}@example.com": role for role in Role},
    **{f"{role}@partner.example.com": role for role in OperatorRole},
}
MAY_MOST = [f"{OperatorRole.ADMIN}@partner.example.com"]  # Whoever may less brings nothing else to the database.
OTHER_FIELDS = {
    "code",
    "token",
    "number",
    "form",
    "address",
    "digits",
    "List-Unsubscribe",
    "MESAJ",
    "answer",
    "refuse",
    "drawn",
}


@pytest.fixture(autouse=True)
def typed_braces_are_no_leftovers(monkeypatch):
    """A page may show the braces that were typed in."""
    pattern = page_checks.LEFTOVERS.pattern.removeprefix(r"\{\{|")
    monkeypatch.setattr(page_checks, "LEFTOVERS", re.compile(pattern))


@pytest.fixture
def people(app, things) -> dict:
    """A browser of everybody: somebody without an account, and each role."""
    with app.app_context():
        provider = db.session.query(Provider).first()
        for email, role in STAFF.items():
            make.person(provider, email, role) if isinstance(role, Role) else make.staff(email, role)
        db.session.commit()
    browsers = {email: signed_in(app, email).browser for email in STAFF}
    return {"anybody": app.test_client(), "owner": signed_in(app).browser, **browsers}


@pytest.fixture
def gaps(app, things, rows) -> dict:
    """What stands in the gaps of addresses: ids of Ayşe's things, and codes that lead somewhere."""
    link = make.codes(app, f"{OTHER_PHONE}\n")[OTHER_PHONE]
    receipt = rows(Receipt)[0]
    with app.app_context():
        return things | {"link": link, "receipt": receipt_code(receipt.id, receipt.nonce)}


def address(rule: str, gaps: dict) -> str:
    code = gaps["receipt" if rule.startswith("/m/") else "link"]
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda gap: str((gaps | {"code": code}).get(gap[1], 1)), rule)


def body(shape: str, token: str) -> dict:
    """The arguments of a post: every field of the product, in this shape."""
    names = sorted({name for _, name in text_fields()} | CHOICES | OTHER_FIELDS)
    held = {"csrf_token": token}
    if shape == "file":
        return {"data": held | {name: (BytesIO(b"x"), "x.txt") for name in names[:40]}}
    if shape == "list":
        return {"data": held | {name: ["1", "2", ""] for name in names}}
    if shape == "json":
        return {"data": json.dumps({name: [1, {"a": None}] for name in names}), "content_type": "application/json"}
    if shape == "no type":
        return {"data": b"\xff\x00" * 100, "content_type": "text/odd; charset=\x7f"}
    return {"data": held | dict.fromkeys(names if shape != "huge" else names[:4], TEXTS[shape])}


def cases(app) -> list[tuple]:
    """(method, rule, person, shape) of all there are. Those that end a session would end the test's; no program of the
    app runs, so that readiness is 503."""
    rules = [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST"}
        if rule.endpoint not in ("static", "public.readyz")
        and not rule.endpoint.endswith(("sign_out", "end_all_sessions"))
    ]
    everybody = ("anybody", "owner", *(MAY_MOST if databases.SERVER else STAFF))
    return [(*rule, who, shape) for rule, who, shape in product(sorted(rules), everybody, SHAPES)]


def failures(app, people: dict, gaps: dict, tried: list[tuple]) -> list[tuple]:
    tokens = {
        who: csrf_token(browser, "/sign-in" if who == "anybody" else "/account/providers")
        for who, browser in people.items()
    }
    failed = []
    for method, rule, who, shape in tried:
        path = address(rule, gaps)
        if method == "GET":
            text = TEXTS.get(shape, "1")
            text = text[:500] if isinstance(text, str) else text
            options = {"query_string": {name: [text, text] for name in (*QUERIES, "subject_id", "sayfa")}}
        else:
            options = body(shape, tokens[who])
        with people[who].open(path, method=method, **options) as answer:
            if answer.status_code >= 500 or b"Traceback" in answer.data:
                failed.append((method, rule, who, shape))
    return failed


def test_a_sample_of_odd_input_breaks_nothing(app, people, gaps):
    assert failures(app, people, gaps, random.Random(SEED).sample(cases(app), SAMPLE)) == []


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_no_odd_input_breaks_anything(app, people, gaps, shape):
    assert failures(app, people, gaps, [each for each in cases(app) if each[-1] == shape]) == []
