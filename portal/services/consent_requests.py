"""Requests of providers' programs that write consents: each is written once, in one transaction with its evidence.

The body is kept as it came, sealed, since each decision's proof is the row it stood in; so is the answer, which the
same Idempotency-Key gets again for 72 hours.
"""

import hashlib
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Status
from portal.core.models import ApiRequest, Brand, Decision, DecisionOrigin, Lane, Provider, Submission, is_void
from portal.core.models.submission import told_next_at
from portal.core.vault import Vault
from portal.domain import packages
from portal.domain.consents import bulk_import, locking, recipients
from portal.domain.consents.bulk_import import REFUSALS, Effect, Entry, ImportRun
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.references import save_references

REMEMBERED = timedelta(hours=72)
OF_ROWS = ("/consents", "/sends")  # In paths of requests that bring rows.
SHOWN = timedelta(days=60)  # How long a request's result can be fetched, as İYS keeps its own.
MAX_ENTRIES = 5000  # What bulk_import takes in one call.
COMPRESSION_LEVEL = 1
Written = tuple[Effect, int | None, Status | None]  # What came of an entry, its decision's id, and what stands then.


class KeyReused(Exception):
    """The Idempotency-Key came before, with another body or at another address."""


@dataclass(frozen=True)
class Incoming:
    """A request that is to be written, as it came."""

    provider_id: int
    key_id: int  # The first of the keys that replaced one another: what one of them sent is another's, too.
    idempotency_key: str = field(repr=False)
    path: str
    body: bytes = field(repr=False)
    at: datetime

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.idempotency_key.encode()).digest()


def find_answer(session: Session, vault: Vault, incoming: Incoming) -> Any:
    """What this very request was answered before; None if it is new. Raises KeyReused."""
    same = ApiRequest.key_id == incoming.key_id, ApiRequest.idempotency_digest == incoming.digest
    earlier = session.scalar(select(ApiRequest).where(*same))
    if earlier is None or earlier.created_at <= incoming.at - REMEMBERED:
        return None
    body = zlib.decompress(vault.open(earlier.body, ApiRequest.BODY, earlier.provider_id, earlier.id))
    if body != incoming.body or earlier.path != incoming.path:
        raise KeyReused
    return _open_answer(vault, earlier)


def find_addresses_over_package(
    session: Session, vault: Vault, provider: Provider, addresses: Collection[str], at: datetime
) -> set[str]:
    """Of canonical addresses those that are new and for which the package has no room."""
    indexes = recipients.blind_indexes(vault, provider.id, addresses)
    unknown = indexes.keys() - recipients.find_known_ids(session, vault, provider.id, indexes).keys()
    try:
        if unknown:
            packages.require_capacity(session, provider, len(unknown), at)
    except packages.PackageFull:
        return set(unknown)
    return set()


def write_entries(
    reader: Session, session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], request_id: int,
    at: datetime, *, lane: Lane, references: Mapping[str, str],
) -> list[Written]:  # fmt: skip
    """Write up to 10,000 entries; what came of each. The request proves them. İYS is told at once, of grants in this
    lane. `references`: what the provider calls their recipients, by address. Nothing is committed."""
    run = ImportRun(
        batch_id=request_id, user_id=None, grants_due_at=at, refusals_due_at=at, at=at, origin=DecisionOrigin.API,
        grant_lane=lane,
    )  # fmt: skip
    written: list[Written] = []
    chunks = list(recipients.chunks(list(entries), MAX_ENTRIES))
    # All of them before the first is written: that locks out whoever else writes (SQLite), or these addresses.
    all_prepared = [bulk_import.prepare_import(reader, vault, brand, some, run) for some in chunks]
    if len(chunks) > 1:  # Each locks its own in one order; all of them are to have one.
        locking.lock_recipients(session, (each for its in all_prepared for each in its.plan.snapshot.known.values()))
    for some, prepared in zip(chunks, all_prepared, strict=True):
        plan = bulk_import.apply_import(session, vault, brand, some, run, prepared)
        ids = {each.entry.line: each.decision_id for each in plan.decisions if each.is_named}
        written += [
            (effect, ids.get(each.line), plan.consent_of(each).status)
            for each, effect in zip(some, plan.effects, strict=True)
        ]
    for part in recipients.chunks(list(references.items()), MAX_ENTRIES):
        save_references(session, vault, brand, dict(part))
    return written


