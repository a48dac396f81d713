"""What is asked most often: the database finds it by indexes, and reads no table whole that grows with people."""

import re

import pytest
from sqlalchemy import Engine, event

from portal.core.extensions import db
from portal.core.models import OperatorRole, Provider
from tests import databases, make
from tests.portal.api.programs import CONSENTS, Program, grant, make_key
from tests.portal.web.dashboard.staff import signed_in

OPERATOR = "derya@operator.example"
GROWING = {
    "audience_entry", "link", "recipient", "consent", "decision", "submission", "receipt", "receipt_decision", "leaf",
    "message", "audit_entry", "movement", "event", "visit", "attempt", "complaint", "row_tally_change",
}  # fmt: skip
EXPLAIN, SCAN = (
    ("EXPLAIN ", re.compile(r"Seq Scan on (\w+)")) if databases.SERVER
    else ("EXPLAIN QUERY PLAN ", re.compile(r"^SCAN (\w+?)(?:_\d+)?\b(?! USING)"))
)  # fmt: skip


@pytest.fixture
def acts(app) -> dict:
    codes = make.codes(app)
    person, other = (make.Person(app.test_client(), codes[address]) for address in (make.PHONE, make.EMAIL))
    with app.app_context():
        key = make_key(db.session.get_one(Provider, make.brand().provider_id))
        make.staff(OPERATOR, OperatorRole.ADMIN)
        db.session.commit()
    operator = signed_in(app, OPERATOR)
    ayse, program = signed_in(app), Program(app, key)
    return {
        "page": other.opens,
        "first decision": lambda: other.decides(EPOSTA="ONAY"),
        "further decisions": lambda: [person.decides(MESAJ=each, ARAMA="RET") for each in ("ONAY", "RET", "RET")],
        "receipt": lambda: app.test_client().get(person.decides(MESAJ="RET").location),
        "consent asked for by a program": lambda: program.get(f"{CONSENTS}/MESAJ/{make.PHONE}"),
        "new addresses of a program": lambda: program.post(CONSENTS, grant("ada@example.com")),
        "overview": lambda: ayse.opens("/dashboard/"),
        "health of the installation": lambda: operator.opens("/operator/health"),
        "brands": lambda: ayse.opens("/dashboard/brands"),
        "search at the desk": lambda: ayse.opens(ayse.posts("/desk/search", {"address": make.PHONE}).location),
    }


def asked_by(act) -> dict:
    """The statements of an act, each with the first of its values."""
    asked = {}

    def note(_connection, _cursor, statement, parameters, *_):
        is_of_many = isinstance(parameters, list) and isinstance(parameters[0], tuple | dict)
        values = parameters[0] if is_of_many else parameters
        asked.setdefault(statement, tuple(values) if isinstance(values, list) else values)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return asked


def read_whole(asked: dict) -> dict[str, list[str]]:
    """Of statements that read rows, the growing tables that their plans read whole."""
    found = {}
    with db.engine.connect() as connection:
        if databases.SERVER:  # It reads a small table whole where it has a choice, so they are large for it.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql(
                "UPDATE pg_class SET reltuples = 1e7, relpages = 1 WHERE relname = ANY(%s)", ([*GROWING],)
            )
        for statement, parameters in asked.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                lines = [each[-1] for each in connection.exec_driver_sql(EXPLAIN + statement, parameters)]
                whole = {name for line in lines for name in SCAN.findall(line)} & GROWING
                found |= {statement: sorted(whole)} if whole else {}
    return found


@pytest.mark.slow
def test_no_daily_act_reads_a_growing_table_whole(app, acts):
    asked = {name: asked_by(act) for name, act in acts.items()}

    assert all(any(each.startswith("SELECT") for each in statements) for statements in asked.values())
    with app.app_context():
        assert {name: found for name, statements in asked.items() if (found := read_whole(statements))} == {}
