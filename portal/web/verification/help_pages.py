"""Help, accessibility statement and privacy notice."""

from flask import current_app, render_template

from portal.web.verification.blueprint import blueprint


@blueprint.get("/yardim", endpoint="help")
def show_help() -> str:
    return render_template("verification/help.html")


@blueprint.get("/erisilebilirlik", endpoint="accessibility")
def show_accessibility() -> str:
    return render_template("verification/accessibility.html", **_operator())


@blueprint.get("/gizlilik", endpoint="privacy")
def show_privacy() -> str:
    """The privacy notice of KVKK art. 10."""
    return render_template("verification/privacy.html", **_operator())


def _operator() -> dict[str, str]:
    """Who runs the portal, from the settings."""
    names = {"title": "OPERATOR_TITLE", "address": "OPERATOR_ADDRESS", "notice_url": "OPERATOR_NOTICE_URL"}
    return {name: current_app.config[setting] for name, setting in names.items()}
