"""İYS's field rules of the two status queries; all problems at once."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from iys_sandbox.wire_types import JsonObject
from portal.core.iys_protocol import Channel, Problem, RecipientType, validate_address

MOST_RECIPIENTS = 1000


def single_problems(body: JsonObject) -> list[Problem]:
    """Problems of a query for one consent."""
    return [
        *_choice_problems("recipientType", body, RecipientType, missing="H170", wrong="H116"),
        *_choice_problems("type", body, Channel, missing="H111", wrong="H117"),
        *_recipient_problems(body),
    ]


def multi_problems(recipient_type: str, channel: str, body: object) -> list[Problem]:
    """Problems of a query for many addresses of one recipient type and channel."""
    path = {"recipientType": recipient_type, "type": channel}
    of_path = [
        *_choice_problems("recipientType", path, RecipientType, missing="", wrong="H116"),
        *_choice_problems("type", path, Channel, missing="", wrong="H117"),
    ]
    return of_path or list(_list_problems(body, channel))


def _choice_problems(
    field: str, fields: JsonObject, words: type[StrEnum], *, missing: str, wrong: str
) -> Iterator[Problem]:
    if field not in fields:
        yield Problem(missing, [field])
    elif fields[field] not in tuple(words):
        yield Problem(wrong, [field], fields[field])


def _recipient_problems(body: JsonObject) -> Iterator[Problem]:
    if "recipient" not in body:
        yield Problem("H114", ["recipient"])
        return
    for problem in validate_address(body["recipient"], body.get("type"), ["recipient"]):
        # Queries have a code of their own for a long phone.
        yield Problem("H166", problem.location, problem.value) if problem.code == "H160" else problem


def _list_problems(body: object, channel: str) -> Iterator[Problem]:
    if not isinstance(body, dict) or "recipients" not in body:
        yield Problem("H168", ["recipients"])
        return
    recipients = body["recipients"]
    if not isinstance(recipients, list):
        yield Problem("H478", ["recipients"], recipients)
    elif not recipients:
        yield Problem("H164", ["recipients"], recipients)
    elif len(recipients) > MOST_RECIPIENTS:
        yield Problem("H125", ["recipients"])
    else:
        for position, recipient in enumerate(recipients):
            yield from _listed_problems(recipient, channel, ["recipients", position])
        yield from _repeated_problems(recipients)


def _listed_problems(recipient: object, channel: str, location: list[str | int]) -> Iterator[Problem]:
    found = list(validate_address(recipient, channel, location))
    of_kind = [problem._replace(location=["recipient"]) for problem in found if problem.code == "H464"]
    yield from of_kind or found


def _repeated_problems(recipients: list[Any]) -> Iterator[Problem]:
    seen = set()
    for position, recipient in enumerate(recipients):
        same = str(recipient).lower()
        if same in seen:
            yield Problem("H193", ["recipients", position], recipient)
        seen.add(same)
