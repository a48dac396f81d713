"""A refusal that was heard late has ended a file's grant; then the database is lost, with the refusal."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.iys_protocol import Channel, Status
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, end_late_refused, row
from tests.stories.refusal_world import HOUR
from tests.stories.test_lost_database import lost as lost
from tests.stories.test_numbers_after_restore import AYLA, IPEK, back_up, lose_and_restore

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)


def test_it_holds_the_next_files_grant_as_before(lost, tmp_path):
    lost.codes = make.codes(lost.app, AYLA)
    back_up(lost, tmp_path)
    now = clock.now()
    refusal = row("RET", at=now - 30 * MINUTE, recipient=IPEK, type="EPOSTA")
    lost.brings(entry(IPEK, Status.GRANTED, now - 10 * MINUTE, channel=Channel.EMAIL))
    lost.traveller.shift(HOUR)
    MovementReceiver(lost.app).receives(refusal)
    assert end_late_refused(lost.app) == 1
    lose_and_restore(lost, tmp_path)

    grant = row("ONAY", at=now - 10 * MINUTE, recipient=IPEK, type="EPOSTA", source="HS_WEB")
    MovementReceiver(lost.app).receives(refusal, grant)
    with lost.app.app_context():
        again = entry(IPEK, Status.GRANTED, clock.now() - MINUTE, channel=Channel.EMAIL)
        assert bring(make.brand(), again) == ["over_refusal"]
