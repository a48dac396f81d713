"""HTTP client of the fake gateway's own interface, which shows messages like a phone. It takes an id once, so that a
repeated call sends nothing twice."""

from collections.abc import Sequence
from datetime import datetime

import requests

from portal.services.messaging.gateways.protocol import (
    Batch,
    BlockedAddress,
    Capabilities,
    ErrorClass,
    InboundMessage,
    Lookup,
    LookupOutcome,
    Push,
    Reason,
    Report,
    SendError,
    SendResult,
)

TIMEOUT = (3.05, 6.0)  # Seconds to connect, and to wait for the answer.
FIELDS = ("id", "to", "text", "subject", "one_click")
FAILED = SendError(ErrorClass.TEMPORARY, Reason.UNREACHABLE)


class DemoGateway:
    """The gateway of development and of sandbox mode. It reports nothing."""

    capabilities = Capabilities(most_messages=1000, may_repeat=True)

    def __init__(self, url: str):
        self.url = url

    def check(self) -> SendError | None:
        return None

    def send(self, batch: Batch) -> list[SendResult]:
        messages = batch.messages
        body = {"messages": [{name: value for name in FIELDS if (value := getattr(each, name))} for each in messages]}
        try:
            answer = requests.post(f"{self.url}/messages", json=body, timeout=TIMEOUT, allow_redirects=False)
            error = None if answer.status_code == 202 else FAILED
        except requests.RequestException:
            error = FAILED
        return [SendResult(each.id, error=error) for each in messages]

    def lookup(self, batch: Batch) -> Lookup:
        return Lookup(LookupOutcome.CANNOT_TELL)

    def reports(self, refs: Sequence[str], since: datetime) -> list[Report]:
        return []

    def parse_report_push(self, push: Push) -> list[Report]:
        return []

    def inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        return []

    def parse_inbound_push(self, push: Push) -> list[InboundMessage]:
        return []

    def blocked(self, since: datetime) -> list[BlockedAddress]:
        return []
