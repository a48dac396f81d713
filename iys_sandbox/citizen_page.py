"""The page on which a tester acts as a citizen."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from iys_sandbox import test_controls
from iys_sandbox.citizens import NotAnAct
from iys_sandbox.context import box

citizenship = Blueprint("citizenship", __name__)
CLOSES_LINE = "close_line"
NOT_DONE = "Bu işlem yapılamadı: adres seçilen kanala uymalıdır (+905321234567 ya da ayse@example.com)."


@citizenship.get("/citizens")
def show() -> ResponseReturnValue:
    """The form, empty."""
    return _page()


@citizenship.post("/citizens/act")
def act_from_page() -> ResponseReturnValue:
    """One act of the form; then the ledger, where it stands on top."""
    given = {name: text.strip() for name, text in request.form.items() if text.strip()}
    act = given.pop("act", None)
    if act == CLOSES_LINE:
        fields = {name: given[name] for name in ("recipient", "brandCode") if name in given} | {CLOSES_LINE: True}
    else:
        fields = given | {"status": act}
    try:
        test_controls.act(fields)
    except NotAnAct:
        return _page(NOT_DONE), 400
    return redirect(url_for("ledger.show"), 303)


def _page(problem: str = "") -> str:
    with box().store.reading() as db:
        rows = db.execute("SELECT brand_code, name FROM brand ORDER BY brand_code").fetchall()
    brands = [(row["brand_code"], row["name"]) for row in rows]
    return render_template("iys_sandbox/citizens.html", problem=problem, given=MultiDict(request.form), brands=brands)
