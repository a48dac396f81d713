"""A cure is offered where it would mend something, and nowhere else."""

from dataclasses import replace

import pytest

from portal.core.iys_protocol import Channel
from portal.core.models import BatchState
from portal.services.imports import queries
from portal.services.imports.layout import Field, Fix
from portal.services.imports.store import Cell
from portal.web.dashboard.imports import fixes
from tests import make
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.alike


@pytest.mark.parametrize(("value", "becomes"), [("ali @b.example", ["ali@b.example"]), ("ali veli@b.example", [])])
def test_a_space_that_may_part_two_addresses_is_left_to_a_person(value, becomes):
    line = queries.Sample(0, 7, "", Channel.EMAIL, (Cell(Field.EMAIL, "E-posta", value),))

    assert [each.after for each in fixes.preview_fix([line], Fix.EMAIL_SPACES)] == becomes


@pytest.mark.parametrize(("fixes", "offered"), [(frozenset(), True), (frozenset({Fix.EMAIL_LETTERS}), False)])
def test_a_cure_that_is_done_already_is_offered_no_more(app, fixes, offered):
    with app.app_context():
        make.brand()
        made = import_batches.make_batch(BatchState.DRY_RUN, layout=replace(import_batches.LAYOUT, fixes=fixes))
        address = f"/dashboard/imports/{made.id}"
    ayse = signed_in(app)

    assert ("tek tıkla düzelebilir" in ayse.opens(address).text) is offered
    assert ("Hepsini böyle düzelt" in ayse.opens(f"{address}/lines/email_turkish_letter").text) is offered
