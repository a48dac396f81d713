"""What somebody reads of a reply, and says that it refuses, at a firm's desk and at the operator's."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.core.ids import parse_id
from portal.core.iys_protocol import Channel
from portal.services.messaging import alike_replies, event_contents
from portal.services.messaging.feedback import NotCertain
from portal.services.messaging.gateways.protocol import InboundMessage


def shown_text(reply: InboundMessage) -> str:
    """Without numbers and addresses of others where it could not be read whole."""
    if reply.is_whole:
        return reply.said
    if reply.keyword == NotCertain.__name__:
        told = event_contents.mask_people(alike_replies.word_of(reply) or reply.text, reply.sender)
        return _("Ret olabilir, ama kesin değil; gönderim firmasının panelinden bakın. Bildirdiği: %(told)s", told=told)
    said = event_contents.mask_people(reply.said, reply.sender)
    return said if reply.is_automatic else _("Okunamayan bildirim: %(text)s", text=said)


def read_channels() -> list[Channel]:
    """The channels that its reader chose."""
    return [channel for channel in Channel if channel in request.form.getlist("channels")]


def read_spared() -> list[int] | None:
    """The brands that a page offered and that its reader unticked; None where they left none."""
    offered, chosen = request.form.getlist("offered", int), request.form.getlist("brands", int)
    spared = [each for each in offered if each not in chosen]
    return None if offered and len(spared) == len(offered) else spared


def read_shown(most: int) -> list[int]:
    """The replies that a page showed of which its reader says that none refuses."""
    found = (parse_id(each) for each in request.form.getlist("shown")[:most])
    return [each for each in found if each is not None]


def return_unchosen(endpoint: str) -> Response:
    """Ask for a channel and a brand; the reply waits as before."""
    flash(_("Kaydedilmedi: bu yanıtın reddettiği en az bir kanal ve en az bir marka seçin."))
    return redirect(url_for(endpoint), 303)
