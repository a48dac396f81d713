"""A row whose field names another brand than the URL's is not taken, its refusal neither: it belongs elsewhere."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Decision
from tests import make
from tests.portal.api.programs import BULK, CONSENTS, Program, codes, grant, make_key, refusal

OTHER = make.BRAND_CODE + 1


@pytest.fixture
def program(app) -> Program:
    with app.app_context():
        provider = make.provider()
        db.session.add(Brand(provider_id=provider.id, brand_code=OTHER, name="Moda Evi", created_at=clock.now()))
        db.session.commit()
        return Program(app, make_key(provider))


def test_a_row_that_names_another_brand_is_told_which_field_does_and_writes_nothing(program, rows):
    answer = program.post(CONSENTS, refusal() | {"brandCode": OTHER})
    assert (answer.status_code, answer.json["code"], answer.json["errors"][0]["field"]) == (
        422, "other_brand", "brandCode",
    )  # fmt: skip

    named = [{"brandCode": str(OTHER)}, {"markaKodu": 712345}, {"brand": "Moda Evi"}]
    answer = program.post(BULK, {"consents": [refusal(f"{n}@example.com") | each for n, each in enumerate(named)]})
    assert codes(answer) == ["other_brand"] * 3
    assert codes(program.post(BULK, {"consents": [grant() | {"brandCode": OTHER}]})) == ["other_brand"]
    assert rows.count(Decision) == 0


@pytest.mark.parametrize("field", [{"brandCode": make.BRAND_CODE}, {"brand": "Nike"}, {"orderId": OTHER}])
def test_a_refusal_with_the_brands_own_code_or_another_field_is_taken_and_the_field_ignored(program, rows, field):
    answer = program.post(CONSENTS, refusal() | field)

    assert (answer.status_code, answer.json["results"][0]["ignored"]) == (200, [*field])
    assert rows.count(Decision) == 1
