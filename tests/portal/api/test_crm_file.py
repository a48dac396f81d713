"""The file of docs/clients/crm.py: of several brands, of several calls at a time, and of an earlier version."""

import sqlite3

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Decision, Recipient
from portal.domain.consents import reassigned_addresses
from portal.services import event_sequencer
from tests import make
from tests.portal.api.programs import BASE, add_brand, grant, make_key, refusal
from tests.servers import serving

FIRST, SECOND, OTHER = make.BRAND_CODE, 700002, "+905321234568"
EARLIER_TABLES = """
CREATE TABLE consent (
  brand INTEGER, recipient TEXT, type TEXT, recipient_type TEXT, status TEXT{reference},
  PRIMARY KEY (brand, recipient, type, recipient_type)
);
CREATE TABLE feed (id INTEGER PRIMARY KEY CHECK (id = 1), cursor TEXT NOT NULL);
CREATE TABLE outbox (key TEXT PRIMARY KEY, recipient TEXT NOT NULL, type TEXT NOT NULL{date});
INSERT INTO feed VALUES (1, '7');
"""
NO_DATE, DATE, REFERENCE = "", ", consent_date TEXT NOT NULL, problem TEXT", ", reference TEXT"


def consent_of(brand: int, recipient: str = make.PHONE, status: str = "ONAY") -> dict:
    return {
        "brandCode": brand, "recipient": recipient, "type": "MESAJ", "recipientType": "BIREYSEL", "status": status,
        "reference": None,
    }  # fmt: skip


class Service:
    """İzinlink as the client shows it, of one page each; `meanwhile` happens between its answer and the next one."""

    server_time = None

    def __init__(self, *brands: int, meanwhile=lambda: None):
        self.codes, self.meanwhile, self.told = brands, meanwhile, []

    def consents(self, brand):
        def pages():
            yield consent_of(brand)
            self.meanwhile()
            yield consent_of(brand, OTHER)

        return "10", pages()

    def events(self, cursor):
        self.meanwhile()
        yield "11", [{"consent": consent_of(self.codes[0], status="RET")}]

    def add_consent(self, brand, row, idempotency_key):
        self.told.append((brand, row["recipient"]))
        return {"results": [{"stands": "RET"}]}


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "crm.sqlite")


def held(file: str, table: str = "consent") -> list[tuple]:
    return sqlite3.connect(file).execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()


def test_a_brands_refusals_are_told_for_it_alone_and_each_brand_follows_by_itself(
    app, provider, program, crm_module, file, rows, monkeypatch
):  # fmt: skip
    add_brand(provider, SECOND)
    for code in (FIRST, SECOND):
        program.post(f"{BASE}/brands/{code}/consents/bulk", {"consents": [grant(), grant(OTHER)]})
    event_sequencer.sequence_next_events()
    with serving(app, host="localhost") as url, crm_module.Izinlink(url, make_key(provider)) as izinlink:
        first, second = (crm_module.Crm(file, izinlink, code) for code in (FIRST, SECOND))
        assert [first.copy(), second.copy(), len(held(file))] == [2, 2, 4]
        with monkeypatch.context() as offline:
            offline.setattr(first, "tell", lambda: None)
            first.refuse(make.PHONE, "MESAJ")
        second.may_send("MESAJ", [make.PHONE])
        first.may_send("MESAJ", [make.PHONE])
        program.post(f"{BASE}/brands/{SECOND}/consents", refusal(OTHER))
        event_sequencer.sequence_next_events()
        first.follow()
        second.follow()

    assert [each[:2] for each in held(file) if each[4] == "RET"] == [(FIRST, make.PHONE), (SECOND, OTHER)]
    assert rows.count(Decision) == 6


def test_while_a_copy_runs_refusals_are_noted_and_told_and_who_follows_goes_on_from_the_copy(crm_module, file):
    service = Service(FIRST)
    crm, till = (crm_module.Crm(file, service, FIRST) for _ in range(2))

    def comes_meanwhile():
        service.meanwhile = lambda: None
        assert till.refuse(make.PHONE, "MESAJ") is None
        seen.append(len(held(file)))

    seen: list[int] = []
    for _ in range(2):
        service.meanwhile = comes_meanwhile
        assert crm.copy() == 2
    assert seen == [0, 2]  # The former copy stays until the new one is complete.
    assert service.told == [(FIRST, make.PHONE)] * 2

    def copies_meanwhile():
        service.meanwhile = lambda: None
        crm.copy()

    crm.follow()
    service.meanwhile = copies_meanwhile
    till.follow()
    assert ([each[4] for each in held(file)], held(file, "feed")) == (["ONAY", "ONAY"], [(FIRST, "10")])


