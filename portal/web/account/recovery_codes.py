"""New recovery codes in place of the old ones, shown once."""

from flask import render_template
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
def codes():
    """Say what new codes mean, before there are any."""
    return render_template("account/codes.html", codes=None)


@blueprint.post("/factors/codes")
@needs(Permission.SELF, fresh=True)
def make_codes():
    """Make them and show them, in this answer and never again."""
    made = factors.create_recovery_codes(db.session, vault(), current_user.id, clock.now())
    credential_changes.end_others()
    credential_changes.tell_of_factor("recovery_renewed", "")
    record_account_audit("recovery_codes.made")
    db.session.commit()
    wake("mail")
    return render_template("account/codes.html", codes=made)
