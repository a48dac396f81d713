"""Replacing the recovery codes; the new ones are shown once."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, vault, wake
from portal.domain.identity import factors
from portal.domain.identity.permissions import Permission
from portal.web.account import credential_changes
from portal.web.account.blueprint import blueprint, record_account_audit
from portal.web.shared.access import needs


@blueprint.get("/factors/codes")
@needs(Permission.SELF, fresh=True)
def codes() -> ResponseReturnValue:
    """Explain recovery codes before creating them."""
    return render_template("account/codes.html", codes=None)


@blueprint.post("/factors/codes")
@needs(Permission.SELF, fresh=True)
def make_codes() -> ResponseReturnValue:
    """Create the codes and show them, only in this response."""
    made = factors.create_recovery_codes(db.session, vault(), current_user.id, clock.now())
    credential_changes.end_other_sessions()
    credential_changes.mail_factor_change("recovery_renewed", "")
    record_account_audit("recovery_codes.made")
    db.session.commit()
    wake("mail")
    return render_template("account/codes.html", codes=made)
