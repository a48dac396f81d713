"""Differences between İYS's record and ours: listed, shown field by field, and settled by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Difference, DifferenceKind, Recipient, ReconciledDay, Settlement, User
from portal.core.vault import CannotOpen
from portal.domain.consents import difference_resolution, recipients
from portal.domain.consents.difference_resolution import AlreadySettled, CannotSettle, WhyNot
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.forms import ExplanationForm
from portal.web.shared.access import needs
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import record_audit

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
FIELD_ENUMS = {"recipientType": RecipientType, "type": Channel, "status": Status}
WHY_NOT_LABELS = {
    WhyNot.NOTHING_THERE: _l("İYS'nin dosyasında bu işlem yok; alınacak bir kayıt da yok."),
    WhyNot.UNREADABLE: _l("İYS'nin satırı okunamıyor; destek ekibine bildirin."),
    WhyNot.REFUSED_HERE: _l("Kişi burada reddetti. Ret geçerli kalır; İYS'ye yeniden bildirin ya da açıklayın."),
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


@dataclass(frozen=True)
class ComparedField:
    """One field of a difference as both sides tell it; empty where a side has none, and then it does not differ."""

    name: str
    ours: str
    theirs: str
    differs: bool


@dataclass(frozen=True)
class DifferenceRow:
    """A difference in a list."""

    id: int
    kind: DifferenceKind
    brand_name: str
    address: str
    channel: str
    found_at: datetime
    settlement: Settlement | None


@dataclass(frozen=True)
class DifferencePage:
    """Some differences."""

    listed: list[DifferenceRow]
    number: int
    has_more: bool


@blueprint.get("/differences", endpoint="differences")
@needs(Permission.LOOK)
def show_differences():
    """All that waits for a person, of every brand and day."""
    mine = (Difference.provider_id == current_user.provider_id, Difference.settled_at.is_(None))
    page = differences_page(*mine, number=request.args.get("page", type=int))
    return render_template("dashboard/iys/differences.html", page=page, still_open=count_open(mine[0]))


@blueprint.get("/differences/<id:difference_id>")
@needs(Permission.LOOK)
def difference(difference_id: int):
    """One difference, field by field, and the ways to settle it."""
    return _render_difference(_mine(read_session(), difference_id), ExplanationForm())


@blueprint.post("/differences/<id:difference_id>/settlement")
@needs(Permission.SETTLE)
def settle_difference(difference_id: int):
    """Take İYS's word, send ours again, or explain; noted with who did it."""
    mine, form = _mine(db.session, difference_id), ExplanationForm()
    origin = request.form.get("settlement")
    if origin == Settlement.EXPLAINED and not form.validate_on_submit():
        db.session.rollback()
        return _render_difference(_mine(read_session(), difference_id), form), 422
    who = {"user_id": current_user.id, "at": clock.now()}
    try:
        if origin == Settlement.TAKE_THEIRS:
            difference_resolution.take_theirs(db.session, vault(), mine, **who)
        elif origin == Settlement.SEND_AGAIN:
            difference_resolution.send_again(db.session, vault(), mine, **who)
        elif origin == Settlement.EXPLAINED:
            difference_resolution.explain(db.session, mine, form.explanation.data, **who)
        else:
            abort(400)
    except CannotSettle as cannot:
        db.session.rollback()
        flash(WHY_NOT_LABELS[cannot.why])
    except AlreadySettled:
        db.session.rollback()
        flash(_("Bu fark zaten çözülmüş."))
    else:
        record_audit("difference.settled", "difference", difference_id, settlement=origin)
        db.session.commit()
        flash(_("Fark çözüldü: %(how)s.", how=label(Settlement(origin))))
        return redirect(_next_url(difference_id), 303)
    return redirect(url_for(".difference", difference_id=difference_id), 303)


