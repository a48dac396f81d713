"""One-click unsubscribe: a mail program posts to any address of a link, without cookies or a form of ours (RFC 8058),
and wants a plain answer. Firms put the link that asks into that field, too."""

from urllib.parse import unquote_to_bytes

from flask import Response, request
from flask_babel import get_locale, gettext

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, DecisionOrigin, Recipient
from portal.core.models.link_context import LinkContext
from portal.domain import consents
from portal.domain.consents import refusals
from portal.web.recipient.link_states import State, View
from portal.web.shared.labels import label


def is_one_click() -> bool:
    """Whether the body names the field, however it is written and whatever its type: nobody sees what a mail program
    is answered, and nobody else posts that word. It is read before the form, which would use it up."""
    return b"list-unsubscribe" in unquote_to_bytes(request.get_data()).lower()


def refuse_at_once(context: LinkContext, view: View) -> Response:
    """Refuse what the link is for: of a telephone's too, whose links programs post to as they do to mails'. One that is
    for all that the address may be asked refuses all, and so does one of an earlier holder, since what it was for tells
    of them."""
    recipient = db.session.get_one(Recipient, context.recipient_id)
    brand = db.session.get_one(Brand, context.brand_id)
    is_of_all = view.state == State.DISOWNED or set(context.channels) == set(view.address.channels)
    channels = view.all_channels if is_of_all else context.channels
    part = refusals.RefusalScope(recipient, view.address, [brand], channels)
    refusals.withdraw(
        db.session, vault(), [part], origin=DecisionOrigin.ONE_CLICK, language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string), at=clock.now(),
        link_id=context.link_id,
    )  # fmt: skip
    db.session.commit()
    if channels == (Channel.EMAIL,):
        return _plain_text(gettext("E-posta almayı reddettiniz; bu marka size artık ticari e-posta gönderemez."))
    names = ", ".join(label(each) for each in channels)
    return _plain_text(
        gettext("Reddettiniz: %(channels)s. Bu marka size artık bu yolla ticari ileti gönderemez.", channels=names)
    )


def _plain_text(text: str) -> Response:
    return Response(f"{text}\n", content_type="text/plain; charset=utf-8")
