"""The fake gateway's own interface: messages go straight to the phone."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.core import addresses
from portal.services.messaging.fake_gateway.phone import ShownMessage
from portal.services.messaging.fake_gateway.state import state

MOST_MESSAGES = 1000  # In one call.

blueprint = Blueprint("demo", __name__)


@blueprint.post("/messages")
def receive_messages() -> ResponseReturnValue:
    """Take {"messages": [{"id", "to", "text"}, …]}, also "subject" and "one_click": 202. An id counts once."""
    messages = _parse_messages(request.get_json(silent=True))
    if messages is None:
        return {"error": f'expected {{"messages": [{{"id", "to", "text"}}, …]}}, at most {MOST_MESSAGES} of them'}, 400
    state().phone.add(messages)
    return {"taken": len(messages)}, 202


def _parse_messages(body: object) -> list[ShownMessage] | None:
    """The messages of a call; None where the body has another shape."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or len(messages) > MOST_MESSAGES or not all(map(_is_message, messages)):
        return None
    at = state().now().isoformat()
    return [
        ShownMessage(
            id=str(each["id"]),
            masked_address=addresses.mask(each["to"]),
            text=each["text"],
            received_at=at,
            subject=each.get("subject", ""),
            one_click=each.get("one_click", ""),
        )
        for each in messages
    ]


def _is_message(item: object) -> bool:
    return (
        isinstance(item, dict)
        and type(item.get("id")) in (int, str)
        and isinstance(item.get("to"), str)
        and isinstance(item.get("text"), str)
        and isinstance(item.get("subject", ""), str)
        and isinstance(item.get("one_click", ""), str)
    )
