"""What there is to read, in plain words: help, accessibility, and what becomes of people's data."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from portal.web.verification.blueprint import blueprint


@blueprint.get("/yardim", endpoint="help")
def show_help() -> ResponseReturnValue:
    """What İYS is, what a decision means, how to check a message and how to complain."""
    return render_template("verification/help.html")


@blueprint.get("/erisilebilirlik", endpoint="accessibility")
def show_accessibility() -> ResponseReturnValue:
    """How these pages are made for everybody, and whom to tell where they are not."""
    return render_template("verification/accessibility.html", **_operator())


@blueprint.get("/gizlilik", endpoint="privacy")
def show_privacy() -> ResponseReturnValue:
    """Which data stand here, why, for how long, and how to ask for them (KVKK art. 10)."""
    return render_template("verification/privacy.html", **_operator())


def _operator() -> dict[str, str]:
    """Who runs the portal, as far as the settings say."""
    names = {"title": "OPERATOR_TITLE", "address": "OPERATOR_ADDRESS", "notice_url": "OPERATOR_NOTICE_URL"}
    return {name: current_app.config[setting] for name, setting in names.items()}
