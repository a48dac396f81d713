"""Refusals that a program tells again, each night, with a date that dates none (is_of_before_law).

Such a row counts as of now. Told once more, it must not end what the person granted since; whether it came before is
known by the requests, which are kept as they came.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import ApiRequest, Brand, Consent, Decision, DecisionOrigin, is_own_word, is_void
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents import recipients
from portal.domain.consents.bulk_import import Entry

TOLD = ("status", "type", "recipientType", "source", "consentDate")  # What a row says of its address.
CHUNK = 5000  # Addresses that are looked up at once.
Rows = Mapping[int, Mapping[str, Any]]  # As they came, by their place.
Refusal = Row[*tuple[Any, ...]]  # Of a consent: its id, date, request and place there.
Key = tuple[int, Channel, RecipientType]  # Of a consent at a brand; the first is the recipient's id.


def date_as_before(
    session: Session, vault: Vault, brand: Brand, refusals: Sequence[Entry], rows: Rows
) -> dict[int, Entry]:  # fmt: skip
    """Those of a request's refusals, by their lines, that the very same row told before the person's own grant that
    stands: as of then, so that they are known. `rows`: where they stand."""
    found: dict[int, Entry] = {}
    for some in recipients.chunks(list(refusals), CHUNK):
        indexes = recipients.blind_indexes(vault, brand.provider_id, {each.address.text for each in some})
        known = recipients.find_known_ids(session, vault, brand.provider_id, indexes)
        keys = {each.line: (known.get(each.address.text, 0), each.channel, each.recipient_type) for each in some}
        granted = _find_own_grants(session, brand, known)
        open_ones = [each for each in some if keys[each.line] in granted]
        earlier = _find_earlier_refusals(session, {granted[keys[each.line]] for each in open_ones})
        told = _open_rows(session, vault, {each.batch_id for its in earlier.values() for each in its})
        for entry in open_ones:
            same = (
                each for each in earlier[granted[keys[entry.line]]]
                if _told(told.get((each.batch_id, each.line), {})) == _told(rows[entry.line])
            )  # fmt: skip
            if (last := next(same, None)) is not None:
                found[entry.line] = replace(entry, consent_date=last.consent_date)
    return found


def _told(row: Mapping[str, Any]) -> list[Any]:
    return [row.get(name) for name in TOLD]


def _find_own_grants(session: Session, brand: Brand, known: Mapping[str, int]) -> dict[Key, int]:
    """The consents of these recipients that the person granted, by their keys; none where the provider states a grant
    of the address and channel, as another recipient type: a refusal applies to all."""
    columns = Consent.recipient_id, Consent.channel, Consent.recipient_type, Consent.id
    rows = session.execute(
        select(*columns, is_own_word().label("is_own"))
        .join(Decision, Decision.id == Consent.decision_id)
        .where(Consent.brand_id == brand.id, is_one_of(session, Consent.recipient_id, set(known.values())))
        .where(Consent.status == Status.GRANTED)
    ).all()
    stated = {(each.recipient_id, each.channel) for each in rows if not each.is_own}
    return {
        (each.recipient_id, each.channel, each.recipient_type): each.id for each in rows
        if (each.recipient_id, each.channel) not in stated
    }  # fmt: skip


def _find_earlier_refusals(session: Session, consent_ids: set[int]) -> Mapping[int, list[Refusal]]:
    """The refusals of consents that programs told before what stands was said, by consent, the last first. A release
    that took such a row for older than a grant kept it beside that: it was never heard."""
    found: dict[int, list[Refusal]] = defaultdict(list)
    if consent_ids:
        theirs = is_one_of(session, Decision.consent_id, consent_ids), Decision.recorded_at < Consent.effective_at
        told = Decision.status == Status.REFUSED, Decision.origin == DecisionOrigin.API, ~is_void()
        refusals = select(Decision.consent_id, Decision.consent_date, Decision.batch_id, Decision.line)
        of_consents = refusals.join(Consent, Consent.id == Decision.consent_id).where(*theirs, *told)
        for each in session.execute(of_consents.order_by(Decision.id.desc())):
            found[each.consent_id].append(each)
    return found


def _open_rows(session: Session, vault: Vault, request_ids: set[int]) -> dict[tuple[int, int], Mapping[str, Any]]:
    """The refusals of requests, by request and place; of a body that cannot be opened none."""
    found: dict[tuple[int, int], Mapping[str, Any]] = {}
    for request_id in sorted(request_ids):
        kept = select(ApiRequest.body, ApiRequest.provider_id).where(ApiRequest.id == request_id)
        with suppress(CannotOpen):
            for sealed, provider_id in session.execute(kept):
                body = json.loads(zlib.decompress(vault.open(sealed, ApiRequest.BODY, provider_id, request_id)))
                for place, row in enumerate(body.get("consents", [body])):
                    if isinstance(row, dict) and row.get("status") == Status.REFUSED:
                        found[request_id, place] = {name: row.get(name) for name in TOLD}
    return found
