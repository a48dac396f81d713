"""New recovery codes in place of the old ones, shown once."""

from flask import render_template
from flask_login import current_user

from portal import clock, factors
from portal.account import changing
from portal.account.blueprint import door, note
from portal.extensions import db, vault, wake
from portal.powers import Power
from portal.web.locks import needs


@door.get("/factors/codes")
@needs(Power.SELF, fresh=True)
def codes():
    """Say what new codes mean, before there are any."""
    return render_template("account/codes.html", codes=None)


@door.post("/factors/codes")
@needs(Power.SELF, fresh=True)
def make_codes():
    """Make them and show them, in this answer and never again."""
    made = factors.make_recovery_codes(db.session, vault(), current_user.id, clock.now())
    changing.end_others()
    changing.tell_of_factor("recovery_renewed", "")
    note("recovery_codes.made")
    db.session.commit()
    wake("mail")
    return render_template("account/codes.html", codes=made)
