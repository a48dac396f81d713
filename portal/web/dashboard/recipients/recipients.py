"""Search a recipient by address, see one, refuse for them or unmask the address. No address ever stands in a URL."""

from datetime import datetime, timedelta
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select

from portal.core import addresses, clock
from portal.core.addresses import Address
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import Recipient
from portal.core.vault import CannotOpen
from portal.domain.consents import history, reassigned_addresses, recipients, refusals, spellings
from portal.domain.consents.refusals import Withdrawn
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.recipients.forms import ALL_BRANDS, RefusalForm, SearchForm, UnmaskForm
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_brands, own_row_or_404

REASSIGNED_LATELY = timedelta(days=30)
MAX_REASSIGNED = 200  # Rows on the page.
MAX_SPELLINGS = 20  # Of one mailbox, on a page.


@blueprint.route("/recipients", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"], key_func=limits.person_key)
@needs(Permission.SEARCH)
def search() -> ResponseReturnValue:
    return render_search("dashboard/recipients/search.html", "dashboard.recipient")


@blueprint.get("/recipients/<id:recipient_id>", endpoint="recipient")
@needs(Permission.SEARCH)
def show_recipient(recipient_id: int) -> ResponseReturnValue:
    """Current consents and history of one address. Audited."""
    found = own_row_or_404(read_session(), Recipient, recipient_id)
    record_audit("recipient.looked_at", "recipient", found.id)
    db.session.commit()
    return render_recipient(found)


@blueprint.post("/recipients/<id:recipient_id>/refusal")
@limiter.limit(limits.SEARCH, key_func=limits.person_key)
@needs(Permission.REFUSE)
def refuse(recipient_id: int) -> ResponseReturnValue:
    """Refuse on behalf of somebody who asked for it. Nobody grants here."""
    found = own_row_or_404(db.session, Recipient, recipient_id)
    form = make_refusal_form(found)
    if form is None:  # The encrypted address is damaged: nothing could be sent to İYS.
        abort(404)
    if not form.validate_on_submit():
        return render_recipient(found, refusal=form), 422
    return _record_refusal(found, form, clock.now())


@blueprint.post("/recipients/refusal")
@limiter.limit(limits.SEARCH, key_func=limits.person_key)
@needs(Permission.REFUSE)
def refuse_unknown() -> ResponseReturnValue:
    """Refuse on behalf of somebody who was no recipient yet: a list that brings them later grants nothing."""
    searched = SearchForm()
    try:
        address = addresses.parse(searched.address.data or "")
    except addresses.BadAddress:
        return render_search("dashboard/recipients/search.html", "dashboard.recipient")
    form = RefusalForm(brands=own_brands(), channels=address.all_channels)
    if not form.validate():
        return _render_not_found(
            "dashboard/recipients/search.html", "dashboard.recipient", address, searched, form
        ), 422  # fmt: skip
    at = clock.now()
    recipient_id = recipients.gather(db.session, vault(), current_user.provider_id, [address], at)[address.text]
    return _record_refusal(db.session.get_one(Recipient, recipient_id), form, at)


def _record_refusal(found: Recipient, form: RefusalForm, at: datetime) -> ResponseReturnValue:
    withdrawn = apply_refusal_form(found, form, at)
    record_audit(
        "recipient.refused", "recipient", found.id, channels=form.channels.data, source=form.source.data,
        brand=form.brand.data, new=withdrawn.refused,
    )  # fmt: skip
    db.session.commit()
    flash_refusal(withdrawn)
    return redirect(url_for(".recipient", recipient_id=found.id), 303)


@blueprint.post("/recipients/<id:recipient_id>/address")
@limiter.limit(limits.UNMASK, key_func=limits.provider_key)
@needs(Permission.UNMASK)
def unmask(recipient_id: int) -> ResponseReturnValue:
    """Show the address in full, this once; the reason is audited."""
    found, form = own_row_or_404(read_session(), Recipient, recipient_id), UnmaskForm()
    if not form.validate_on_submit():
        return render_recipient(found, unmask=form), 422
    record_audit(
        "recipient.unmasked", "recipient", found.id, reason=addresses.redact_addresses(form.reason.data.strip())
    )
    db.session.commit()
    return render_recipient(found, clear=recipients.address_of(vault(), found))


@blueprint.get("/recipients/disowned", endpoint="reassigned_addresses")
@needs(Permission.SEARCH)
def show_reassigned() -> str:
    """Addresses whose holders said "this is not me": the provider must know."""
    reassigned = _is_reassigned(current_user.provider_id)
    newest = select(Recipient).where(*reassigned).order_by(Recipient.reassigned_at.desc()).limit(MAX_REASSIGNED)
    listed = [
        (each.id, recipients.masked_address(vault(), each), each.reassigned_at)
        for each in read_session().scalars(newest)
    ]
    total = read_session().scalar(select(func.count()).select_from(Recipient).where(*reassigned))
    return render_template("dashboard/recipients/reassigned_addresses.html", listed=listed, total=total)


def render_search(template: str, found_endpoint: str) -> ResponseReturnValue:
    """Redirect to the page of a found recipient, or show why none was found (audited)."""
    form = SearchForm()
    if not form.validate_on_submit():
        return render_template(template, form=form)
    try:
        address = recipients.parse_known(read_session(), vault(), current_user.provider_id, form.address.data)
    except addresses.BadAddress as bad:
        return render_template(template, form=form, problem=bad.problem)
    found = recipients.find(read_session(), vault(), current_user.provider_id, address)
    if found is not None:
        return redirect(url_for(found_endpoint, recipient_id=found.id), 303)
    record_audit("recipient.not_found", "user", current_user.id)
    db.session.commit()
    refusal = RefusalForm(brands=own_brands(), channels=address.all_channels, formdata=None)
    return _render_not_found(template, found_endpoint, address, form, refusal)


def _render_not_found(
    template: str, found_endpoint: str, address: Address, form: SearchForm, refusal: RefusalForm
) -> str:  # fmt: skip
    return render_template(
        template, form=form, not_found=True, refusal_form=refusal, found_endpoint=found_endpoint,
        others=_list_spellings(address),
    )  # fmt: skip


def _list_spellings(address: Address) -> list[tuple[int, str]]:
    """The firm's recipients of the same mailbox by other spellings, each with its masked address."""
    others = spellings.find_at(read_session(), vault(), current_user.provider_id, address)
    return [(each.id, recipients.masked_address(vault(), each)) for each in others[:MAX_SPELLINGS]]


def render_recipient(
    found: Recipient, *, clear: str | None = None, refusal: RefusalForm | None = None, unmask: UnmaskForm | None = None
) -> str:
    """The page of one recipient, with a form that came back with errors; `clear` is the unmasked address."""
    [address] = recipients.read_addresses(vault(), [found]).values() or [None]
    change = reassigned_addresses.find_own_change(read_session(), found)
    return render_template(
        "dashboard/recipients/recipient.html",
        recipient_id=found.id,
        address=recipients.masked_address(vault(), found),
        clear=clear,
        reassigned_at=change.said_last_at,
        is_said_by_it=change.said_last_at == found.reassigned_at,
        closed_at=found.closed_at,
        current_consents=history.current_consents(read_session(), found.id, clock.now()),
        decisions=history.list_decisions(read_session(), found.id, clock.now()),
        refusal_form=refusal or make_refusal_form(found, formdata=None),
        unmask_form=unmask or UnmaskForm(formdata=None),
        others=_list_spellings(address) if address else [],
        found_endpoint="dashboard.recipient",
    )


def make_refusal_form(found: Recipient, **options: Any) -> RefusalForm | None:
    """A form with the brands and channels of one address; None where its encrypted value is damaged."""
    try:
        address = recipients.read_address(vault(), found)
    except CannotOpen:
        return None
    return RefusalForm(brands=own_brands(), channels=address.all_channels, **options)


def apply_refusal_form(found: Recipient, form: RefusalForm, at: datetime) -> Withdrawn:
    """Refuse as a filled-in form says. Doesn't commit."""
    chosen = [brand for brand in own_brands() if form.brand.data in (ALL_BRANDS, brand.id)]
    return refusals.refuse(
        db.session, vault(), found, chosen, [Channel(each) for each in form.channels.data],
        address=recipients.read_address(vault(), found), source=Source(form.source.data),
        user_id=current_user.id, at=at,
    )  # fmt: skip


def flash_refusal(withdrawn: Withdrawn) -> None:
    flash(_("Ret kaydedildi ve geçerli; İYS'de bir onay varsa oraya da bildirilecek."))
    if withdrawn.left:
        flash(ngettext(
            "Aynı posta kutusunun %(num)s yazılışı henüz reddedilmedi; reddi bir daha kaydedin.",
            "Aynı posta kutusunun %(num)s yazılışı henüz reddedilmedi; reddi bir daha kaydedin.",
            withdrawn.left,
        ))  # fmt: skip


def count_reassigned(provider_id: int, at: datetime) -> int:
    """How many addresses became known as reassigned within REASSIGNED_LATELY."""
    rows = select(func.count()).where(*_is_reassigned(provider_id), Recipient.reassigned_at > at - REASSIGNED_LATELY)
    return read_session().execute(rows).scalar_one()


def _is_reassigned(provider_id: int) -> tuple[ColumnElement[bool], ...]:
    return Recipient.provider_id == provider_id, Recipient.reassigned_at.is_not(None)