def differences_page(*conditions: ColumnElement[bool], number: int | None) -> DifferencePage:
    """A page of differences, counted from 1: those that wait first, then by when they were found.

    A number past the end means the last page: an empty one would say that there is no difference.
    """
    last = max(0, read_session().scalar(select(func.count()).where(*conditions)) - 1) // PAGE_SIZE + 1
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
    return read_session().scalar(select(func.count()).where(*conditions, Difference.settled_at.is_(None)))


def _difference_row(
    each: Difference, brand_name: str, channel: Channel | None, recipient: Recipient | None
) -> DifferenceRow:
    line = _iys_line(each)
    return DifferenceRow(
        id=each.id,
        kind=each.kind,
        brand_name=brand_name,
        address=_masked_address(recipient) or _mask_or_empty(line.get("recipient")),
        channel=label(channel) if channel else _field_text("type", line.get("type")),
        found_at=each.found_at,
        settlement=each.settlement,
    )


def _render_difference(mine: Difference, form: ExplanationForm) -> str:
    session, at = read_session(), clock.now()
    is_open = mine.settled_at is None
    return render_template(
        "dashboard/iys/difference.html",
        difference=mine,
        meaning=MEANINGS[mine.kind],
        brand=session.get_one(Brand, mine.brand_id),
        day=session.get(ReconciledDay, mine.day_id) if mine.day_id else None,
        recipient_id=_recipient_id(mine),
        fields=_compared_fields(mine),
        why_not_take=WHY_NOT_LABELS.get(difference_resolution.why_not_take(session, vault(), mine))
        if is_open
        else None,
        why_not_send=WHY_NOT_LABELS.get(difference_resolution.why_not_send(session, mine, at)) if is_open else None,
        settled_by=session.get(User, mine.settled_by) if mine.settled_by else None,
        form=form,
    )


def _compared_fields(mine: Difference) -> Sequence[ComparedField]:
    """The address masked, the other fields as the facts tell them; what is not among these is the same."""
    line, is_altered = _iys_line(mine), mine.kind == DifferenceKind.ALTERED
    ours = _masked_address(_recipient_of(mine)) if mine.kind != DifferenceKind.ONLY_AT_IYS else ""
    fields = [
        ComparedField(FIELD_LABELS["recipient"], ours, _mask_or_empty(line.get("recipient")), "recipient" in mine.facts)
    ]
    for name, words in FIELD_LABELS.items():
        said = mine.facts.get(name) or ([line[name]] * 2 if is_altered and name in line else None)
        if said and name != "recipient":
            ours, theirs = (_field_text(name, each) for each in said)
            fields.append(ComparedField(words, ours, theirs, is_altered and ours != theirs))
    return fields


def _field_text(name: str, value: str | None) -> str:
    """İYS's word as people read it; one that we do not know stays as it is."""
    words = FIELD_ENUMS.get(name)
    return label(words(value)) if words and value in tuple(words) else value or ""


def _iys_line(each: Difference) -> dict:
    try:
        return difference_resolution.line_of(vault(), each) or {}
    except CannotOpen:
        return {}


def _recipient_of(mine: Difference) -> Recipient | None:
    head = read_session().get(Consent, mine.consent_id) if mine.consent_id else None
    return read_session().get(Recipient, head.recipient_id) if head else None


def _recipient_id(mine: Difference) -> int | None:
    found = _recipient_of(mine)
    return found.id if found else None


def _masked_address(recipient: Recipient | None) -> str:
    return recipients.masked(vault(), recipient) if recipient else ""


def _mask_or_empty(text: str | None) -> str:
    return addresses.mask(text) if text else ""


def _next_url(difference_id: int) -> str:
    """To the day, where the next difference waits."""
    day_id = read_session().scalar(select(Difference.day_id).where(Difference.id == difference_id))
    return url_for(".show_day", day_id=day_id) if day_id else url_for(".differences")


def _mine(session, difference_id: int) -> Difference:
    found = session.get(Difference, difference_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    return found
