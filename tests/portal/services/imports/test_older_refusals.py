"""A refusal that is older than a grant, here or in the file, is named before the grant stands over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import chain, permutations, product
from threading import get_ident

import pytest
from sqlalchemy import Engine, event

from portal.core.clock import istanbul, now
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Consent, ImportBatch, ImportChunk
from portal.core.models.base import Base
from portal.services.imports import batches
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.dry_run import SeenEntries
from portal.services.imports.layout import Field, Layout
from portal.services.imports.unread import MarkKind, unread_of
from portal.services.imports.unused_columns import MOST_TEXTS, OLDER, CellCounter
from tests.portal.services.imports.file_steps import csv_of, uploaded, work_all

LAYOUT = Layout(
    columns={Field.PHONE: 0, Field.STATUS: 1, Field.DATE: 2}, channels=(Channel.SMS,), source=Source.WEB, origin="form"
)


TYPED = replace(LAYOUT, columns=LAYOUT.columns | {Field.TYPE: 3})


def dry_run(app, date: str, *lines: str, layout: Layout = LAYOUT) -> int:
    its_id = uploaded(app, csv_of(*lines, header=f"Telefon;Durum;{date}"), name="liste.csv")
    work_all(app)
    with app.app_context():
        batches.set_layout(db.session, vault(), db.session.get_one(ImportBatch, its_id), layout, now())
        db.session.commit()
    work_all(app)
    return its_id


def older(app, its_id: int) -> list[str]:
    with app.app_context():
        unread = unread_of(vault(), db.session.get_one(ImportBatch, its_id))
        return [mark.where for mark in unread.marks if mark.kind == MarkKind.OLDER and unread.unconfirmed]


def write(app, its_id: int, only_refusals: bool = False) -> None:
    with app.app_context():
        batch = db.session.get_one(ImportBatch, its_id)
        batches.start(db.session, batch, None, now(), only_refusals=only_refusals, confirms={Confirmation.UNREAD})
        db.session.commit()
    work_all(app)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements of every connection of this thread: others may still end what an earlier test began."""
    found: list[str] = []
    here = get_ident()

    def note(_connection, _cursor, statement, *_rest):
        if get_ident() == here:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def find_scans(asked: list[str]) -> set[str]:
    """The tables that SQLite reads whole for these statements, as it plans them without statistics."""
    steps = (
        step[-1].split() for each in asked
        for step in db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", (None,) * each.count("?"))
    )  # fmt: skip
    return {name for what, name, *_ in steps if what == "SCAN"} & Base.metadata.tables.keys()


def line(said: str, hours: int, *, person: int = 1) -> str:
    return f"0532 700 0{person} 11;{said};{istanbul(now() - timedelta(hours=hours)):%d.%m.%Y %H:%M:%S}"


def lines_as(*typed: str, person: int = 1) -> list[str]:
    """Lines like `RET 20 TACIR`."""
    parts = (each.split() for each in typed)
    return [f"{line(said, int(hours), person=person)};{as_type}" for said, hours, as_type in parts]


# What the lines of one address and channel say, of whatever type, by weight, of which those of grants are even, and
# those that are named.
HISTORIES = {(1, 2): [1], (1, 1, 2): [1, 1], (1, 3, 4): [1, 3], (1, 2, 3): [], (1, 2, 3, 4): [1, 3], (1, 3): []}


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("in_chunk", [1, 4])
def test_refusals_are_older_where_a_grant_stands_at_the_end(history, in_chunk):
    for order, types in product(permutations(history), product((0, 1), repeat=len(history))):
        rows = [(b"key", types[place], weight, 3 * place, weight) for place, weight in enumerate(order)]
        seen = SeenEntries()
        for start in range(0, len(rows), in_chunk):
            seen.add(rows[start : start + in_chunk])

        assert sorted(line for _, line in seen.older_lines()) == HISTORIES[history]
        seen.close()


