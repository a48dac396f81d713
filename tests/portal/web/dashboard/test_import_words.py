"""Words of a file that only a person can explain: what they said is remembered, and can be changed."""

import re
from dataclasses import replace

import pytest

from portal.core.extensions import db, vault
from portal.core.models import BatchState, ImportBatch
from portal.services.imports import profiles
from portal.services.imports.store import layout_of
from portal.web.shared.column_layout_form import word_field_name
from tests import make
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_import_pages import CHOSEN

pytestmark = pytest.mark.alike

BELKI = word_field_name("status", "belki")


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.brand()
    return signed_in(app)


def batch_after_dry_run(app, words: dict) -> str:
    """A file that was read with these words explained; its address."""
    with app.app_context():
        made = import_batches.make_batch(BatchState.DRY_RUN, layout=replace(import_batches.LAYOUT, words=words))
        return f"/dashboard/imports/{made.id}"


def test_a_word_that_was_explained_is_known_in_the_next_file(app, ayse, rows):
    ayse.posts(f"{batch_after_dry_run(app, {})}/words/status_unknown", {BELKI: "RET"})

    with app.app_context():
        owner = rows.one(ImportBatch).provider_id
        found = profiles.find(db.session, vault(), owner, import_batches.HEADER)
    assert found.words == {"status": {"belki": "RET"}}


@pytest.mark.parametrize(("says", "then"), [("RET", {"status": {"belki": "RET"}}), ("", {})])
def test_what_was_said_of_a_word_can_be_changed_and_taken_back(app, ayse, rows, says, then):
    address = batch_after_dry_run(app, {"status": {"belki": "ONAY"}})
    page = ayse.opens(f"{address}/layout").text

    ayse.posts(f"{address}/layout", CHOSEN | {BELKI: says})

    field = re.search(rf'<select[^>]*name="{BELKI}".*?</select>', page, re.S)[0]
    assert '<option selected value="ONAY">' in field
    with app.app_context():
        assert layout_of(vault(), rows.one(ImportBatch)).words == then
