"""A cure is offered where it would mend something, and nowhere else."""

from dataclasses import replace

import pytest

from portal.dashboard import import_cures
from portal.imports import showing
from portal.imports.layout import Cure, Field
from portal.imports.lines import Cell
from portal.models import BatchState
from portal.registry import Channel
from tests import make
from tests.portal.dashboard import imported
from tests.portal.dashboard.staff import signed_in

pytestmark = pytest.mark.alike


@pytest.mark.parametrize(("value", "becomes"), [("ali @b.example", ["ali@b.example"]), ("ali veli@b.example", [])])
def test_a_space_that_may_part_two_addresses_is_left_to_a_person(value, becomes):
    line = showing.Sample(0, 7, "", Channel.EMAIL, (Cell(Field.EMAIL, "E-posta", value),))

    assert [each.after for each in import_cures.mended([line], Cure.EMAIL_SPACES)] == becomes


@pytest.mark.parametrize(("cures", "offered"), [(frozenset(), True), (frozenset({Cure.EMAIL_LETTERS}), False)])
def test_a_cure_that_is_done_already_is_offered_no_more(app, cures, offered):
    with app.app_context():
        make.brand()
        made = imported.batch(BatchState.REHEARSED, layout=replace(imported.LAYOUT, cures=cures))
        address = f"/dashboard/imports/{made.id}"
    ayse = signed_in(app)

    assert ("tek tıkla düzelebilir" in ayse.opens(address).text) is offered
    assert ("Hepsini böyle düzelt" in ayse.opens(f"{address}/lines/email_turkish_letter").text) is offered
