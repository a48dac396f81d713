"""Check a list of addresses before a message goes out to them."""

from collections import Counter
from typing import Any

from flask import g
from spectree import Response

from portal.api.v1.authentication import needs
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.moments import moment
from portal.api.v1.schemas import CheckAnswer, CheckBody
from portal.core import addresses, clock
from portal.core.addresses import BadAddress
from portal.core.extensions import read_session, vault
from portal.domain.consents import may_send, recipients
from portal.domain.consents.may_send import Answer, Verdict
from portal.domain.identity.permissions import Scope
from portal.web.shared import limits
from portal.web.shared.body_limits import max_bytes

CHUNK = 5000
NO_ADDRESS = "invalid_address"


@blueprint.post(f"{BRAND_PATH}/checks")
@specification.validate(resp=Response(HTTP_200=CheckAnswer), operation_id="checkAddresses")
@max_bytes(MAX_LIST_BYTES)
@needs(Scope.CHECK, limit=limits.API_LISTS)
def check_addresses(json: CheckBody) -> dict[str, Any]:
    """Check up to 50,000 addresses before messaging them. What is no address may not be messaged."""
    brand, at, results = g.brand, clock.now(), []
    provider_id, session = g.caller.provider_id, read_session()
    otherwise = may_send.answer_without_consent(json.recipientType)
    for chunk in recipients.chunks(json.recipients, CHUNK):
        canonical = {text: _canonical(text, json) for text in chunk}
        indexes = recipients.blind_indexes(vault(), provider_id, {each for each in canonical.values() if each})
        known = recipients.find_known_ids(session, vault(), provider_id, indexes)
        found = may_send.answers(session, brand, known.values(), json.type, json.recipientType, at)
        by_text = {text: found.get(its_id, otherwise) for text, its_id in known.items()}
        results += [_result(text, by_text.get(its, otherwise) if (its := canonical[text]) else None) for text in chunk]
    counts = Counter(each["verdict"] for each in results)
    return {
        "asOf": moment(at), "may": counts[Verdict.MAY], "mayNot": counts[Verdict.MAY_NOT],
        "unknown": counts[Verdict.UNKNOWN], "results": results,
    }  # fmt: skip


def _canonical(text: str, body: CheckBody) -> str | None:
    """The canonical address; None where the text is none, or the channel does not reach it."""
    try:
        address = addresses.parse(text)
    except BadAddress:
        return None
    return address.text if body.type in address.channels else None


def _result(text: str, answer: Answer | None) -> dict[str, Any]:
    verdict, reason = (answer.verdict, answer.reason.value) if answer else (Verdict.MAY_NOT, NO_ADDRESS)
    until = moment(answer.valid_until) if answer else None
    return {"recipient": text, "verdict": verdict, "reason": reason, "validUntil": until}
