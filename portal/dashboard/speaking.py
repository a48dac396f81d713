"""Staff act for a recipient who asked them to: refuse for them, or see the address in full, with a reason."""

from flask import abort, flash, redirect, url_for
from flask_babel import gettext
from flask_login import current_user

from portal import addresses, clock, limits, recipients
from portal.consents import refusing
from portal.dashboard import door, note, provider_key
from portal.dashboard.recipient_forms import EVERY_BRAND, UnmaskForm
from portal.dashboard.recipients import brands, mine, page_of, refusal_form
from portal.extensions import db, limiter, reading, vault
from portal.powers import Power
from portal.registry import Channel, Source
from portal.web.locks import needs


@door.post("/recipients/<id:recipient_id>/refusal")
@limiter.limit(limits.SEARCH)
@needs(Power.REFUSE)
def refuse(recipient_id: int):
    """Refuse for somebody who asked for it. Nobody grants here."""
    found = mine(db.session, recipient_id)
    form = refusal_form(found)
    if form is None:  # Its seal is damaged: nothing could be told to İYS.
        abort(404)
    if not form.validate_on_submit():
        return page_of(found, refusal=form), 422
    chosen = [brand for brand in brands() if form.brand.data in (EVERY_BRAND, brand.id)]
    address = addresses.parse(recipients.address_of(vault(), found))
    made = refusing.refuse(
        db.session, vault(), found, chosen, [Channel(each) for each in form.channels.data],
        address=address, source=Source(form.source.data), user_id=current_user.id, at=clock.now(),
    )  # fmt: skip
    note(
        "recipient.refused", "recipient", recipient_id, channels=form.channels.data, source=form.source.data,
        brand=form.brand.data, new=made.made,
    )  # fmt: skip
    db.session.commit()
    flash(
        gettext("Ret kaydedildi ve şu andan itibaren geçerli; İYS'ye de bildirilecek.")
        if made.made
        else gettext("Kişi bu kanalları zaten reddetmişti; değişen bir şey yok.")
    )
    return redirect(url_for(".recipient", recipient_id=recipient_id), 303)


@door.post("/recipients/<id:recipient_id>/address")
@limiter.limit(limits.UNMASK, key_func=provider_key)
@needs(Power.UNMASK)
def unmask(recipient_id: int):
    """Show the address in full, this once; the reason is kept."""
    found, form = mine(reading(), recipient_id), UnmaskForm()
    if not form.validate_on_submit():
        return page_of(found, unmask=form), 422
    note("recipient.unmasked", "recipient", found.id, reason=addresses.hide_in(form.reason.data.strip()))
    db.session.commit()
    return page_of(found, clear=recipients.address_of(vault(), found))
