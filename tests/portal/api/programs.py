"""A provider's program: calls the API with a key, and each write with a new Idempotency-Key."""

import contextlib
import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta

from werkzeug.test import TestResponse

from portal.api.documentation import file_examples
from portal.api.documentation.example import Example
from portal.api.documentation.examples import EXAMPLES
from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.iys_protocol import format_wire_date
from portal.core.models import Brand, Provider, User
from portal.domain.identity import api_keys
from portal.domain.identity.permissions import COMMON_SCOPES, Scope
from portal.services import event_sequencer, launches
from portal.services.imports import layout, profiles, worker
from tests import make

ID = re.compile(r"\b\d{18}\b")
ALL = frozenset(Scope) - COMMON_SCOPES
BASE = "/api/v1"
CONSENTS = f"{BASE}/brands/{make.BRAND_CODE}/consents"
BULK = f"{CONSENTS}/bulk"


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

    def open(self, method: str, path: str, **options):
        headers = self._headers() | {"Idempotency-Key": uuid.uuid4().hex}
        if method in ("POST", "PUT") and not options:
            options = {"json": {}}
        return self.client.open(path, method=method, headers=headers, **options)

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


def add_brand(provider: Provider, code: int) -> Brand:
    brand = Brand(provider_id=provider.id, brand_code=code, name="İkinci", created_at=clock.now())
    db.session.add(brand)
    db.session.commit()
    return brand


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


def codes(answer) -> list[str | None]:
    """The code of each row's problem."""
    return [each["problem"] and each["problem"]["code"] for each in answer.json["results"]]


def run_examples(program: Program, *more: Example) -> Iterator[tuple[Example, TestResponse]]:
    """Run every example of the documentation, in order, and more, each with what came. Ids that an answer is shown with
    stand in later examples for those that came."""
    ids: dict[str, str] = {}
    paths = program.client.get("/api/openapi.json").json["paths"]
    methods = {each["operationId"]: method for path in paths.values() for method, each in path.items()}
    for example in (*EXAMPLES, *more):
        path = BASE + ID.sub(lambda shown: ids.get(shown[0], shown[0]), example.path)
        body = json.loads(ID.sub(lambda shown: ids.get(shown[0], shown[0]), json.dumps(example.body)))
        run_workers(program.client.application)
        options = {"json": body} if example.file is None else {"data": example.file, "content_type": "text/csv"}
        answer = program.open(methods[example.operation], path, **options)
        _learn_ids(example.answer, answer.get_json(silent=True), ids)
        yield example, answer


def reach_iys(app, box) -> None:
    """Let the app call this sandbox, at which the person of the examples has granted."""
    app.config["IYS_BASE_URL"] = box.url
    box.acts(make.PHONE, "MESAJ", "ONAY", brandCode=make.BRAND_CODE)


def run_workers(app) -> None:
    """Do what workers would have done by now."""
    with app.app_context():
        event_sequencer.sequence_next_events()
        for batch_id in worker.unfinished_batches():
            while worker.work(batch_id):
                pass
        for campaign_id in launches.unfinished():
            launches.run(campaign_id, app.config["LINK_SALT"])


def make_profile(provider: Provider) -> None:
    """A profile by which the examples' file is read."""
    lines = [(number, line.split(";")) for number, line in enumerate(file_examples.FILE.splitlines(), 1)]
    guessed = layout.guess(file_examples.HEADER, lines[1:])
    profiles.remember(
        db.session, vault(), provider.id, file_examples.HEADER, guessed, clock.now(), name=file_examples.PROFILE
    )
    db.session.commit()


def _learn_ids(shown, came, ids: dict[str, str]) -> None:
    if isinstance(shown, dict) and isinstance(came, dict):
        for name in shown.keys() & came.keys():
            _learn_ids(shown[name], came[name], ids)
    elif isinstance(shown, list) and isinstance(came, list):
        for pair in zip(shown, came, strict=False):
            _learn_ids(*pair, ids)
    elif isinstance(shown, str) and ID.fullmatch(shown):
        ids[shown] = came
