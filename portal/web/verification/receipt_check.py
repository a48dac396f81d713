"""Check a receipt: in full by its signed token, or by its number alone, which reveals little; a check certificate, and
the list that it is of. And our public keys."""

from datetime import datetime
from typing import Any

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from portal.core.extensions import limiter, read_session
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import DecisionOrigin, Outcome, Provider
from portal.domain import receipts as numbers
from portal.domain.receipts import check_certificates, lookup, signing_keys, tokens
from portal.domain.receipts.tokens import NotGenuine
from portal.web.shared import limits
from portal.web.verification.blueprint import blueprint

CLAIMS = {"name": "brand", "contact": "party_contact", "notice_url": "privacy_notice"}  # By field of a brand.
CACHE_FIVE_MINUTES = "public, max-age=300"  # A new key is known everywhere after five minutes.


@blueprint.get("/dogrula")
def verify() -> str:
    return _page()


@blueprint.post("/dogrula")
@limiter.limit(limits.VERIFY)
def check() -> ResponseReturnValue:
    """Say whether it is ours. A POST, so that what was pasted stands in no URL and no log."""
    if "number" in request.form:
        return _check_number(request.form["number"])
    return _check_token(request.form.get("token", ""))


@blueprint.get("/.well-known/jwks.json", endpoint="keys")
def published() -> Response:
    """JWK set of all keys that ever signed a receipt (RFC 7517)."""
    answer = jsonify(keys=[each.jwk for each in signing_keys.list_published_keys(read_session())])
    answer.headers.update({"Cache-Control": CACHE_FIVE_MINUTES, "Access-Control-Allow-Origin": "*"})
    return answer


def _check_token(pasted: str) -> ResponseReturnValue:
    try:
        genuine = tokens.verify_token(read_session(), pasted)
    except NotGenuine as no:
        return _page(wrong=no.wrong, token=pasted[: tokens.LONGEST]), 422
    session = read_session()
    if genuine.type == tokens.CHECK_TYPE:
        salt, addresses = request.form.get("salt", ""), request.form.get("addresses", "")
        check = _parse_check(genuine.claims)
        compared = _compare_list(check, salt, addresses) if addresses else None
        asked = {"pasted": pasted, "salt": salt, "addresses": addresses, "compared": compared}
        sender = check["sender"]
        whose = set(session.scalars(select(Provider.id).where(Provider.iys_code == sender["iys_code"])))
        doubts = _find_doubts(whose, [("name", sender["brand"])])
        return _page(check=check, key=genuine.key, **asked, **doubts)
    content = _parse_claims(genuine.claims)
    said = [
        (field, purpose["controller"][claim])
        for purpose in content["purposes"] for field, claim in CLAIMS.items() if claim in purpose["controller"]
    ]  # fmt: skip
    number = numbers.parse_number(content["receipt_id"]) or ""
    whose = set(session.scalars(lookup.select_providers(number)))
    doubts = _find_doubts(whose, said)
    return _page(content=content, key=genuine.key, **doubts)


def _find_doubts(provider_ids: set[int], said: list[tuple[str, str]]) -> dict[str, Any]:
    """What changed of its firms since a genuine document was signed."""
    session = read_session()
    taken_back = lookup.find_taken_back_words(session, provider_ids, said)
    return {"taken_back": taken_back, "has_ended": lookup.has_ended(session, provider_ids)}


def _check_number(typed: str) -> ResponseReturnValue:
    """Reveal of a number that exists only the brand, the day, and whether its firm was suspended or has left."""
    number = numbers.parse_number(typed)
    found = lookup.find_brands(read_session(), number) if number else []
    has_ended = lookup.has_ended(read_session(), lookup.select_providers(number or ""))
    if number and found:
        return _page(found=found, number=numbers.format_number(number), has_ended=has_ended)
    return _page(not_found="unknown" if number else "no_number", number=typed[: numbers.MAX_TYPED]), 422


def _page(**facts: Any) -> str:
    empty = dict.fromkeys(("content", "check", "wrong", "found", "not_found"))
    return render_template("verification/receipt_check.html", **{**empty, "token": "", "number": "", **facts})


def _parse_check(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims of a check certificate with moments and enum members."""
    moments = {name: datetime.fromisoformat(claims[name]) for name in ("check_time", "valid_until")}
    kinds = {"channel": Channel(claims["channel"]), "recipient_type": RecipientType(claims["recipient_type"])}
    return claims | moments | kinds


def _compare_list(check: dict[str, Any], salt: str, addresses: str) -> bool:
    """Whether these lines are the list of a certificate, by any spelling of its addresses."""
    canonical = (check_certificates.find_canonical(line, check["channel"]) for line in addresses.splitlines())
    digest = check_certificates.digest_list(salt.strip().lower(), (each for each in canonical if each))
    return digest == check["list"]["digest"]


def _parse_claims(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token with moments and enum members, and each purpose with its controller."""
    controllers = {each["party_id"]: each for each in claims["pii_controllers"]}
    return claims | {
        "event_time": datetime.fromisoformat(claims["event_time"]),
        "state_time": datetime.fromisoformat(claims["state_time"]),
        "collection_method": DecisionOrigin(claims["collection_method"]),
        "is_sandbox": any(each["registry"] == "sandbox" for each in claims["purposes"]),
        "purposes": [
            each | {
                "controller": controllers[each["pii_controller"]],
                "decisions": [_parse_decision(decision) for decision in each["decisions"]],
            }
            for each in claims["purposes"]
        ],
    }  # fmt: skip


def _parse_decision(decision: dict[str, Any]) -> dict[str, Any]:
    """`registry_state` is None where İYS is not told."""
    state = decision["registry_state"]
    return decision | {
        "channel": Channel(decision["channel"]),
        "recipient_type": RecipientType(decision["recipient_type"]),
        "status": Status(decision["status"]),
        "consent_date": _parse_moment(decision["consent_date"]),
        "annulled_at": _parse_moment(decision["annulled_at"]),
        "registry_state": None if state == "untold" else Outcome(state),
        "registered_at": _parse_moment(decision["registered_at"]),
    }


def _parse_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
