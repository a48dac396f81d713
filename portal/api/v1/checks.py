"""Check a list of addresses before a message goes out to them, with a signed certificate of what was asked."""

from collections import Counter
from datetime import datetime
from typing import Any

from flask import current_app, g
from spectree import Response

from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.checks_schemas import CheckAnswer, CheckBody
from portal.api.v1.moments import moment
from portal.core import business_days, clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.models import Event, EventType, Provider
from portal.domain import sends
from portal.domain.consents import may_send, recipients
from portal.domain.consents.may_send import MaySendAnswer, Verdict
from portal.domain.identity.permissions import Scope
from portal.domain.receipts import check_certificates, tokens
from portal.domain.receipts.check_certificates import CheckedList, digest_list, find_canonical
from portal.web.shared import limits
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.signing import get_signing_key

CHUNK = 5000
NO_ADDRESS = "invalid_address"
Answers = dict[str, MaySendAnswer]  # By canonical address.


@blueprint.post(f"{BRAND_PATH}/checks")
@specification.validate(resp=Response(HTTP_200=CheckAnswer), operation_id="checkAddresses")
@max_bytes(MAX_LIST_BYTES)
@needs_scope(Scope.CHECK, limit=limits.API_LISTS)
def check_addresses(json: CheckBody) -> dict[str, Any]:
    """Check up to 50,000 addresses before messaging them. What is no address may not be messaged."""
    at, salt = clock.now(), check_certificates.draw_salt()
    canonical = {text: find_canonical(text, json.type) for text in json.recipients}
    answers: Answers = {}
    for chunk in recipients.chunks(sorted({each for each in canonical.values() if each}), CHUNK):
        answers |= _find_answers(chunk, json, at)
    results = [_result(text, answers[its] if (its := canonical[text]) else None) for text in json.recipients]
    counts, no_address = Counter(each["verdict"] for each in results), list(canonical.values()).count(None)
    return {
        "asOf": moment(at), "may": counts[Verdict.MAY], "mayNot": counts[Verdict.MAY_NOT],
        "unknown": counts[Verdict.UNKNOWN], "results": results, "salt": salt,
        "certificate": _record(json, answers, salt, at, not_addresses=no_address),
    }  # fmt: skip


def _find_answers(chunk: list[str], body: CheckBody, at: datetime) -> Answers:
    brand, session = g.brand, read_session()
    indexes = recipients.blind_indexes(vault(), brand.provider_id, chunk)
    known = recipients.find_known_ids(session, vault(), brand.provider_id, indexes)
    found = may_send.answers(session, brand, known.values(), body.type, body.recipientType, at)
    otherwise = may_send.answer_without_consent(body.recipientType)
    return {text: found.get(known.get(text, 0), otherwise) for text in chunk}


def _result(text: str, answer: MaySendAnswer | None) -> dict[str, Any]:
    verdict, reason = (answer.verdict, answer.reason.value) if answer else (Verdict.MAY_NOT, NO_ADDRESS)
    until = moment(answer.valid_until) if answer else None
    return {"recipient": text, "verdict": verdict, "reason": reason, "validUntil": until}


def _record(body: CheckBody, answers: Answers, salt: str, at: datetime, *, not_addresses: int) -> str:
    """Remember what was asked and answered, commit, and make its certificate."""
    verdicts = {text: each.verdict for text, each in answers.items()}
    counts = Counter(verdicts.values())
    ends = (each.valid_until for each in answers.values() if each.valid_until)
    checked = CheckedList(
        number=new_id(), at=at, channel=body.type, recipient_type=body.recipientType, key_id=g.caller.key_id,
        key_hint=g.caller.hint, rule_version=may_send.RULE_VERSION,
        counts={each.value: counts[each] for each in Verdict}, not_addresses=not_addresses,
        valid_until=min(ends, default=business_days.safe_deadline(at)), digest=digest_list(salt, answers),
    )  # fmt: skip
    sends.record_check(
        db.session, vault(), g.brand, number=checked.number, key_id=checked.key_id, channel=checked.channel,
        recipient_type=checked.recipient_type, verdicts=verdicts, salt=salt, at=at, valid_until=checked.valid_until,
    )  # fmt: skip
    provider = read_session().get_one(Provider, g.brand.provider_id)
    Event.record(
        db.session, EventType.CERTIFICATE_ISSUED, checked.number, provider_id=provider.id, brand_id=g.brand.id, at=at,
        facts={"type": body.type, **checked.counts},
    )  # fmt: skip
    db.session.commit()
    claims = check_certificates.build_claims(checked, g.brand, provider, current_app.config["MAIN_BASE"])
    return tokens.sign_claims(claims, get_signing_key(), tokens.CHECK_TYPE)
