"""The loop that indexes the mailboxes of recipients that an older release wrote, or another rule of mail services."""

from portal.core import clock
from portal.core.extensions import db, vault
from portal.domain.consents import mailboxes
from portal.jobs.independent_steps import independent_step


def index_next_mailboxes() -> bool:
    """Index the mailboxes of the next recipients, of all after each new rule; whether there may be more."""
    has_more = False
    with independent_step("mailboxes.not_indexed"):
        has_more = mailboxes.index_mailboxes(db.session, vault(), clock.now())
    return has_more
