"""Check a message without opening its link: the code tells who sent it, when, and to which masked address."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.core.extensions import read_session, vault
from portal.core.transliteration import ascii_only
from portal.web.shared import bad_code_limit
from portal.web.verification import known_messages, pasted_text, text_links
from portal.web.verification.blueprint import blueprint


@blueprint.get("/kontrol", endpoint="message")
def ask_for_code() -> str:
    return _page()


@blueprint.post("/kontrol", endpoint="message_checked")
def show_checked() -> ResponseReturnValue:
    """Say what the code leads to. Nothing is changed, so the page may be reloaded."""
    pasted = request.form.get("code", "")[: pasted_text.LONGEST].strip()
    found = pasted_text.parse(pasted)
    if found.problem:
        return _page(pasted=pasted, message=found.problem), 422
    checked = known_messages.find_message(read_session(), vault(), found)
    if checked is None:
        bad_code_limit.count_bad_code()
        return _page(pasted=pasted, message="unknown")
    return _page(pasted=pasted, checked=checked, has_foreign=not found.foreign <= _own_links(checked))


def _own_links(checked: known_messages.KnownMessage) -> frozenset[str]:
    """What looks like a link in the senders' names and contacts, which their messages contain."""
    pasted = " ".join(f"{brand_name} {each.title} {each.contact}" for brand_name, each in checked.senders)
    return text_links.find_links(f"{pasted} {ascii_only(pasted)}").foreign


def _page(**facts: Any) -> str:
    empty: dict[str, Any] = {"pasted": "", "checked": None, "message": None, "has_foreign": False}
    return render_template("verification/message_check.html", **empty | facts)
