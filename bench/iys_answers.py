"""What İYS would answer to everything that waits for it, and what its feed then tells of that."""

import json
import secrets
import uuid
from collections.abc import Sequence

from sqlalchemy import Row, bindparam, select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation, format_wire_date
from portal.core.models import BulkRequest, BulkState, FeedSource, Lane, Outcome, ReceivedVia, Submission
from portal.domain.consents import locking, movement_rows, movements
from portal.domain.consents.recipients import chunks
from portal.services.iys.forwarding import outcomes
from tests import make

TABLE = Submission.__table__
ACCEPT = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    outcome=Outcome.ACCEPTED, due_at=None, attempts=1, transaction_id=bindparam("its_transaction"),
    accepted_at=bindparam("its_date"), ended_at=bindparam("its_date"), bulk_id=bindparam("its_list"),
    bulk_index=bindparam("its_place"),
)  # fmt: skip


def accept_all() -> None:
    """What the forwarder writes down, a thousand in a transaction; and what İYS's feed then tells of them."""
    names = ("id", "provider_id", "consent_id", "status", "lane", "payload")
    waiting = select(*(TABLE.c[name] for name in names)).where(TABLE.c.outcome == Outcome.WAITING)
    for rows in chunks(list(db.session.execute(waiting.order_by(TABLE.c.id))), 1000):
        told = []
        for bulk_id in (_new_list(), None):
            told += _accept([row for row in rows if (row.lane == Lane.BULK) == bool(bulk_id)], bulk_id)
        db.session.commit()
        movements.apply_movements(
            db.session, vault(), make.brand(), told, by=ReceivedVia.PULL, feed=FeedSource.PROVIDER, at=clock.now()
        )
        db.session.commit()


def _accept(rows: Sequence[Row], bulk_id: int | None) -> list[movement_rows.MovementRow]:
    at = clock.now()
    accepted, bodies, told = [], [], list[movement_rows.MovementRow]()
    for place, row in enumerate(rows):
        answer = {"transactionId": secrets.token_hex(32), "creationDate": format_wire_date(at)}
        of_list = {"index": place, "status": "success", "subRequestId": str(uuid.uuid4())} if bulk_id else {}
        bodies.append((row.provider_id, row.id, None, json.dumps(of_list | answer).encode()))
        payload = vault().read(row.payload, Submission.PLACE, row.provider_id, row.id)
        told += movement_rows.read_row(json.loads(payload) | answer, clock.now())
        accepted.append({"its_id": row.id, "its_transaction": answer["transactionId"], "its_date": at,
                         "its_list": bulk_id, "its_place": place if bulk_id else None})  # fmt: skip
    if rows:
        db.session.execute(ACCEPT, accepted)
        outcomes.record_attempts(Operation.BULK_RESULT if bulk_id else Operation.ADD, 200, bodies)
        locking.save_iys_statuses(db.session, {row.consent_id: (row.status.value, at) for row in rows})
    return told


def _new_list() -> int:
    brand, at = make.brand(), clock.now()
    made = BulkRequest(provider_id=brand.provider_id, brand_id=brand.id, endpoint="", size=0, state=BulkState.ENDED,
                       created_at=at)  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made.id
