"""Schemathesis against the document that is served: no answer is a 500, and each is as the document says."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests import make
from tests.portal.api.programs import make_key

pytestmark = pytest.mark.long
EXAMPLES = 100  # Of each operation.


def test_every_answer_is_as_the_document_says(app):
    import schemathesis  # Here: it takes seconds, which only this test needs.
    from schemathesis.checks import (
        content_type_conformance,
        not_a_server_error,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
    with app.app_context():
        headers = {"Authorization": f"Bearer {make_key(make.provider())}"}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=HealthCheck)
        @given(operation.as_strategy())
        def check(case):
            answer = case.call(headers=headers)
            asked.add((case.operation.label, answer.status_code))
            case.validate_response(answer, checks=checks)

        check()
    assert {label for label, status in asked if status in (200, 404)} == {label for label, _ in asked}
