"""Differences between İYS's record and ours: listed, compared field by field, and settled by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Difference, DifferenceKind, Recipient, ReconciledDay, Settlement, User
from portal.core.vault import CannotOpen
from portal.domain.consents import difference_resolution, recipients
from portal.domain.consents.difference_resolution import AlreadySettled, CannotSettle, WhyNot
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_row_or_404
from portal.web.shared.validators import READABLE, in_words

PAGE_SIZE = 50
FIELD_LABELS = {
    "recipient": _l("Adres"),
    "recipientType": _l("Alıcı tipi"),
    "type": _l("Kanal"),
    "status": _l("Karar"),
    "consentDate": _l("Karar zamanı"),
    "source": _l("Kaynak"),
    "creationDate": _l("İYS kayıt zamanı"),
    "transactionId": _l("İYS işlem no"),
}
FIELD_ENUMS: dict[str, type[StrEnum]] = {"recipientType": RecipientType, "type": Channel, "status": Status}
WHY_NOT_LABELS: dict[WhyNot | None, str] = {
    WhyNot.NOTHING_THERE: _l("İYS'nin dosyasında bu işlem yok; alınacak bir kayıt da yok."),
    WhyNot.UNREADABLE: _l("İYS'nin satırı okunamıyor; destek ekibine bildirin."),
    WhyNot.REFUSED_HERE: _l("Kişi burada reddetti. Ret geçerli kalır; İYS'ye yeniden bildirilmesi gerekir."),
    WhyNot.NOT_OURS: _l("Bu işlemi İzinlink iletmedi; yeniden iletilecek bir kaydı yok."),
    WhyNot.NEWER: _l("Kişi sonradan yeni bir karar verdi; İYS'ye o iletilir."),
    WhyNot.ON_ITS_WAY: _l("Kayıt zaten yolda; sonucu beklenmeli."),
    WhyNot.TOO_LATE: _l("Üç iş günü geçti; İYS bu onayı artık kabul etmez. Kişinin yeni bir onay vermesi gerekir."),
}
MEANINGS = {
    DifferenceKind.ONLY_AT_IYS: _l("İYS'nin dosyasında bu işlem var, bizde yok."),
    DifferenceKind.ONLY_HERE: _l("İYS bu işlemi kabul etmişti; günün dosyasında yok."),
    DifferenceKind.ALTERED: _l("İşlem iki tarafta da var, ama aynı anlatılmıyor."),
    DifferenceKind.DRIFT: _l("Haftalık tarama, bu kanalda İYS'deki durumun bizdeki karardan ayrı olduğunu buldu."),
}


WHY = _l("Bu farkın neden sorun olmadığını yazın.")


class ExplanationForm(BaseForm):
    explanation = TextAreaField(
        _l("Açıklama"), validators=[DataRequired(WHY), Length(max=2000), READABLE, in_words(WHY)]
    )


@dataclass(frozen=True)
class ComparedField:
    """One field on both sides; empty where a side has none, which is no difference."""

    name: str
    ours: str
    theirs: str
    differs: bool


@dataclass(frozen=True)
class DifferenceRow:
    difference: Difference
    brand_name: str
    address: str  # Masked.
    channel: str


@dataclass(frozen=True)
class DifferencePage:
    listed: list[DifferenceRow]
    number: int
    has_more: bool


@blueprint.get("/differences", endpoint="differences")
@needs(Permission.LOOK)
def show_differences() -> str:
    """Unsettled differences of every brand and day."""
    own_open = (Difference.provider_id == current_user.provider_id, Difference.settled_at.is_(None))
    page = differences_page(*own_open, number=request.args.get("page", type=int))
    return render_template(
        "dashboard/iys/differences.html", page=page, still_open=count_open(own_open[0]), kinds=count_kinds(own_open[0])
    )


@blueprint.get("/differences/<id:difference_id>", endpoint="difference")
@needs(Permission.LOOK)
def show_difference(difference_id: int) -> ResponseReturnValue:
    return _render_difference(own_row_or_404(read_session(), Difference, difference_id), ExplanationForm())


@blueprint.post("/differences/<id:difference_id>/settlement")
@needs(Permission.SETTLE)
def settle_difference(difference_id: int) -> ResponseReturnValue:
    """Take İYS's record, send ours again, or explain. Audited."""
    difference, form = own_row_or_404(db.session, Difference, difference_id), ExplanationForm()
    settlement = request.form.get("settlement")
    if settlement == Settlement.EXPLAINED and not form.validate_on_submit():
        db.session.rollback()
        return _render_difference(own_row_or_404(read_session(), Difference, difference_id), form), 422
    if settlement not in difference_resolution.WAYS:
        abort(400)
    try:
        difference_resolution.settle(
            db.session, vault(), difference, Settlement(settlement), user_id=current_user.id, at=clock.now(),
            explanation=form.explanation.data or "",
        )  # fmt: skip
    except CannotSettle as cannot:
        db.session.rollback()
        flash(WHY_NOT_LABELS[cannot.why])
    except AlreadySettled:
        db.session.rollback()
        flash(_("Bu fark zaten çözülmüş."))
    else:
        record_audit("difference.settled", "difference", difference_id, settlement=settlement)
        db.session.commit()
        flash(_("Fark çözüldü: %(how)s.", how=label(Settlement(settlement))))
        return redirect(_next_url(difference_id), 303)
    return redirect(url_for(".difference", difference_id=difference_id), 303)


