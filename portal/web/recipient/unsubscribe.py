"""Refusing and nothing else, by any link and for ever: on a page of its own, or by one click of a mail program.

A mail program posts to the same address without cookies or a form of ours (RFC 8058), and wants a plain answer.
"""

from flask import Response, request
from flask_babel import get_locale, gettext

from portal.core import clock
from portal.core.addresses import Address
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, DecisionOrigin, Recipient
from portal.core.models.link_context import LinkContext
from portal.domain import consents
from portal.domain.consents import withdrawals
from portal.web.recipient import decisions, link_states, page_content, visit_recorder
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.link_lookup import find
from portal.web.recipient.link_view import page_of


@blueprint.get("/u/<code>", endpoint="refusing")
def show_refusing(code: str):
    """Show what may be refused. Opening it decides nothing."""
    link, invitation = find(code)
    visit_recorder.record_visit(link.link_id, request)
    return page_of(
        link, invitation, link_states.refusing(link, invitation, page_content.address_of(vault(), invitation).channels)
    )


@blueprint.post("/u/<code>", endpoint="refuse")
def refuse(code: str):
    """Take the refusals of the page's form; or end e-mail, where a mail program posts."""
    link, invitation = find(code)
    address = page_content.address_of(vault(), invitation)
    if request.form.get("List-Unsubscribe", "").strip().lower() == "one-click":
        return _end_emails(invitation, address)
    return decisions.take(link, invitation, link_states.refusing(link, invitation, address.channels))


def _end_emails(invitation: LinkContext, address: Address) -> Response:
    if Channel.EMAIL not in address.channels:
        return _plain(gettext("Bu bağlantı bir e-posta adresine ait değil; reddedilecek bir şey yok."))
    recipient = db.session.get_one(Recipient, invitation.recipient_id)
    brand = db.session.get_one(Brand, invitation.brand_id)
    part = withdrawals.Part(recipient, address, [brand], (Channel.EMAIL,))
    withdrawn = withdrawals.withdraw(
        db.session, vault(), [part], origin=DecisionOrigin.ONE_CLICK, language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string), at=clock.now(),
        link_id=invitation.link_id,
    )  # fmt: skip
    if withdrawn.refused:
        db.session.commit()
    else:
        db.session.rollback()  # It stands already: mail programs post again and again.
    return _plain(gettext("E-posta almayı reddettiniz; bu marka size artık ticari e-posta gönderemez."))


def _plain(text: str) -> Response:
    return Response(f"{text}\n", content_type="text/plain; charset=utf-8")