def would_refuse(
    reader: Session, vault: Vault, brand: Brand, refusals: Sequence[Entry], at: datetime, *, kept: Collection[int] = ()
) -> bool:  # fmt: skip
    """Whether these, reported now, would be written; where the decisions `kept` refuse the same act is no other, unless
    İYS is known to hold a grant since."""
    for some in recipients.chunks(list(refusals), MAX_ENTRIES):
        plan = bulk_import.dry_run(reader, vault, brand, some, at)
        before = (LockedConsent(*values) for values in plan.snapshot.consents)
        refused = {each.id for each in before if each.decision_id in kept and not each.is_granted_at_iys_since}
        if any(each.effect in REFUSALS and each.is_named and each.consent.id not in refused for each in plan.decisions):
            return True
    return False


def commit_request(
    session: Session, vault: Vault, brand: Brand, incoming: Incoming, request_id: int, status: int,
    answer: Mapping[str, Any], *, rows: int, is_again: bool = False,
) -> bool:  # fmt: skip
    """Store the request with its answer, and commit all that it wrote; False, and nothing is written, where the same
    Idempotency-Key was first. `is_again`: this answer takes the place of an earlier one."""
    place = incoming.provider_id, request_id
    same = [ApiRequest.key_id == incoming.key_id, ApiRequest.idempotency_digest == incoming.digest]
    if not is_again:  # Else whenever that was, by the clock of its machine.
        same.append(ApiRequest.created_at <= incoming.at - REMEMBERED)
    session.execute(
        update(ApiRequest).where(*same).values(idempotency_digest=None).execution_options(synchronize_session=False)
    )
    session.add(
        ApiRequest(
            id=request_id, provider_id=incoming.provider_id, brand_id=brand.id, key_id=incoming.key_id,
            idempotency_digest=incoming.digest, path=incoming.path, status=status, rows=rows, created_at=incoming.at,
            body=vault.seal(zlib.compress(incoming.body, COMPRESSION_LEVEL), ApiRequest.BODY, *place),
            answer=vault.seal(zlib.compress(json.dumps(answer).encode(), COMPRESSION_LEVEL), ApiRequest.ANSWER, *place),
        )
    )  # fmt: skip
    try:
        session.commit()
    except IntegrityError as error:
        session.rollback()
        if "idempotency" not in str(error.orig):
            raise
        return False
    return True


def find_request(session: Session, provider_id: int, request_id: int, at: datetime) -> ApiRequest | None:
    """A provider's request whose answer has a result for each row, while it is shown."""
    found = session.get(ApiRequest, request_id)
    if found is None or found.provider_id != provider_id or found.created_at <= at - SHOWN:
        return None
    return found if any(each in found.path for each in OF_ROWS) else None


def read_results(vault: Vault, request: ApiRequest) -> list[dict[str, Any]]:
    """What was answered for each row then."""
    results: list[dict[str, Any]] = _open_answer(vault, request)["results"]
    return results


def find_submissions(session: Session, request: ApiRequest) -> dict[int, tuple[Submission, bool, datetime | None]]:
    """What İYS is told of the request's rows, by their place, whether the decision was taken back since, and when İYS
    is told or asked next."""
    rows = session.execute(
        select(Decision.line, Submission, is_void(), told_next_at())
        .join(Submission, Submission.decision_id == Decision.id)
        .where(Decision.batch_id == request.id, Decision.brand_id == request.brand_id)
        .order_by(Decision.recorded_at, Decision.id.desc())
    )
    return {line: (its, is_annulled, at) for line, its, is_annulled, at in rows if line is not None}


def _open_answer(vault: Vault, request: ApiRequest) -> Any:
    sealed = vault.open(request.answer, ApiRequest.ANSWER, request.provider_id, request.id)
    return json.loads(zlib.decompress(sealed))
