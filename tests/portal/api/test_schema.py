"""Schemathesis against the document that is served: no answer is a 500, and each is as the document says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from portal.api.documentation.campaign_examples import LINK_REQUEST
from portal.api.documentation.example import BRAND, MOMENT, PHONE, Example
from portal.api.documentation.examples import EXAMPLES
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import DecisionOrigin, Network
from tests import make
from tests.grants import insert_decisions
from tests.portal.api.programs import BASE, ID, Program, grant, make_key, run_examples
from tests.portal.web.consent_points.visitor import opened

HELD, REFUSED = "+905321234570", "+905321234571"  # İYS holds a grant; the person refused.
SEEN_ELSEWHERE = {"429", "500"}


@pytest.fixture
def program(app) -> Iterator[Program]:
    """Of a provider that has decisions; its clock is that of the examples."""
    with time_machine.travel(MOMENT), app.app_context():
        provider, brand = make.provider(), make.brand()
        insert_decisions(brand, [HELD], clock.now(), held=Status.GRANTED)
        refused_at = clock.now() - timedelta(hours=2)
        insert_decisions(brand, [REFUSED], refused_at, status=Status.REFUSED, origin=DecisionOrigin.LINK)
        db.session.add(Network(provider_id=provider.id, cidr="127.0.0.1/32", note="", created_at=clock.now()))
        db.session.commit()
        for slug, published in (("ornek-magaza-kasa", True), ("ornek-magaza-yeni", False)):
            opened(app, slug=slug, published=published)
        yield Program(app, make_key(provider))


def read_schema(app) -> Any:
    """The served document, as Schemathesis knows it."""
    import schemathesis  # Here: it takes seconds, which only these tests need.

    return schemathesis.openapi.from_wsgi("/api/openapi.json", app)


def operations_of(schema) -> dict[str, Any]:
    found = [each.ok() for each in schema.get_all_operations()]
    return {each.definition.raw["operationId"]: each for each in found}


def special_calls() -> list[Example]:
    """Calls that are answered as no example and no usual mistake is."""
    return [
        Example("mayBeMessaged", f"/brands/{BRAND}/may-send/MESAJ/{HELD}", None, 200, None),
        Example("addConsent", f"/brands/{BRAND}/consents", grant(REFUSED), 409, None),
        Example("addLink", f"/brands/{BRAND}/points/ornek-magaza-yeni/links", LINK_REQUEST, 409, None),
        Example("listEvents", f"/events?cursor={'9' * 18}", None, 410, None),
    ]


def mistakes(program: Program, strangers: list[Program], method: str, example: Example) -> Iterator[TestResponse]:
    """Answers to the usual mistakes: no key, another network, what does not exist, and what cannot be read."""
    path, has_body = BASE + example.path, example.body is not None
    for each in strangers:
        yield each.open(method, path)
    yield program.open(method, ID.sub("1", path.replace(f"/{BRAND}", "/1")), json=example.body)
    if not has_body:
        yield program.open(method, f"{path.replace(PHONE, 'x')}?unknown=1")
        return
    yield program.open(method, path, json={}, environ_overrides={"CONTENT_LENGTH": str(10**9)})
    for kind, content in (("json", "{"), ("json", '{"unknown": 1}'), ("plain", "x")):
        yield program.open(method, path, data=content, content_type=f"application/{kind}")


@pytest.mark.slow
def test_every_operation_answers_with_each_status_that_it_documents(app, program):
    operations, seen = operations_of(read_schema(app)), {}
    answers = [(example.operation, answer) for example, answer in run_examples(program)]
    strangers = [Program(app, ""), Program(app, program.key, "203.0.113.7")]
    first = {example.operation: example for example in reversed(EXAMPLES)}
    for name, example in first.items():
        answers += [(name, each) for each in mistakes(program, strangers, operations[name].method, example)]
    for call in special_calls():
        method, path = operations[call.operation].method, BASE + call.path
        answers.append((call.operation, program.open(method, path, json=call.body)))
    for name, answer in answers:
        operations[name].validate_response(answer)
        seen.setdefault(name, set()).add(str(answer.status_code))

    documented = {name: set(each.responses.status_codes) for name, each in operations.items()}
    assert {name: its - SEEN_ELSEWHERE for name, its in documented.items()} == seen
