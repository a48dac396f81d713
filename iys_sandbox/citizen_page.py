"""Web page on which a tester acts as a citizen."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from iys_sandbox import test_controls
from iys_sandbox.citizens import InvalidAction
from iys_sandbox.context import sandbox
from iys_sandbox.wire_types import JsonObject

blueprint = Blueprint("citizen_page", __name__)
CLOSE_LINE = "close_line"
ACTION_FAILED = "Bu işlem yapılamadı: adres seçilen kanala uymalıdır (+905321234567 ya da ayse@example.com)."


@blueprint.get("/citizens")
def show_form() -> ResponseReturnValue:
    """The empty form."""
    return _render_page()


@blueprint.post("/citizens/act")
def act_from_page() -> ResponseReturnValue:
    """Apply one action of the form and show the ledger, with it on top."""
    given = {name: text.strip() for name, text in request.form.items() if text.strip()}
    act = given.pop("act", None)
    fields: JsonObject
    if act == CLOSE_LINE:
        fields = {name: given[name] for name in ("recipient", "brandCode") if name in given} | {CLOSE_LINE: True}
    else:
        fields = given | {"status": act}
    try:
        test_controls.apply_citizen_action(fields)
    except InvalidAction:
        return _render_page(ACTION_FAILED), 400
    return redirect(url_for("ledger_page.show_ledger"), 303)


def _render_page(problem: str = "") -> str:
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT brand_code, name FROM brand ORDER BY brand_code").fetchall()
    brands = [(row["brand_code"], row["name"]) for row in rows]
    return render_template("iys_sandbox/citizens.html", problem=problem, given=MultiDict(request.form), brands=brands)
