"""A day of a hundred thousand rows is compared without holding the day in memory; it says how long that took."""

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from portal.core import iys_protocol
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_ids
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Consent, Decision, DecisionOrigin, DifferenceKind, Lane, Outcome, Recipient, Submission
from portal.domain.consents import writer
from portal.domain.consents.locking import LockedConsent
from portal.services.iys.reconciliation import comparison, day_file, schedule
from tests import make
from tests.portal.services.iys.reconciliation.story import DAY

ROWS, CHUNK = 100_000, 5_000
NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MOST_MEMORY = 300 * ROWS  # Bytes beside the file; one of our rows has a thousand.
HEADING = ",".join(day_file.COLUMNS)


@pytest.mark.long
@pytest.mark.lengthy
def test_a_large_day_is_compared_in_little_memory(app):
    with app.app_context():
        brand = make.brand()
        brand_day = schedule.BrandDay(brand.provider_id, brand.id, DAY)
        db.session.rollback()
        lines = a_large_day(brand_day)
        body = "\n".join([HEADING, *falsified(lines), ""]).encode()

        before = time.process_time()
        rows, listed, found = compared(brand_day, body)
        print(f"{ROWS} rows compared in {time.process_time() - before:.1f} s of the processor")
        tracemalloc.start()
        assert compared(brand_day, body)[:2] == (rows, listed)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert (rows, listed) == (ROWS, ROWS - 2)
    assert found == [DifferenceKind.ALTERED, DifferenceKind.ONLY_AT_IYS, DifferenceKind.ONLY_HERE]
    assert peak < MOST_MEMORY


def compared(brand_day, body: bytes) -> tuple[int, int, list[DifferenceKind]]:
    rows = listed = 0
    found = []
    lines = day_file.read_lines(body)
    for chunk in comparison.compare_day(read_session(), vault(), brand_day, lines, set(), NOON):
        rows, listed = rows + chunk.rows, listed + len(chunk.listed)
        found += [each.kind for each in chunk.found]
    return rows, listed, sorted(found)


def falsified(lines: list[str]) -> list[str]:
    """One row altered, one left out, one added."""
    lines[1000] = lines[1000].replace(",ONAY,", ",RET,")
    return [*lines[:2000], *lines[2001:], lines[0].replace(",t0,", ",unknown,")]


def a_large_day(brand_day) -> list[str]:
    """That many people granted, and İYS took it all down; its lines."""
    lines = []
    for start in range(0, ROWS, CHUNK):
        numbers = range(start, start + CHUNK)
        lines += a_chunk(brand_day, numbers)
        db.session.commit()
    return lines


def a_chunk(brand_day, numbers: range) -> list[str]:
    recipients, consents, submissions = (new_ids(CHUNK) for _ in range(3))
    addresses = [f"+90532{number:07}" for number in numbers]
    moments = [NOON + timedelta(milliseconds=number // 100 * 1000) for number in numbers]
    key = {"provider_id": brand_day.provider_id, "brand_id": brand_day.brand_id}
    people, consent_rows, decisions, sent = [], [], [], []
    for place, (address, moment) in enumerate(zip(addresses, moments, strict=True)):
        people.append(
            {
                "id": recipients[place], "provider_id": brand_day.provider_id, "kind": AddressKind.PHONE,
                "address": b"", "created_at": NOON, **vault().indexes(brand_day.provider_id, address),
            }
        )  # fmt: skip
        locked = LockedConsent(consents[place], *key.values(), recipients[place], Channel.SMS, RecipientType.INDIVIDUAL)
        made = writer.decision_row(
            locked, Status.GRANTED, consent_date=moment, effective_at=moment, recorded_at=moment, source="HS_WEB",
            origin=DecisionOrigin.LINK,
        )  # fmt: skip
        consent_rows.append(
            key | {
                "id": locked.id, "recipient_id": locked.recipient_id, "channel": locked.channel,
                "recipient_type": locked.recipient_type,
            }
        )  # fmt: skip
        decisions.append(made)
        sent.append(
            {
                "id": submissions[place], "provider_id": brand_day.provider_id, "consent_id": locked.id,
                "decision_id": made["id"], "lane": Lane.BULK, "status": Status.GRANTED, "consent_date": moment,
                "endpoint": "/", "payload": b"", "outcome": Outcome.ACCEPTED, "attempts": 1,
                "transaction_id": f"t{numbers[place]}", "accepted_at": moment, "safe_deadline": moment,
                "lenient_deadline": moment, "created_at": moment,
            }
        )  # fmt: skip
    for model, rows in ((Recipient, people), (Consent, consent_rows), (Decision, decisions), (Submission, sent)):
        db.session.execute(insert(model.__table__), rows)
    return [
        f"{iys_protocol.format_wire_date(moment)},t{number},{address},BIREYSEL,MESAJ,ONAY,{iys_protocol.format_wire_date(moment)},HS_WEB"
        for number, address, moment in zip(numbers, addresses, moments, strict=True)
    ]
