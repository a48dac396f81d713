"""Check a receipt: in full by its signed token, or by its number alone, which reveals little. And our public keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from portal.core.extensions import limiter, read_session
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import DecisionOrigin, Outcome
from portal.domain import receipts as numbers
from portal.domain.receipts import lookup, signing_keys, tokens
from portal.domain.receipts.tokens import NotGenuine, VerifiedReceipt
from portal.web.shared import limits
from portal.web.verification.blueprint import blueprint

CACHE_FIVE_MINUTES = "public, max-age=300"  # A new key is known everywhere after five minutes.


@dataclass(frozen=True)
class Line:
    """One decision in a token. `state` is None where İYS is not told."""

    channel: Channel
    recipient_type: RecipientType
    status: Status
    decided_at: datetime
    annulled_at: datetime | None
    state: Outcome | None
    transaction_id: str | None
    registered_at: datetime | None


@dataclass(frozen=True)
class Part:
    """One brand in a token."""

    brand: str
    title: str
    number: str
    contact: str
    notice_url: str
    text: dict[str, Any] | None
    is_sandbox: bool
    lines: list[Line]


@dataclass(frozen=True)
class TokenContent:
    """Content of a token, and the key that signed it."""

    number: str
    decided_at: datetime
    as_of: datetime
    address: str
    origin: DecisionOrigin
    language: str
    parts: list[Part]
    key_name: str
    retired_at: datetime | None

    @property
    def is_sandbox(self) -> bool:
        return any(part.is_sandbox for part in self.parts)


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
    return _page(content=_content(genuine))


def _check_number(typed: str) -> ResponseReturnValue:
    """Reveal only the brand and the day of a number that exists."""
    number = numbers.parse_number(typed)
    found = lookup.find_brands(read_session(), number) if number else []
    if number and found:
        return _page(found=found, number=numbers.format_number(number))
    return _page(not_found="unknown" if number else "no_number", number=typed[: numbers.MAX_TYPED]), 422


def _page(**facts: Any) -> str:
    empty: dict[str, Any] = {
        "content": None,
        "wrong": None,
        "token": "",
        "found": None,
        "not_found": None,
        "number": "",
    }
    return render_template("verification/receipt_check.html", **empty | facts)


def _content(genuine: VerifiedReceipt) -> TokenContent:
    claims = genuine.claims
    controllers = {each["party_id"]: each for each in claims["pii_controllers"]}
    return TokenContent(
        number=claims["receipt_id"],
        decided_at=datetime.fromisoformat(claims["event_time"]),
        as_of=datetime.fromisoformat(claims["state_time"]),
        address=claims["pii_principal_id"],
        origin=DecisionOrigin(claims["collection_method"]),
        language=claims["language"],
        parts=[_part(each, controllers[each["pii_controller"]]) for each in claims["purposes"]],
        key_name=genuine.key.name,
        retired_at=genuine.key.retired_at,
    )


def _part(purpose: dict[str, Any], controller: dict[str, Any]) -> Part:
    return Part(
        brand=controller["brand"],
        title=controller["party_name"],
        number=controller["party_number"],
        contact=controller["party_contact"],
        notice_url=controller["privacy_notice"],
        text=purpose["consent_text"],
        is_sandbox=purpose["registry"] == "sandbox",
        lines=[_line(each) for each in purpose["decisions"]],
    )


def _line(decision: dict[str, Any]) -> Line:
    state = decision["registry_state"]
    return Line(
        channel=Channel(decision["channel"]),
        recipient_type=RecipientType(decision["recipient_type"]),
        status=Status(decision["status"]),
        decided_at=datetime.fromisoformat(decision["consent_date"]),
        annulled_at=_moment(decision["annulled_at"]),
        state=None if state == "untold" else Outcome(state),
        transaction_id=decision["transaction_id"],
        registered_at=_moment(decision["registered_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
