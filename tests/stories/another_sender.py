"""Another program of the provider, which tells İYS on its own and dates what it tells as it likes."""

from datetime import datetime

from iys_sandbox import movements
from iys_sandbox.state_rules import state_codes
from portal.core import iys_protocol
from tests import make

SOURCE = "HS_MOBIL"  # None of the portal itself, in these stories.


def tells_iys(
    sandbox, recipient: str, channel: str, status: str, date: datetime | None, *, recipient_type: str = "BIREYSEL"
) -> list[str]:
    """Tell it now, dated then; the codes of İYS's refusal, none where it was stored."""
    box = sandbox.app.extensions["sandbox"]
    body = {"status": status, "source": SOURCE, "consentDate": date and iys_protocol.format_wire_date(date)}
    body = {name: value for name, value in body.items() if value}
    key = movements.Key(make.BRAND_CODE, recipient, recipient_type, channel)
    with box.store.transaction() as db:
        before = movements.latest_record(db, key)
        codes = state_codes(before, body)
        if not codes:
            movements.append(db, make.IYS_CODE, key, before, body, iys_protocol.format_wire_date(box.clock()))
    return codes
