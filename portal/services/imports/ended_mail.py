"""The mail to whoever started an import, when it ended or was stopped by us."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Brand, ImportBatch, MailKind, Membership, Provider, User
from portal.core.vault import CannotOpen, Vault
from portal.domain.consents.import_plan import GRANTS, KEPT, REFUSALS
from portal.domain.identity import accounts
from portal.domain.providers import sandbox_mode
from portal.services.imports.row_results import PROBLEMS

log = structlog.get_logger()


def write_ended_mail(
    session: Session, vault: Vault, batch: ImportBatch, tally: Mapping[str, int], at: datetime, *, is_complete: bool
) -> None:
    """Queue it in the transaction that ends the run. A shell gets none, nor does who has left the firm meanwhile."""
    user = session.get(User, batch.started_by) if batch.started_by else None
    if user is None or not _may_be_told(session, user, batch):
        return
    provider, brand = session.get_one(Provider, batch.provider_id), session.get_one(Brand, batch.brand_id)
    facts = {
        "place": provider.known_as,
        "brand": sandbox_mode.shown_name(brand.name, brand.brand_code),
        "is_complete": is_complete,
        "refusals": sum(tally.get(each, 0) for each in REFUSALS),
        "grants": sum(tally.get(each, 0) for each in GRANTS),
        "kept": sum(tally.get(each, 0) for each in KEPT),
        "problems": sum(count for result, count in tally.items() if result in PROBLEMS),
        "link": current_app.config["MAIN_BASE"] + _path(batch),
    }
    try:
        accounts.mail_user(session, vault, user, MailKind.IMPORT_ENDED, facts, at)
    except CannotOpen:
        log.error("person.unreached", user=user.id)


def _may_be_told(session: Session, user: User, batch: ImportBatch) -> bool:
    if batch.on_behalf:
        return user.is_open and user.operator_role is not None
    mine = select(Membership).where(Membership.user_id == user.id, Membership.provider_id == batch.provider_id)
    membership = session.scalar(mine)
    return user.is_open and membership is not None and membership.is_open


def _path(batch: ImportBatch) -> str:
    on_behalf = f"/operator/providers/{batch.provider_id}" if batch.on_behalf else "/dashboard"
    return f"{on_behalf}/imports/{batch.id}"