def test_a_refusal_older_than_a_known_grant_is_none_where_a_later_one_counts():
    seen, older, newer = SeenEntries(), (b"key", 0, 1, 0, 2), (b"key", 1, 3, 3, 3)
    seen.add_lost([older])
    seen.add([older])
    assert [*seen.older_lines()] == [(0, 2)]

    seen.add([newer])
    assert [*seen.older_lines()] == []
    seen.close()


def test_the_first_lines_are_named_and_all_counted():
    counter = CellCounter(LAYOUT, ())
    for number in range(25):
        counter.add_line(OLDER, number, 0)

    assert counter.counts() == {f"{OLDER} 0": [25, *range(MOST_TEXTS)]}


@pytest.mark.slow
def test_a_refusal_older_than_a_grant_is_named_with_its_line(app, monkeypatch):
    monkeypatch.setattr("portal.services.imports.dry_run.SAVED_EVERY", 600)  # Once, at the end.
    grant, refusal = line("ONAY", 2), line("RET", 3)

    with statements() as found:
        its_id = dry_run(app, "Tarih", grant, refusal)
    assert older(app, its_id) == ["3"]
    acts = [each.split()[0] for each in found if ImportChunk.__tablename__ in each]
    assert acts[-1] == "UPDATE"  # Nothing is read under the lock of writers.

    write(app, its_id)
    assert older(app, dry_run(app, "Tarih", line("RET", 4))) == ["2"]  # Than one that stands.


@pytest.mark.slow
def test_a_refusal_beside_the_date_of_its_record_counts_from_now(app):
    its_id = dry_run(app, "Üyelik tarihi", line("ONAY", 2), line("RET", 3))

    assert older(app, its_id) == []
    with app.app_context():
        assert db.session.get_one(ImportBatch, its_id).tally["first_refusal"] == 2  # Of all channels.


@pytest.mark.slow
def test_a_refusal_that_was_imported_before_is_named_again_beside_a_grant(app):
    refusal, grant = line("RET", 3), line("ONAY", 2)
    write(app, dry_run(app, "Tarih", refusal))
    write(app, dry_run(app, "Tarih", grant))

    assert older(app, dry_run(app, "Tarih", refusal, "0532 700 02 11;ONAY;")) == ["2"]


@pytest.mark.slow
def test_where_grants_are_left_out_the_refusal_counts_that_gave_way_to_one(app, rows):
    write(app, dry_run(app, "Tarih", line("ONAY", 4)))
    write(app, dry_run(app, "Tarih", line("ONAY", 2), line("RET", 3)), only_refusals=True)

    assert {each.status for each in rows(Consent) if each.channel == Channel.SMS} == {Status.REFUSED}


@pytest.mark.slow
def test_a_refusal_older_than_a_grant_as_another_type_is_named(app):
    types = "Tarih;Alıcı tipi"
    its_id = dry_run(
        app, types, *lines_as("RET 20 TACIR", "ONAY 10 BIREYSEL", person=1),
        *lines_as("ONAY 10 TACIR", "RET 20 BIREYSEL", person=2), *lines_as("RET 2 TACIR", "ONAY 10 BIREYSEL", person=3),
        layout=TYPED,
    )  # fmt: skip
    assert older(app, its_id) == ["2, 5"]

    write(app, its_id)
    again = lines_as("RET 20 TACIR"), lines_as("RET 21 BIREYSEL", person=2), lines_as("RET 2 TACIR", person=3)
    assert older(app, dry_run(app, types, *chain(*again), "0532 700 04 11;ONAY;;BIREYSEL", layout=TYPED)) == ["2, 3"]
    newer = lines_as("RET 20 TACIR", "RET 1 BIREYSEL")
    assert older(app, dry_run(app, types, *newer, layout=TYPED)) == []


@pytest.mark.slow
def test_a_first_refusal_older_than_a_known_grant_as_another_type_is_named(app):
    types = "Tarih;Alıcı tipi"
    write(app, dry_run(app, types, *lines_as("ONAY 10 BIREYSEL"), layout=TYPED))

    assert older(app, dry_run(app, types, *lines_as("RET 20 TACIR"), layout=TYPED)) == ["2"]
    assert older(app, dry_run(app, types, *lines_as("RET 5 TACIR"), layout=TYPED)) == []
