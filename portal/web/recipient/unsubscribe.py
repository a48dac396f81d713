"""Unsubscribe: refuse by any link, for ever, on a page of its own or by the one-click POST of a mail program.

A mail program posts to the same URL without cookies or a form of ours (RFC 8058), and wants a plain answer.
"""

import re

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from portal.core import clock
from portal.core.addresses import Address
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, DecisionOrigin, Recipient
from portal.core.models.link_context import LinkContext
from portal.domain import consents
from portal.domain.consents import refusals
from portal.web.recipient import decisions, link_states, page_content, visit_recorder
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.link_page import find_link, render_link_page
from portal.web.shared.labels import label

_ONE_CLICK = re.compile(rb"list-unsubscribe\W{1,5}one-click", re.I)
_LONGEST = 1000  # Bytes of a post of that kind.


@blueprint.get("/u/<code>", endpoint="refusing")
def show_refusing(code: str) -> str | bytes:
    """Show what may be refused. Opening it decides nothing."""
    link, context = find_link(code)
    visit_recorder.record_visit(context.link_id, request)
    return render_link_page(link, context, link_states.refusing_view(link, context, page_content.address_of(context)))


@blueprint.post("/u/<code>", endpoint="refuse")
def refuse(code: str) -> ResponseReturnValue:
    """Record the refusals of the page's form; or refuse at once, where a mail program posts."""
    link, context = find_link(code)
    address = page_content.address_of(context)
    if _is_one_click():
        return _refuse_at_once(context, address)
    return decisions.record_choices(link, context, link_states.refusing_view(link, context, address))


def _is_one_click() -> bool:
    """Whether the body says so, whatever its type: nobody sees what a mail program is answered."""
    said = {name.lower(): value.strip().lower() for name, value in request.form.items()}
    return said.get("list-unsubscribe") == "one-click" or _ONE_CLICK.search(request.get_data()[:_LONGEST]) is not None


def _refuse_at_once(context: LinkContext, address: Address) -> Response:
    """Refuse what the link is for: of a telephone's too, whose links programs post to as they do to mails'."""
    recipient = db.session.get_one(Recipient, context.recipient_id)
    brand = db.session.get_one(Brand, context.brand_id)
    part = refusals.RefusalScope(recipient, address, [brand], context.channels)
    refusals.withdraw(
        db.session, vault(), [part], origin=DecisionOrigin.ONE_CLICK, language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string), at=clock.now(),
        link_id=context.link_id,
    )  # fmt: skip
    db.session.commit()
    if context.channels == (Channel.EMAIL,):
        return _plain_text(gettext("E-posta almayı reddettiniz; bu marka size artık ticari e-posta gönderemez."))
    names = ", ".join(label(each) for each in context.channels)
    return _plain_text(
        gettext("Reddettiniz: %(channels)s. Bu marka size artık bu yolla ticari ileti gönderemez.", channels=names)
    )


def _plain_text(text: str) -> Response:
    return Response(f"{text}\n", content_type="text/plain; charset=utf-8")
