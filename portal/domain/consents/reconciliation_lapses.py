"""Brands whose days were not compared with İYS's files, or of which no sweep was whole, for three days.

Not those that are not pulled either: a day waits for its pulls, and one mail is enough.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, exists, func, select, union_all
from sqlalchemy.orm import aliased

from portal.core.models import Brand, Connection, DayState, ReconciledDay, Sweep
from portal.domain.consents import pull_lapses
from portal.domain.consents.brand_lapses import Lapsed, live_brands

TOLD = "brand.reconciliation_lapsed"
LAPSE = timedelta(days=3)  # İYS gives a day's file for seven.


def lapsed_reconciliations(at: datetime) -> Lapsed:
    """Since the day or sweep that waits longest was added; İYS's codes come before our own."""
    day = select(ReconciledDay.brand_id, ReconciledDay.created_at, ReconciledDay.code).where(
        ReconciledDay.due_at.is_not(None),
        ReconciledDay.state == DayState.WAITING,
        ReconciledDay.created_at < at - LAPSE,
    )
    whole = aliased(Sweep)
    is_mended = exists().where(
        whole.brand_id == Sweep.brand_id, whole.ended_at > Sweep.created_at, whole.is_whole()
    )  # fmt: skip
    is_partial = Sweep.ended_at.is_not(None) & ~Sweep.is_whole() & ~is_mended
    code = case((Sweep.ended_at.is_(None), Sweep.code), else_=Sweep.left_out)
    sweep = select(Sweep.brand_id, Sweep.created_at, code).where(
        Sweep.due_at.is_not(None) | is_partial, Sweep.created_at < at - LAPSE
    )
    waits = union_all(day, sweep).subquery()
    not_pulled = select(pull_lapses.lapsed_pulls(at).subquery().c.brand_id)
    lapsed = select(
        Brand.id.label("brand_id"), func.min(waits.c.created_at).label("since"), func.min(waits.c.code).label("code")
    )
    lapsed = lapsed.join(waits, waits.c.brand_id == Brand.id).join(
        Connection, Connection.provider_id == Brand.provider_id
    )
    return lapsed.where(*live_brands(at), Brand.id.not_in(not_pulled)).group_by(Brand.id)
