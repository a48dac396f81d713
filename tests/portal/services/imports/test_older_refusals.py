"""A refusal that is older than a grant, here or in the file, is named before the grant stands over it."""

import pytest

from portal.core.clock import now
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


@pytest.mark.slow
def test_a_refusal_older_than_a_grant_is_named_with_its_line(app):
    file = [f"0532 700 01 11;{said}" for said in ("ONAY;05.10.2026 10:00", "RET;01.10.2026 10:00")]

    its_id = dry_run(app, "Onay tarihi", *file)

    assert older(app, its_id) == ["3"]
    its_id = dry_run(app, "Üyelik tarihi", *file)

    assert older(app, its_id) == []
    with app.app_context():
        assert db.session.get_one(ImportBatch, its_id).tally["first_refusal"] == 2  # Of all channels.
