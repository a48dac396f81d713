"""A provider's program: calls the API with a key, and each write with a new Idempotency-Key."""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import timedelta

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.iys_protocol import format_wire_date
from portal.core.models import Brand, Provider, User
from portal.domain.identity import api_keys
from portal.domain.identity.permissions import COMMON_SCOPES, Scope
from tests import make

ALL = frozenset(Scope) - COMMON_SCOPES
BASE = "/api/v1"
CONSENTS = f"{BASE}/brands/{make.BRAND_CODE}/consents"


class Program:
    """Calls as a provider's own system does."""

    def __init__(self, app, key: str, network_address: str = "127.0.0.1"):
        self.client, self.key = app.test_client(), key
        self.client.environ_base["REMOTE_ADDR"] = network_address

    def get(self, path: str, **options):
        return self.client.get(path, headers=self._headers(), **options)

    def post(self, path: str, body: object, *, idempotency_key: str | None = None):
        headers = self._headers() | {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return self.client.post(path, json=body, headers=headers)

    def open(self, method: str, path: str):
        headers = self._headers() | {"Idempotency-Key": uuid.uuid4().hex}
        return self.client.open(path, method=method, headers=headers, json={} if method == "POST" else None)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


@contextlib.contextmanager
def limits_on() -> Iterator[None]:
    """Count requests, which the app of a test does not."""
    limiter.enabled = True
    try:
        yield
    finally:
        limiter.enabled = False
        limiter.reset()


def make_key(provider: Provider, *, scopes=ALL, brands: list[Brand] | None = None, expires_at=None) -> str:
    """A key's text; its row is committed."""
    owner = db.session.query(User).first()
    brand_ids = None if brands is None else [each.id for each in brands]
    _, text = api_keys.create(
        db.session, provider, name="CRM", scopes=scopes, brand_ids=brand_ids,
        expires_at=expires_at, user_id=owner.id, at=clock.now(),
    )  # fmt: skip
    db.session.commit()
    return text


def grant(recipient: str = make.PHONE, *, ago: timedelta = timedelta(hours=1), **fields) -> dict:
    """A row that grants."""
    row = {
        "recipient": recipient, "type": "EPOSTA" if "@" in recipient else "MESAJ", "status": "ONAY",
        "consentDate": format_wire_date(clock.now() - ago), "source": "HS_WEB", "evidence": "Üyelik formu 2026-118",
    }  # fmt: skip
    return row | fields


def refusal(recipient: str = make.PHONE, **fields) -> dict:
    """A row that refuses."""
    return {"recipient": recipient, "type": "EPOSTA" if "@" in recipient else "MESAJ", "status": "RET"} | fields