@pytest.mark.parametrize(("date", "reference"), [(NO_DATE, ""), (DATE, ""), (DATE, REFERENCE)])
def test_refusals_that_an_earlier_version_noted_wait_for_a_person_who_knows_their_brand(
    crm_module, file, date, reference
):  # fmt: skip
    """New ones are told all the same, and nobody is messaged until then."""
    with sqlite3.connect(file) as earlier:
        earlier.executescript(EARLIER_TABLES.format(date=date, reference=reference))
        known = f"{FIRST}, '{OTHER}', 'MESAJ', 'BIREYSEL', 'ONAY'{', NULL' if reference else ''}"
        dated = ", '2026-11-20 10:00:00', NULL" if date else ""
        earlier.execute(f"INSERT INTO consent VALUES ({known})")
        earlier.execute(f"INSERT INTO outbox VALUES ('k', '{make.PHONE}', 'MESAJ'{dated})")
    earlier.close()
    service = Service(FIRST)
    crm = crm_module.Crm(file, service, FIRST)

    with pytest.raises(crm_module.BrandMissing, match=r"1 refusals .* UPDATE outbox SET brand"):
        crm.refuse(OTHER, "MESAJ")
    with pytest.raises(crm_module.BrandMissing):
        crm.may_send("MESAJ", [OTHER])
    assert service.told == [(FIRST, OTHER)] and len(held(file, "outbox")) == 1
    assert crm.follow() == 2  # Its place in the feed was of all brands at once: a copy.

    with crm.database:
        crm.database.execute("UPDATE outbox SET brand = ?", [FIRST])
    crm.tell()
    assert (service.told[1:], held(file, "outbox")) == ([(FIRST, make.PHONE)], [])


@pytest.mark.parametrize("learns_by", ["copy", "follow"])
def test_a_reference_is_one_brands_and_is_emptied_there_where_the_number_changed_hands(
    app, provider, program, crm_module, file, learns_by
):  # fmt: skip
    add_brand(provider, SECOND)
    named = {FIRST: [grant() | {"reference": "1042"}], SECOND: [grant() | {"reference": "77"}, grant(OTHER)]}
    for code, consents in named.items():
        program.post(f"{BASE}/brands/{code}/consents/bulk", {"consents": consents})
    event_sequencer.sequence_next_events()

    def references() -> list[tuple]:
        return [(each[0], each[1], each[5]) for each in held(file)]

    def refuses(code: int, recipient: str, channel: str) -> None:
        program.post(f"{BASE}/brands/{code}/consents", refusal(recipient, type=channel))
        event_sequencer.sequence_next_events()

    with serving(app, host="localhost") as url, crm_module.Izinlink(url, make_key(provider)) as izinlink:
        first, second = (crm_module.Crm(file, izinlink, code) for code in (FIRST, SECOND))
        first.copy(), second.copy()
        refuses(FIRST, make.PHONE, "MESAJ")
        refuses(SECOND, OTHER, "MESAJ")
        first.follow(), second.follow()
        assert references() == [(FIRST, make.PHONE, "1042"), (SECOND, make.PHONE, "77"), (SECOND, OTHER, None)]

        with app.app_context():
            (closed,) = db.session.scalars(select(Recipient.id).where(Recipient.reference.is_not(None)))
            reassigned_addresses.note_closures(db.session, {closed: clock.now()})
            db.session.commit()
        program.post(f"{BASE}/brands/{SECOND}/consents", refusal(type="ARAMA") | {"reference": "99"})
        refuses(FIRST, make.PHONE, "ARAMA")
        for crm in (second, first):  # Another brand's new name stands.
            getattr(crm, learns_by)()
        assert set(references()) == {(FIRST, make.PHONE, None), (SECOND, make.PHONE, "99"), (SECOND, OTHER, None)}
