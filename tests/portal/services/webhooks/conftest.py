"""A provider with an endpoint, and events for it."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.guarded_requests import Transport
from portal.core.models import Event, EventType, Provider, WebhookAlgorithm, WebhookDelivery, WebhookEndpoint
from portal.domain.events import sequencer
from portal.domain.webhooks import endpoints
from portal.domain.webhooks.endpoints import Choices
from portal.services.webhooks.delivery import Dispatcher
from tests import make
from tests.webhook_receiver import Receiver, receiving


@dataclass
class Webhooks:
    """What a test does at a provider's endpoints."""

    app: object
    rows: make.Rows
    secrets: dict[int, str] = field(default_factory=dict)
    numbers: object = field(default_factory=lambda: count(1))

    def add(
        self, url: str, algorithm=WebhookAlgorithm.HMAC, types=tuple(EventType), in_full=False, brand_ids=None
    ) -> int:
        with self.app.app_context():
            provider = db.session.get_one(Provider, make.brand().provider_id)
            choices = Choices(url, types, brand_ids, in_full)
            made, secret = endpoints.create(
                db.session, vault(), provider, choices, algorithm, user_id=1, at=clock.now()
            )  # fmt: skip
            db.session.commit()
            self.secrets[made.id] = secret
            return made.id

    def happen(self, times: int = 1, brand_id: int | None = None) -> None:
        """Let something happen at the provider: events 1, 2, …"""
        with self.app.app_context():
            provider_id = db.session.scalar(select(Provider.id))
            for _ in range(times):
                facts = {"number": next(self.numbers)}
                Event.record(
                    db.session, EventType.PACKAGE_LOW, 1, provider_id=provider_id, brand_id=brand_id, at=clock.now(),
                    facts=facts,
                )  # fmt: skip
            db.session.commit()
        self.number()

    def number(self) -> None:
        with self.app.app_context():
            sequencer.sequence_events(db.session)
            db.session.commit()

    def deliver(self, transport: Transport) -> int:
        """Deliver until nobody has anything to get now; how many steps it took."""
        usual, slow = Dispatcher(transport, 2), Dispatcher(transport, 2, slow=True)
        for steps in count():
            with self.app.app_context():
                if not usual.step() and not slow.step():
                    return steps

    def change(self, endpoint_id: int, act) -> object:
        """Let its owner do something with an endpoint."""
        with self.app.app_context():
            result = act(db.session.get_one(WebhookEndpoint, endpoint_id))
            db.session.commit()
            return result

    def endpoint(self, endpoint_id: int) -> WebhookEndpoint:
        return self.rows.one(WebhookEndpoint, WebhookEndpoint.id == endpoint_id)

    def log(self, endpoint_id: int) -> list[WebhookDelivery]:
        return self.rows(WebhookDelivery, WebhookDelivery.endpoint_id == endpoint_id)


@pytest.fixture
def webhooks(app, rows) -> Webhooks:
    return Webhooks(app, rows)


@pytest.fixture
def receiver(tmp_path) -> Receiver:
    with receiving(tmp_path) as running:
        yield running


@pytest.fixture
def transport(receiver) -> Transport:
    return Transport(None, ca_file=receiver.ca_file, seconds=5.0)


A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
