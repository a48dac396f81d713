"""Steps of a job that do not depend on each other, and the mail to owners that many of them write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from portal.core.extensions import db
from portal.core.models import MailKind, Provider, Role
from portal.web.shared.owner_notifications import notify_roles

log = structlog.get_logger()


class NobodyNotified(Exception):
    """A mail reached nobody who may act, so no step may say that somebody was notified."""


@contextmanager
def independent_step(failure: str, **facts: int) -> Iterator[None]:
    """Commit what the block does. If it fails, it is rolled back and logged under this name, holds up no other step,
    and is tried again by the next run."""
    try:
        yield
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception(failure, **facts)


def mail_owners(provider_id: int, kind: MailKind, **facts: Any) -> None:
    """Mail a provider's owners as part of a step. Raises NobodyNotified where there are none, so that the step notes
    nothing and is tried again."""
    if not notify_roles(db.session.get_one(Provider, provider_id), kind, (Role.OWNER,), **facts):
        raise NobodyNotified
