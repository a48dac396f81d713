"""Settle all open differences of one kind in one way: a preview with counts, then one confirmed act, each audited."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import parse_id
from portal.core.models import Difference, DifferenceKind, ReconciledDay, Settlement
from portal.core.vault import CannotOpen
from portal.domain.consents import difference_resolution
from portal.domain.consents.difference_resolution import AlreadySettled, CannotSettle, WhyNot
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.differences import MEANINGS, WHY_NOT_LABELS, ExplanationForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_row_or_404

MAX_SETTLED = 200  # Settled by one act: a few seconds.
MOST_LOOKED_AT = 2000


@dataclass(frozen=True)
class Selection:
    """The open differences of one kind, of a day if one is given, and the way to settle them."""

    kind: DifferenceKind
    settlement: Settlement
    day: ReconciledDay | None

    @property
    def arguments(self) -> dict[str, Any]:
        of_day = {"day": str(self.day.id)} if self.day else {}
        return {"kind": self.kind.value, "settlement": self.settlement.value, **of_day}

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        yield Difference.provider_id == current_user.provider_id
        yield Difference.settled_at.is_(None)
        yield Difference.kind == self.kind
        if self.day:
            yield Difference.day_id == self.day.id


@dataclass
class Preview:
    """What one act would settle (`ids`, the oldest first), and why the others that were looked at stay open."""

    still_open: int
    ids: list[int] = field(default_factory=list)
    left: Counter[WhyNot] = field(default_factory=Counter)

    @property
    def until(self) -> int:
        return self.ids[-1] if self.ids else 0


@blueprint.get("/differences/bulk")
@needs(Permission.SETTLE)
def preview_bulk_settlement() -> ResponseReturnValue:
    if not request.args:
        return redirect(url_for(".differences"), 303)
    return _render(_selection(), ExplanationForm(formdata=None))


@blueprint.post("/differences/bulk")
@limiter.limit(limits.BULK_SETTLEMENT, key_func=limits.provider_key)
@needs(Permission.SETTLE)
def settle_in_bulk() -> ResponseReturnValue:
    """Settle what the preview counted, each in a transaction of its own; what was found since stays open."""
    selection, form = _selection(), ExplanationForm()
    if selection.settlement == Settlement.EXPLAINED and not form.validate_on_submit():
        return _render(selection, form), 422
    until = parse_id(request.form.get("until", "")) or 0
    ids = [each for each in _preview(db.session, selection).ids if each <= until]
    settled = sum(_settle(each, selection.settlement, form.explanation.data or "") for each in ids)
    flash(_("%(count)s fark çözüldü: %(how)s.", count=settled, how=label(selection.settlement)))
    if settled < len(ids):
        flash(_("%(count)s fark bu sırada değişti ve açık kaldı.", count=len(ids) - settled))
    if _preview(read_session(), selection).ids:
        return redirect(url_for(".preview_bulk_settlement", **selection.arguments), 303)
    day = selection.day
    return redirect(url_for(".show_day", day_id=day.id) if day else url_for(".differences"), 303)


def _selection() -> Selection:
    """From the query string or the form; 400 for what is no kind or way."""
    kind, way = (request.values.get(name, "") for name in ("kind", "settlement"))
    if kind not in tuple(DifferenceKind) or way not in difference_resolution.WAYS:
        abort(400)
    day_id = parse_id(request.values.get("day", ""))
    day = own_row_or_404(read_session(), ReconciledDay, day_id) if day_id else None
    return Selection(DifferenceKind(kind), Settlement(way), day)


def _preview(session: Session, selection: Selection) -> Preview:
    mine, at = tuple(selection.conditions()), clock.now()
    preview = Preview(session.scalars(select(func.count()).select_from(Difference).where(*mine)).one())
    oldest = select(Difference).where(*mine).order_by(Difference.id).limit(MOST_LOOKED_AT)
    for each in session.scalars(oldest):
        try:
            why = difference_resolution.why_not(session, vault(), each, selection.settlement, at)
        except CannotOpen:
            why = WhyNot.UNREADABLE
        if why:
            preview.left[why] += 1
        else:
            preview.ids.append(each.id)
        if len(preview.ids) == MAX_SETTLED:
            break
    return preview


def _settle(difference_id: int, settlement: Settlement, explanation: str) -> bool:
    """Settle one and commit; False where it cannot be settled (any more)."""
    difference = own_row_or_404(db.session, Difference, difference_id)
    try:
        difference_resolution.settle(
            db.session, vault(), difference, settlement, user_id=current_user.id, at=clock.now(),
            explanation=explanation,
        )  # fmt: skip
    except (AlreadySettled, CannotOpen, CannotSettle):
        db.session.rollback()
        return False
    record_audit("difference.settled", "difference", difference_id, settlement=settlement, in_bulk=True)
    db.session.commit()
    return True


def _render(selection: Selection, form: ExplanationForm) -> str:
    preview = _preview(read_session(), selection)
    return render_template(
        "dashboard/iys/bulk_settlement.html",
        selection=selection,
        meaning=MEANINGS[selection.kind],
        preview=preview,
        left=[(WHY_NOT_LABELS[why], count) for why, count in preview.left.most_common()],
        ways=[(each, {**selection.arguments, "settlement": each.value}) for each in difference_resolution.WAYS],
        is_cut=preview.still_open > len(preview.ids) + preview.left.total(),
        form=form,
    )
