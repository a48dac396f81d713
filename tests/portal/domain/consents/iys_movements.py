"""Movements of the first brand, as İYS would send them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core import clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.models import FeedSource, ReceivedVia
from portal.domain.consents import ended_grants, movement_rows, movements
from tests import make

AN_HOUR = timedelta(hours=1)


def row(status: str = "RET", *, ago: timedelta = AN_HOUR, at: datetime | None = None, **facts) -> dict:
    """A row as İYS writes it: Fatma's word on SMS, said at İYS an hour ago."""
    date = iys_protocol.format_wire_date(at or clock.now() - ago)
    usual = {
        "recipient": make.PHONE, "recipientType": "BIREYSEL", "type": "MESAJ", "status": status, "source": "IYS_WEB",
        "consentDate": date, "creationDate": date, "transactionId": f"{status}-{date}",
    }  # fmt: skip
    return {name: value for name, value in (usual | facts).items() if value is not None}


@dataclass
class MovementReceiver:
    """Applies rows to the first brand, each call in a transaction of its own."""

    app: object

    def receives(
        self, *rows: dict, by: ReceivedVia = ReceivedVia.PULL, feed: FeedSource | None = None
    ) -> movements.AppliedMovements:
        with self.app.app_context():
            told, _unread = movement_rows.read_rows(rows, clock.now())
            brand = make.brand()
            db.session.commit()
            taken = movements.apply_movements(db.session, vault(), brand, told, by=by, feed=feed, at=clock.now())
            db.session.commit()
        return taken


def end_late_refused(app, until=timedelta(0)) -> int:
    """How many grants end where all is heard that was said until so long ago."""
    with app.app_context():
        at, brand = clock.now(), make.brand()
        found = ended_grants.find_late_refused(db.session, brand.id, at - until, at)
        count = sum(ended_grants.end_late_refused(db.session, vault(), brand, each, at - until, at) for each in found)
        db.session.commit()
    return count
