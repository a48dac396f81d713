"""A day of a quarter of a million rows is compared without holding the day in memory; it says how long that took."""

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from portal.core import iys_protocol
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent, Decision, DecisionOrigin, DifferenceKind, Lane, Outcome, Recipient, Submission
from portal.core.models.ids import new_ids
from portal.domain.consents import writer
from portal.domain.consents.locking import LockedConsent
from portal.services.iys.reconciliation import comparison, day_file
from tests import make
from tests.portal.services.iys.reconciliation.story import DAY

ROWS, PIECE = 250_000, 5_000
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MOST_MEMORY = 64 * 1024 * 1024  # Bytes beside the file: 250 a row, where one of our rows has a thousand.
HEADING = ",".join(day_file.COLUMNS)


@pytest.mark.long
def test_a_large_day_is_compared_in_little_memory(app):
    with app.app_context():
        brand = make.brand()
        side = comparison.BrandDay(brand.provider_id, brand.id, DAY)
        db.session.rollback()
        told = a_large_day(side)
        body = "\n".join([HEADING, *falsified(told), ""]).encode()

        before = time.process_time()
        rows, listed, found = compared(side, body)
        print(f"{ROWS} rows compared in {time.process_time() - before:.1f} s of the processor")
        tracemalloc.start()
        assert compared(side, body)[:2] == (rows, listed)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert (rows, listed) == (ROWS, ROWS - 2)
    assert found == [DifferenceKind.ALTERED, DifferenceKind.ONLY_AT_IYS, DifferenceKind.ONLY_HERE]
    assert peak < MOST_MEMORY


def compared(side, body: bytes) -> tuple[int, int, list[DifferenceKind]]:
    rows = listed = 0
    found = []
    for piece in comparison.compare_day(read_session(), vault(), side, day_file.read_lines(body)):
        rows, listed = rows + piece.rows, listed + len(piece.listed)
        found += [each.kind for each in piece.found]
    return rows, listed, sorted(found)


def falsified(told: list[str]) -> list[str]:
    """One row altered, one left out, one added."""
    told[1000] = told[1000].replace(",ONAY,", ",RET,")
    return [*told[:2000], *told[2001:], told[0].replace(",t0,", ",unknown,")]


def a_large_day(side) -> list[str]:
    """That many people granted, and İYS took it all down; its lines."""
    told = []
    for start in range(0, ROWS, PIECE):
        numbers = range(start, start + PIECE)
        told += a_piece(side, numbers)
        db.session.commit()
    return told


def a_piece(side, numbers: range) -> list[str]:
    recipients, consents, submissions = (new_ids(PIECE) for _ in range(3))
    addresses = [f"+90532{number:07}" for number in numbers]
    moments = [NOON + timedelta(milliseconds=number // 100 * 1000) for number in numbers]
    key = {"provider_id": side.provider_id, "brand_id": side.brand_id}
    people, heads, decisions, sent = [], [], [], []
    for place, (address, moment) in enumerate(zip(addresses, moments, strict=True)):
        people.append(
            {
                "id": recipients[place], "provider_id": side.provider_id, "kind": AddressKind.PHONE, "address": b"",
                "created_at": NOON, **vault().indexes(side.provider_id, address),
            }
        )  # fmt: skip
        head = LockedConsent(consents[place], *key.values(), recipients[place], Channel.SMS, RecipientType.INDIVIDUAL)
        made = writer.decision_row(
            head, Status.GRANTED, consent_date=moment, effective_at=moment, recorded_at=moment, source="HS_WEB",
            origin=DecisionOrigin.LINK,
        )  # fmt: skip
        heads.append(
            key | {
                "id": head.id, "recipient_id": head.recipient_id, "channel": head.channel,
                "recipient_type": head.recipient_type,
            }
        )  # fmt: skip
        decisions.append(made)
        sent.append(
            {
                "id": submissions[place], "provider_id": side.provider_id, "consent_id": head.id,
                "decision_id": made["id"], "lane": Lane.BULK, "status": Status.GRANTED, "consent_date": moment,
                "endpoint": "/", "payload": b"", "outcome": Outcome.ACCEPTED, "attempts": 1,
                "transaction_id": f"t{numbers[place]}", "accepted_at": moment, "safe_deadline": moment,
                "lenient_deadline": moment, "created_at": moment,
            }
        )  # fmt: skip
    for model, rows in ((Recipient, people), (Consent, heads), (Decision, decisions), (Submission, sent)):
        db.session.execute(insert(model.__table__), rows)
    return [
        f"{iys_protocol.format_wire_date(moment)},t{number},{address},BIREYSEL,MESAJ,ONAY,{iys_protocol.format_wire_date(moment)},HS_WEB"
        for number, address, moment in zip(numbers, addresses, moments, strict=True)
    ]
