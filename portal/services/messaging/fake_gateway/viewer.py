"""Pages of the fake gateway: the phone, where one may answer, and the journal."""

import re
from datetime import datetime
from math import ceil

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from portal.core import addresses, clock
from portal.services.messaging.fake_gateway import inbound, pushes
from portal.services.messaging.fake_gateway.accounts import VENDORS
from portal.services.messaging.fake_gateway.state import state

PAGE = 50
FAULT_LABELS = {
    "": "Olduğu gibi ulaşır",
    "question_marks": "Türkçe harfler ? olur",
    "replacement": "Türkçe harfler � olur",
    "two_parts": "İki parça halinde ulaşır",
    "twice": "İki kez ulaşır",
}
LINK = re.compile(r"https?://[^\s<>\"']+")

blueprint = Blueprint("viewer", __name__)


@blueprint.get("/")
def show_messages() -> str:
    """Messages as on a phone, newest first; `page` counts from 1."""
    phone = state().phone
    pages = max(ceil(phone.count() / PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    messages = phone.newest(PAGE, (page - 1) * PAGE)
    return render_template(
        "messaging/viewer.html",
        messages=messages,
        page=page,
        pages=pages,
        accounts=state().accounts,
        vendors=VENDORS,
        faults=FAULT_LABELS,
        sent=request.args.get("sent", type=int),
    )


@blueprint.post("/replies")
def send_reply() -> ResponseReturnValue:
    """Write to a number as any person: `sender`, `to`, `text`, and how it may be damaged (`fault`)."""
    form = request.get_json(silent=True) or request.form
    fault = str(form.get("fault", ""))
    try:
        sender = addresses.parse(str(form.get("sender", ""))).text
    except addresses.BadAddress:
        sender = ""
    if not addresses.is_phone(sender) or fault not in inbound.FAULTS:
        return {"error": f"a reply has sender (a phone number), to, text, fault ({', '.join(inbound.FAULTS)})"}, 400
    replies = inbound.receive(state(), sender, str(form.get("to", "")), str(form.get("text", "")), fault)
    pushes.plan_replies(state(), replies)
    pushes.deliver_due(state())
    if request.is_json:
        return {"replies": len(replies)}, 201
    return redirect(url_for(".show_messages", sent=len(replies)), 303)


@blueprint.get("/journal")
def show_journal() -> str:
    """Every call to a vendor and every push, newest first."""
    return render_template("messaging/journal.html", entries=list(state().journal))


@blueprint.get("/health")
def show_health() -> dict[str, str]:
    state().phone.count()
    return {"status": "ok"}


def linkify(text: str) -> Markup:
    """The text with its URLs as links."""
    shown, end = Markup(), 0
    for link in LINK.finditer(text):
        shown += escape(text[end : link.start()]) + Markup('<a href="{0}">{0}</a>').format(link.group())
        end = link.end()
    return shown + escape(text[end:])


def istanbul_time(at: str) -> str:
    return clock.istanbul(datetime.fromisoformat(at)).strftime("%d.%m.%Y %H:%M")
