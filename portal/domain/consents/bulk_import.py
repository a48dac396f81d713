"""What a provider's file says of many keys of one brand: what would come of each, and, said in earnest, what comes.

Nothing here commits. The evidence of each decision is the line it stood in: its batch, and the line's number there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.models import Brand, Consent, Decision, Leaf, Provider, Submission
from portal.core.models.bulk_insert import insert_rows
from portal.core.vault import Vault
from portal.domain.consents import annulments, bulk_locking, bulk_rows, import_plan, recipients
from portal.domain.consents.bulk_locking import Head
from portal.domain.consents.bulk_rows import Bringing
from portal.domain.consents.effects import REFUSALS, WRITTEN, Effect, Entry
from portal.domain.consents.import_plan import Plan
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination

__all__ = ["WRITTEN", "Effect", "Entry", "Prepared", "bring", "prepare", "rehearse"]


@dataclass
class Prepared:
    """A plan with the rows that it comes to: made before anything is locked, written if all stands as it stood."""

    plan: Plan
    of: Bringing
    is_heard: bool
    recipients: list[dict]
    decisions: list[dict]
    leaves: list[dict]
    submissions: list[dict]


def rehearse(session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime) -> list[Effect]:
    """What would come of each entry, one after the other. Reads only; call with ≤ 5,000."""
    return look(session, vault, brand, entries, at).effects


def look(session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime) -> Plan:
    """The same with what it was seen from."""
    holiday_calendar.refresh_corrections(session, at)
    return import_plan.plan(session, vault, brand, entries, at, is_heard=_is_heard(_code(session, brand), brand))


def prepare(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], *, batch_id: int, user_id: int | None,
    grants_due_at: datetime, refusals_due_at: datetime, at: datetime,
) -> Prepared:  # fmt: skip
    """Plan and make all rows, reading only: so whoever writes them holds the keys for a short while."""
    holiday_calendar.refresh_corrections(session, at)
    iys_code = _code(session, brand)
    is_heard = _is_heard(iys_code, brand)
    of = Bringing(
        brand.provider_id, iys_code, brand.brand_code, batch_id, user_id, grants_due_at, refusals_due_at, at
    )  # fmt: skip
    return _prepared(vault, import_plan.plan(session, vault, brand, entries, at, is_heard=is_heard), of, is_heard)


def bring(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], *, batch_id: int, user_id: int | None,
    grants_due_at: datetime, refusals_due_at: datetime, at: datetime, prepared: Prepared | None = None,
) -> list[Effect]:  # fmt: skip
    """Lock the keys and write what the entries say; what came of each. Call with ≤ 5,000.

    What was prepared is written as it is, unless something moved since: then it is planned anew, under the locks.
    """
    ready = prepared or prepare(
        session, vault, brand, entries, batch_id=batch_id, user_id=user_id, grants_due_at=grants_due_at,
        refusals_due_at=refusals_due_at, at=at,
    )  # fmt: skip
    stands = recipients.insert(session, ready.recipients) == len(ready.recipients)
    if not stands or import_plan.read(session, brand, ready.plan.ground.known, locked=True) != ready.plan.ground:
        plan = import_plan.plan(
            session, vault, brand, entries, at, is_heard=ready.is_heard, indexes=ready.plan.indexes, locked=True
        )
        ready = _prepared(vault, plan, ready.of, ready.is_heard)
    _write(session, ready)
    return ready.plan.effects


def _prepared(vault: Vault, plan: Plan, of: Bringing, is_heard: bool) -> Prepared:
    made = bulk_rows.decisions(plan.moves, of)
    new = recipients.rows(vault, of.provider_id, plan.new, plan.indexes, of.at)
    return Prepared(
        plan, of, is_heard, new, made, bulk_rows.leaves(made, of), bulk_rows.submissions(vault, plan.moves, of)
    )  # fmt: skip


def _write(session: Session, ready: Prepared) -> None:
    plan = ready.plan
    made = {name: plan.heads[name] for name in plan.made}
    written = {move.head.id for move in plan.moves}
    moved = [head for name, head in plan.heads.items() if head.has_moved and name not in made]
    bulk_locking.hold(session, [head.id for head in moved])
    annulments.overtake(session, _refused(plan, moved), ready.of.at)
    insert_rows(session, Consent, [bulk_locking.row(head) for head in made.values() if head.id in written])
    insert_rows(session, Decision, ready.decisions)
    insert_rows(session, Leaf, ready.leaves)
    insert_rows(session, Submission, ready.submissions)
    bulk_locking.write(session, moved)


def _refused(plan: Plan, moved: Sequence[Head]) -> list[Head]:
    """Those of the heads that a refusal moves; what waits of them is not told any more."""
    refused = {move.head.id for move in plan.moves if move.effect in REFUSALS}
    return [head for head in moved if head.id in refused]


def _code(session: Session, brand: Brand) -> int:
    return session.scalar(select(Provider.iys_code).where(Provider.id == brand.provider_id))


def _is_heard(iys_code: int, brand: Brand) -> bool:
    """Whether İYS (or the sandbox) hears what is decided at the brand."""
    unsent = sandbox_mode.why_unsent(iys_code, brand.brand_code)
    return unsent is None and sandbox_mode.hearer(iys_code, brand.brand_code) != Destination.NOBODY