def differences_page(*conditions: ColumnElement[bool], number: int | None) -> DifferencePage:
    """A page of differences, unsettled ones first; `number` counts from 1.

    A number past the end means the last page: an empty one would say that there is no difference.
    """
    total = read_session().execute(select(func.count()).where(*conditions)).scalar_one()
    last = max(0, total - 1) // PAGE_SIZE + 1
    number = max(1, min(number or 1, last))
    rows = read_session().execute(
        select(Difference, Brand.name, Consent.channel, Recipient)
        .join(Brand, Brand.id == Difference.brand_id)
        .outerjoin(Consent, Consent.id == Difference.consent_id)
        .outerjoin(Recipient, Recipient.id == Consent.recipient_id)
        .where(*conditions)
        .order_by(Difference.settled_at.is_not(None), Difference.id)
        .offset((number - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    ).all()  # fmt: skip
    return DifferencePage([_difference_row(*row) for row in rows[:PAGE_SIZE]], number, has_more=len(rows) > PAGE_SIZE)


def count_open(*conditions: ColumnElement[bool]) -> int:
    """How many differences wait for a person."""
    unsettled = select(func.count()).where(*conditions, Difference.settled_at.is_(None))
    return read_session().execute(unsettled).scalar_one()


def count_kinds(*conditions: ColumnElement[bool]) -> list[tuple[DifferenceKind, int]]:
    """The differences that wait for a person, by kind."""
    counts = select(Difference.kind, func.count()).where(*conditions, Difference.settled_at.is_(None))
    rows = read_session().execute(counts.group_by(Difference.kind).order_by(Difference.kind))
    return [(kind, count) for kind, count in rows]


def _difference_row(
    each: Difference, brand_name: str, channel: Channel | None, recipient: Recipient | None
) -> DifferenceRow:
    line = _iys_line(each)
    address = _masked_address(recipient) or _mask_or_empty(line.get("recipient"))
    return DifferenceRow(
        each, brand_name, address, label(channel) if channel else _field_text("type", line.get("type"))
    )


def _render_difference(difference: Difference, form: ExplanationForm) -> str:
    session, at, recipient = read_session(), clock.now(), _recipient_of(difference)
    why_not = {}
    if difference.settled_at is None:
        why_not = {
            each: WHY_NOT_LABELS.get(difference_resolution.why_not(session, vault(), difference, each, at))
            for each in difference_resolution.WAYS
        }
    return render_template(
        "dashboard/iys/difference.html",
        difference=difference,
        meaning=MEANINGS[difference.kind],
        brand=session.get_one(Brand, difference.brand_id),
        day=session.get(ReconciledDay, difference.day_id) if difference.day_id else None,
        recipient_id=recipient.id if recipient else None,
        fields=_compared_fields(difference, recipient),
        why_not=why_not,
        settled_by=session.get(User, difference.settled_by) if difference.settled_by else None,
        form=form,
    )


def _compared_fields(difference: Difference, recipient: Recipient | None) -> Sequence[ComparedField]:
    """The address masked, and the fields that differ; of an altered record the equal ones, too."""
    line, is_altered = _iys_line(difference), difference.kind == DifferenceKind.ALTERED
    ours = _masked_address(recipient) if difference.kind != DifferenceKind.ONLY_AT_IYS else ""
    fields = [
        ComparedField(
            FIELD_LABELS["recipient"], ours, _mask_or_empty(line.get("recipient")), "recipient" in difference.facts
        )
    ]
    for name, words in FIELD_LABELS.items():
        said = difference.facts.get(name) or ([line[name]] * 2 if is_altered and name in line else None)
        if said and name != "recipient":
            ours, theirs = (_field_text(name, each) for each in said)
            fields.append(ComparedField(words, ours, theirs, is_altered and ours != theirs))
    return fields


def _field_text(name: str, value: str | None) -> str:
    """The label of İYS's value; an unknown value stays as it is."""
    enum = FIELD_ENUMS.get(name)
    return label(enum(value)) if enum and value in tuple(enum) else value or ""


def _iys_line(each: Difference) -> dict:
    try:
        return difference_resolution.line_of(vault(), each) or {}
    except CannotOpen:
        return {}


def _recipient_of(difference: Difference) -> Recipient | None:
    consent = read_session().get(Consent, difference.consent_id) if difference.consent_id else None
    return read_session().get(Recipient, consent.recipient_id) if consent else None


def _masked_address(recipient: Recipient | None) -> str:
    return recipients.masked_address(vault(), recipient) if recipient else ""


def _mask_or_empty(text: str | None) -> str:
    return addresses.mask(text) if text else ""


def _next_url(difference_id: int) -> str:
    """The day's page, where the next difference waits."""
    day_id = read_session().scalar(select(Difference.day_id).where(Difference.id == difference_id))
    return url_for(".show_day", day_id=day_id) if day_id else url_for(".differences")
