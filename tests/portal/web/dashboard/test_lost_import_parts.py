"""A file of which a stored part cannot be opened: its page says so, and its grants are left out."""

import html

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Decision, ImportBatch, ImportChunk, Mail, User
from portal.domain.notifications import mails
from portal.services.imports import batches
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.reading.file_problems import FileProblem
from portal.services.imports.reading.workbook_chunker import chunks
from tests import make
from tests.portal.services.imports.file_steps import work_all
from tests.portal.services.imports.test_worker import batch_after_dry_run, line

LINES = [line(1, "RET", mail=False), line(2, mail=False), line(3, mail=False), line(4, "RET", mail=False)]
NOTHING_TO_FIX, ONLY_REFUSALS = "Düzeltilecek bir satır yok", "Yalnız retler aktarıldı"


pytestmark = pytest.mark.slow


@pytest.fixture(params=["in the dry run", "in the run"])
def lost(app, ayse, monkeypatch, request) -> str:
    """The page of a file whose part with the first refusal is lost."""
    monkeypatch.setattr(chunks, "LINES", 1)
    with app.app_context():
        batch = batch_after_dry_run(make.brand(), LINES)
        page = f"/dashboard/imports/{batch.id}"
        if request.param == "in the dry run":
            db.session.execute(update(ImportBatch).values(problem=FileProblem.PART_LOST.value))
            db.session.commit()
            shown = text_of(ayse, page)
            assert FileProblem.PART_LOST.sentence in shown and NOTHING_TO_FIX not in shown
            assert "Yalnız retleri aktar" in shown and "“Aktar” derseniz" not in shown
            db.session.refresh(batch)
        owner = db.session.scalars(select(User)).one()
        batches.start(db.session, batch, owner.id, clock.now(), confirms={Confirmation.UNREAD})
        db.session.execute(update(ImportChunk).where(ImportChunk.place == 1).values(content=b"damaged"))
        db.session.commit()
    work_all(app)
    return page


def text_of(ayse, page: str) -> str:
    return " ".join(html.unescape(ayse.opens(page).text).split())


def test_no_grant_behind_a_lost_part_is_written_and_the_page_tells_it(app, ayse, lost, rows):
    shown = text_of(ayse, lost)

    assert FileProblem.PART_LOST.sentence in shown and FileProblem.PART_LOST.cure in shown
    assert NOTHING_TO_FIX not in shown and ONLY_REFUSALS in shown
    assert [each.status for each in rows(Decision)] == [Status.REFUSED] * 2  # By call and message.
    assert rows.one(ImportBatch).tally["grant_left_out"] == 4
    with app.app_context():
        facts = mails.read_facts(vault(), rows.one(Mail))
    assert (facts["is_complete"], facts["refusals"]) == (False, 2)
