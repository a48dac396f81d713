"""The template context of a batch's page in each of its states."""

from dataclasses import dataclass
from typing import Any

from flask import abort
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import WORKER_STATES, BatchState, Brand, ImportBatch, User
from portal.core.vault import CannotOpen
from portal.domain import packages
from portal.domain.consents.import_plan import GRANTS, KEPT, REFUSALS, SENT, WRITTEN, Effect
from portal.services.imports import batches, provider_questions, queries
from portal.services.imports.batch_problems import HELD, file_problem, held_grants
from portal.services.imports.batches import MAY_DROP, MAY_UNDO
from portal.services.imports.layout import Layout
from portal.services.imports.row_results import SkipReason
from portal.services.imports.store import layout_of
from portal.services.imports.unread import Unread, unread_of
from portal.web.dashboard.imports.fixes import FIX_LABELS, is_fixable
from portal.web.shared import column_layout_page, masked_cells
from portal.web.shared.import_labels import label_tally

RUN = (BatchState.STOPPED, BatchState.DONE, BatchState.UNDONE)
MAY_FIX = (BatchState.READ, BatchState.DRY_RUN)


@dataclass(frozen=True)
class Figures:
    """A dry run in a few numbers, which add up to all entries."""

    grants: int
    refusals: int
    kept: int
    as_before: int
    repeated: int
    problems: int

    @classmethod
    def of(cls, tally: dict[str, int]) -> "Figures":
        grants = sum(tally.get(each, 0) for each in GRANTS)
        refusals = sum(tally.get(each, 0) for each in REFUSALS)
        kept = sum(tally.get(each, 0) for each in KEPT)
        as_before = sum(tally.get(each, 0) for each in queries.AS_BEFORE)
        repeated = sum(tally.get(each.value, 0) for each in SkipReason)
        rest = sum(tally.values()) - grants - refusals - kept - as_before - repeated
        return cls(grants, refusals, kept, as_before, repeated, rest)


def own_batch_or_404(session: Session, batch_id: int) -> ImportBatch:
    found = session.get(ImportBatch, batch_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    return found


def page_context(batch: ImportBatch, **more: object) -> dict[str, Any]:
    state, session = batch.state, read_session()
    uploader = session.get(User, batch.user_id) if batch.user_id else None
    shown: dict[str, Any] = {
        "batch": batch,
        "name": masked_cells.file_name(batch),
        "brand_name": session.get_one(Brand, batch.brand_id).name,
        "by": uploader.name if uploader else _("Komut satırı ya da API"),
        "problem": file_problem(batch),
        "is_working": state in WORKER_STATES,
        "has_run": state in RUN,
        "may_drop": state in MAY_DROP,
        "may_undo": state in MAY_UNDO,
        "awaits_answer": provider_questions.awaits_answer(batch),
    }
    if state in WORKER_STATES:
        shown["progress"] = batches.progress(batch, clock.now())
    if state == BatchState.READ and "page" not in more:
        shown["page"] = column_layout_page.layout_page(session, vault(), batch)
    if state == BatchState.DRY_RUN:
        shown |= _dry_run_context(session, batch)
    if state in RUN:
        shown |= _run_context(session, batch)
    if state in (BatchState.DRY_RUN, *RUN):
        shown["unread"] = _unread(batch)
    return shown | more


def _dry_run_context(session: Session, batch: ImportBatch) -> dict[str, Any]:
    tally, layout = batch.tally or {}, _layout(batch)
    good, problems = label_tally(tally)
    standing = packages.measure_usage(session, current_user.provider, clock.now(), with_iys=False)
    after = standing.used + batch.new_addresses
    is_over = bool(batch.new_addresses) and after > (standing.records or 0)
    return {
        "addresses_after": after,
        "is_over": is_over,
        "fitting": packages.find_fitting(session, after) if is_over else None,
        "in_sandbox_mode": current_user.provider.in_sandbox_mode,
        "figures": Figures.of(tally),
        "good": good,
        "problems": problems,
        "late_merchants": tally.get(Effect.LATE_MERCHANT, 0),
        "writes": sum(tally.get(each, 0) for each in (*WRITTEN, Effect.OVER_REFUSAL)),
        "total": sum(tally.values()),
        "fixable": {each.result for each in problems if is_fixable(batch, each.result)},
        "applied_fixes": [(each, FIX_LABELS[each]) for each in sorted(layout.fixes)] if layout else [],
        "standing": standing,
        "takes_grants": batches.takes_grants(session, batch) and not file_problem(batch),
    }


def _run_context(session: Session, batch: ImportBatch) -> dict[str, Any]:
    tally, layout = batch.tally or {}, _layout(batch)
    good, problems = label_tally(queries.tally_so_far(session, batch))
    late, groups = tally.get(Effect.LATE_GRANT, 0), queries.count_groups(session, batch)
    elsewhere = SENT if groups.kept else (*SENT, *KEPT)  # In the groups above.
    return {
        "held": held_grants(batch),
        "held_sentence": HELD,
        "groups": groups,
        "good": [each for each in good if each.result not in elsewhere],
        "problems": problems,
        "late": late,
        "contact": layout.contact if late and layout else None,
        "total": sum(tally.values()),
    }


def _unread(batch: ImportBatch) -> Unread:
    try:
        return unread_of(vault(), batch)
    except CannotOpen:
        return Unread()


def _layout(batch: ImportBatch) -> Layout | None:
    try:
        return layout_of(vault(), batch)
    except CannotOpen:
        return None
