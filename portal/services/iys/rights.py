"""Ask İYS by the partner's own account what a provider authorised the partner to do, before and after admission.
Nothing of the provider is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.extensions import read_session
from portal.core.iys_protocol import Channel, Operation
from portal.core.models import AuditEntry, Brand, Credential, Provider
from portal.services.iys import calls, title_matching
from portal.services.iys.account_report import BrandFound, CallProblem, problem_of, read_partner_brands
from portal.services.iys.client import Client

PATIENCE = 5.0  # Seconds; a person waits for the page.


@dataclass(frozen=True)
class Rights:
    """What İYS lists for a provider. `brands` None: it gave no list."""

    code: int | None = None  # That was asked about.
    brands: tuple[BrandFound, ...] | None = None
    title: str | None = None
    title_agrees: bool = False
    elsewhere: tuple[int, ...] = ()  # Brands of other providers here.
    trouble: CallProblem | None = None

    @property
    def lacking(self) -> dict[int, list[str]]:
        """By brand, the channels without the right to write."""
        by_brand = {each.code: [str(c) for c in Channel if c.value not in each.writable] for each in self.brands or ()}
        return {code: channels for code, channels in by_brand.items() if channels}

    @property
    def are_clear(self) -> bool:
        """Whether all rights are given, and the title agrees."""
        return bool(self.brands) and not self.lacking and self.title_agrees and not self.elsewhere

    def as_json(self) -> dict[str, object]:
        """As facts of an audit entry."""
        trouble = self.trouble
        return {
            "clear": self.are_clear, "code": self.code, "title": self.title, "title_agrees": self.title_agrees,
            "brands": {str(each.code): list(each.writable) for each in self.brands or ()},
            "elsewhere": list(self.elsewhere), "trouble": (trouble.code or str(trouble.status)) if trouble else None,
            "not_now": bool(trouble and trouble.not_now),
        }  # fmt: skip


def ask_for_rights(client: Client, provider_id: int, partner: Credential) -> Rights:
    """Ask İYS what a partner may do for the code that a provider entered. Call it with no transaction open."""
    facts = select(Provider.pending_iys_code, Provider.title).where(Provider.id == provider_id)
    code, title = read_session().execute(facts).one()
    assert partner.integrator_code is not None  # As every partner's credential.
    path = iys_protocol.partner_brands_path(partner.integrator_code, code)
    try:
        answer = calls.ask(
            client, provider_id, Operation.PARTNER_BRANDS, path, method="GET", deadline=PATIENCE, partner_id=partner.id
        )
    except calls.NotNow as later:
        return Rights(code, trouble=CallProblem(Operation.PARTNER_BRANDS.value, 0, later.code, not_now=True))
    brands = read_partner_brands(answer)
    if brands is None:
        return Rights(code, trouble=problem_of(Operation.PARTNER_BRANDS, answer))
    titles = [brand.title for brand in brands if brand.title]
    agrees = title_matching.all_agree(title, titles)
    return Rights(code, brands, titles[0] if titles else None, agrees, _brands_elsewhere(provider_id, brands))


def last_answer(session: Session, provider_id: int) -> tuple[datetime, dict[str, Any]] | None:
    """When the rights were last asked for, and the facts (see Rights.as_json), from the audit entry of that."""
    answers = select(AuditEntry.at, AuditEntry.facts).where(
        AuditEntry.subject == "provider", AuditEntry.subject_id == provider_id, AuditEntry.act == "rights.looked_at"
    )
    row = session.execute(answers.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(1)).one_or_none()
    return (row.at, row.facts) if row else None


def _brands_elsewhere(provider_id: int, brands: tuple[BrandFound, ...]) -> tuple[int, ...]:
    codes = [brand.code for brand in brands]
    theirs = select(Brand.brand_code).where(Brand.brand_code.in_(codes), Brand.provider_id != provider_id)
    return tuple(sorted(read_session().scalars(theirs)))
