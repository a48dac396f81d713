"""What is kept of a reply: programs of two releases read it at a time."""

import json
from datetime import UTC, datetime

from portal.core.models import GatewayEvent
from portal.services.messaging import event_contents
from portal.services.messaging.gateways.protocol import InboundMessage, MailClue

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
REPLY = InboundMessage("7", "+905320000001", "4609", "RET", AT)


def test_a_reply_of_another_release_is_read_by_the_fields_that_are_known(monkeypatch):
    kept = json.loads(json.dumps(event_contents.content_of(REPLY), default=datetime.isoformat))
    monkeypatch.setattr(event_contents, "read_content", lambda event: kept | {"replied_id": 5, "of_later": [1]})

    assert event_contents.read_reply(GatewayEvent()) == REPLY


def test_an_ordinary_reply_is_kept_by_the_fields_that_every_release_knows():
    mail = InboundMessage("7", "a@b.example", "", "RET", AT, clue=MailClue((81,)))

    assert event_contents.content_of(mail) == {
        "id": "7", "sender": "a@b.example", "to": "", "text": "RET", "received_at": AT
    }  # fmt: skip
