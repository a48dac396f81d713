"""A refusal that is older than a grant, here or in the file, is named before the grant stands over it."""

from datetime import timedelta

import pytest

from portal.core.clock import istanbul, now
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import ImportBatch
from portal.services.imports import batches
from portal.services.imports.layout import Field, Layout
from portal.services.imports.unread import MarkKind, unread_of
from tests.portal.services.imports.file_steps import csv_of, uploaded, work_all

LAYOUT = Layout(
    columns={Field.PHONE: 0, Field.STATUS: 1, Field.DATE: 2}, channels=(Channel.SMS,), source=Source.WEB, origin="form"
)


def dry_run(app, date: str, *lines: str) -> int:
    its_id = uploaded(app, csv_of(*lines, header=f"Telefon;Durum;{date}"), name="liste.csv")
    work_all(app)
    with app.app_context():
        batches.set_layout(db.session, vault(), db.session.get_one(ImportBatch, its_id), LAYOUT, now())
        db.session.commit()
    work_all(app)
    return its_id


def older(app, its_id: int) -> list[str]:
    with app.app_context():
        unread = unread_of(vault(), db.session.get_one(ImportBatch, its_id))
        return [mark.where for mark in unread.marks if mark.kind == MarkKind.OLDER and unread.unconfirmed]


def line(said: str, hours: int) -> str:
    return f"0532 700 01 11;{said};{istanbul(now() - timedelta(hours=hours)):%d.%m.%Y %H:%M:%S}"


@pytest.mark.slow
def test_a_refusal_older_than_a_grant_is_named_with_its_line(app):
    grant, refusal = line("ONAY", 2), line("RET", 3)

    its_id = dry_run(app, "Onay tarihi", grant, refusal)
    assert older(app, its_id) == ["3"]

    with app.app_context():
        batches.start(db.session, db.session.get_one(ImportBatch, its_id), None, now(), confirms_unread=True)
        db.session.commit()
    work_all(app)
    assert older(app, dry_run(app, "Onay tarihi", line("RET", 4))) == ["2"]  # Than one that stands.


@pytest.mark.slow
def test_a_refusal_beside_the_date_of_its_record_counts_from_now(app):
    its_id = dry_run(app, "Üyelik tarihi", line("ONAY", 2), line("RET", 3))

    assert older(app, its_id) == []
    with app.app_context():
        assert db.session.get_one(ImportBatch, its_id).tally["first_refusal"] == 2  # Of all channels.
