"""İYS's field rules, checked before sending: what would fail costs no call and doesn't lower the success rate."""

import json
from datetime import datetime
from typing import NamedTuple

from portal.core import iys_protocol
from portal.core.iys_protocol import Action


class Failure(NamedTuple):
    """İYS's code for a payload that fails, if there is one, and the action that the code table asks for."""

    code: str | None
    action: Action


def find_failure(payload: bytes, at: datetime, *, may_be_there: bool = False) -> Failure | None:
    """Why İYS would reject the fields of this payload of one consent; None where it would accept them.

    With `may_be_there` its age is ignored: İYS may have stored it in time, and answers the same bytes as it did then.
    """
    codes = [problem.code for problem in iys_protocol.validate_consent(json.loads(payload), now=at)]
    if may_be_there:
        codes = [code for code in codes if iys_protocol.CODES[code].action != Action.EXPIRED]
    if not codes:
        return None
    gravest = iys_protocol.action_of(422, codes)
    return Failure(next(code for code in codes if iys_protocol.action_of(422, [code]) == gravest), gravest)
