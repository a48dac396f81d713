"""Whose key it is, and what it reaches: the provider, its package, its brands with rights, counts and İYS's state."""

from typing import Any

from flask import g
from spectree import Response
from sqlalchemy import select

from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import blueprint, specification
from portal.api.v1.moments import moment
from portal.api.v1.schemas import Brands, Me
from portal.core import clock
from portal.core.extensions import read_session
from portal.core.iys_protocol import Channel
from portal.core.models import ApiKey, Brand, Connection, Credential, Provider
from portal.domain import packages
from portal.domain.identity.api_keys import Caller
from portal.domain.identity.permissions import COMMON_SCOPES, Scope
from portal.domain.providers import brands
from portal.domain.providers.brands import AddressCount
from portal.services.iys import account_report


@blueprint.get("/me")
@specification.validate(resp=Response(HTTP_200=Me), operation_id="showMe")
@needs_scope(Scope.SELF)
def show_me() -> dict[str, Any]:
    """Show the key's provider and what the key may do."""
    session, caller = read_session(), g.caller
    provider, key = session.get_one(Provider, caller.provider_id), session.get_one(ApiKey, caller.key_id)
    usage = packages.measure_usage(session, provider, clock.now(), with_iys=False)
    return {
        "title": provider.title,
        "iysCode": provider.iys_code,
        "isSandbox": provider.in_sandbox_mode,
        "isSuspended": caller.is_suspended,
        "key": {
            "name": key.name, "hint": caller.hint, "isTest": caller.is_test,
            "scopes": sorted(caller.scopes - COMMON_SCOPES), "expiresAt": moment(key.expires_at),
            "brandCodes": None if caller.brand_ids is None else [each.brand_code for each in _reached_brands(caller)],
        },
        "package": {
            "records": usage.records, "used": usage.used, "level": usage.level,
            "endsOn": usage.ends_on.isoformat() if usage.ends_on else None,
        },
    }  # fmt: skip


@blueprint.get("/brands")
@specification.validate(resp=Response(HTTP_200=Brands), operation_id="listBrands")
@needs_scope(Scope.BRANDS)
def list_brands() -> dict[str, Any]:
    """List the brands that the key reaches, with rights and counts per channel."""
    caller: Caller = g.caller
    counts, (state, writable) = brands.count_addresses(read_session(), caller.provider_id), _state_at_iys(caller)
    return {
        "items": [
            {
                "brandCode": brand.brand_code, "name": brand.name, "isOpen": brand.closed_at is None, "iys": state,
                "rights": _rights(writable.get(brand.brand_code)),
                "counts": {each: _count(counts.get(brand.id, {}).get(each)) for each in Channel},
            }
            for brand in _reached_brands(caller)
        ]
    }  # fmt: skip


def _reached_brands(caller: Caller) -> list[Brand]:
    theirs = select(Brand).where(Brand.provider_id == caller.provider_id).order_by(Brand.brand_code)
    return [each for each in read_session().scalars(theirs) if caller.brand_ids is None or each.id in caller.brand_ids]


def _count(found: AddressCount | None) -> dict[str, int]:
    its = found or AddressCount()
    return {"ONAY": its.granted, "RET": its.refused}


def _rights(writable: tuple[str, ...] | None) -> dict[Channel, bool | None]:
    return {channel: None if writable is None else channel.value in writable for channel in Channel}


def _state_at_iys(caller: Caller) -> tuple[dict[str, Any], dict[int, tuple[str, ...]]]:
    """The state of the provider's connection, and the channels that İYS lets it write, by brand."""
    provider = read_session().get_one(Provider, caller.provider_id)
    if provider.in_sandbox_mode or provider.is_exempt:
        return {"state": "sandbox" if provider.in_sandbox_mode else "exempt", "code": None}, {}
    found = select(Connection, Credential.blocked_code).join(Credential, Credential.id == Connection.credential_id)
    row = read_session().execute(found.where(Connection.provider_id == provider.id)).one_or_none()
    if row is None or row.Connection.forwarding_enabled_at is None:
        return {"state": "not_connected", "code": None}, {}
    state = {"state": "blocked" if row.blocked_code else "connected", "code": row.blocked_code}
    findings = account_report.findings_from_json(row.Connection.findings)
    return state, {each.code: each.writable for each in (findings and findings.brands) or ()}
