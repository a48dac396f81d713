"""İYS's own field rules, asked here before anything is sent: what would fail costs no call and no ratio."""

import json
from datetime import datetime
from typing import NamedTuple

from portal.core import iys_protocol
from portal.core.iys_protocol import Action


class LocalFailure(NamedTuple):
    """The code that a payload would fail with, and what that asks of us."""

    code: str
    action: Action


def find_failure(payload: bytes, at: datetime, *, may_be_there: bool = False) -> LocalFailure | None:
    """Why İYS would refuse this payload of one consent by its fields; None where it would look at what it holds.

    With `may_be_there` its age says nothing: İYS may have stored it in time, and answers the same bytes as it did then.
    """
    codes = [problem.code for problem in iys_protocol.validate_consent(json.loads(payload), now=at)]
    if may_be_there:
        codes = [code for code in codes if iys_protocol.CODES[code].action != Action.EXPIRED]
    if not codes:
        return None
    gravest = iys_protocol.action_of(422, codes)
    return LocalFailure(next(code for code in codes if iys_protocol.action_of(422, [code]) == gravest), gravest)
