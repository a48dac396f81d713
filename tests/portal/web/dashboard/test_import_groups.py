"""The page of a file that was taken back says nothing of what is kept no more."""

import pytest

from portal.core import clock
from portal.core.models import BatchState
from tests import make
from tests.portal.web.dashboard import import_batches
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.alike


def test_a_late_grant_that_was_taken_back_is_told_as_taken_back_only(app):
    with app.app_context():
        make.brand()
        made = import_batches.make_batch(BatchState.UNDONE, annulled=1, undone_at=clock.now())
        address = f"/dashboard/imports/{made.id}"

    page = signed_in(app).opens(address).text

    assert "Geç onay, yalnız kanıt" not in page
    assert page.count("Geri alındı") >= 2
