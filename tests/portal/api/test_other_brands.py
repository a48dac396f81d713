"""A row whose field names another brand than the URL's is not taken, its refusal neither: it belongs elsewhere."""

import pytest

from portal.api.v1.rows import read_rows
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Decision
from portal.services.imports.brand_columns import BrandColumn
from portal.services.imports.brand_names import BrandNames
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

    named = [{"brandCode": str(OTHER)}, {"markaKodu": 712345}, {"brand": {"code": OTHER, "name": "Moda Evi"}},
             {"brands": ["Moda Evi"]}]  # fmt: skip
    answer = program.post(BULK, {"consents": [refusal(f"{n}@example.com") | each for n, each in enumerate(named)]})
    assert codes(answer) == ["other_brand"] * len(named)
    assert codes(program.post(BULK, {"consents": [grant() | {"brandCode": OTHER}]})) == ["other_brand"]
    assert rows.count(Decision) == 0


@pytest.mark.parametrize(
    "field",
    [{"brandCode": make.BRAND_CODE}, {"brand": "Nike"}, {"orderId": OTHER}, {"providerId": 654321},
     {"provider": "532000"}, {"serviceProvider": "654321"}, {"saglayiciKodu": 123456}, {"brandId": 654321},
     {"store": "Moda Evi"}, {"companyName": "Moda Evi"}, {"brandName": "Örnek Mağaza (eski: Moda Evi)"},
     {"brand": "Moda Evi, hepsi"}, {"brands": ["Moda Evi", "hepsi"]}, {"brand": "≠ Moda Evi"},
     {"brand": "Örnek Mağaza", "brandCode": OTHER}, {"brand": "Örnek Mağaza", "brandCode": 712345}],
)  # fmt: skip
def test_a_refusal_with_the_brands_own_code_or_another_field_is_taken_and_the_field_ignored(program, rows, field):
    answer = program.post(CONSENTS, refusal() | field)

    assert (answer.status_code, answer.json["results"][0]["ignored"]) == (200, [*field])
    assert rows.count(Decision) == 1


@pytest.mark.parametrize("code", [OTHER, 712345])
def test_a_refusal_of_another_brand_holds_a_grant_of_its_address_back_as_in_files(program, code):
    other = refusal("ayse@example.com") | {"brandCode": code}
    its = grant() | {"recipient": other["recipient"], "type": other["type"]}

    assert codes(program.post(BULK, {"consents": [other, its]})) == ["other_brand", "refused_elsewhere"]
    granted, noted = its | {"brandCode": code}, its | {"brandCode": code, "notes": "Bir daha aramayın"}
    assert codes(program.post(BULK, {"consents": [noted, its]})) == ["other_brand", "refused_elsewhere"]
    assert codes(program.post(BULK, {"consents": [granted, its]})) == ["other_brand", None]


def test_fields_are_looked_at_once_for_all_rows(monkeypatch):
    looked = []
    monkeypatch.setattr(BrandColumn, "__init__", lambda self, name, brands: looked.append(name))
    monkeypatch.setattr(BrandColumn, "holds_brands", False, raising=False)
    monkeypatch.setattr(BrandColumn, "holds_firms", False, raising=False)
    brands = BrandNames.of_names(["700001"], [], [])

    read_rows([refusal() | {"alan": "1", "brand": "2"} for _ in range(9)], clock.now(), brands)

    assert looked == ["alan", "brand"]
