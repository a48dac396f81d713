"""Retailers of a brand, their access to consents, and what İYS refuses of them."""

import pytest

from iys_sandbox import retailers
from iys_sandbox.movements import Key
from portal.core import iys_protocol
from tests.iys_sandbox.callers import GRANT, Provider, codes

OF_BRAND, OF_OTHER = (700100, 700100), (700100, 700101)
SHOP = {
    "title": "XYZ Ticaret A.Ş.",
    "name": "Fatma Çelik",
    "tckn": "57703411244",
    "tin": "1234567890",
    "city": {"code": "34", "name": "İstanbul"},
    "town": {"code": "01", "name": "Kadıköy"},
}
KEY = {"recipient": GRANT["recipient"], "recipientType": "BIREYSEL", "type": "MESAJ"}
ACCESS = iys_protocol.retailer_access_path(*OF_BRAND)
ACCESS_LIST = iys_protocol.retailer_access_list_path(*OF_BRAND)
NO_ACCESS = iys_protocol.retailer_access_path(*OF_BRAND, removes=True)


def adds(provider, body, brand=OF_BRAND):
    return provider.posts(iys_protocol.retailers_path(*brand), body)


def deletes(provider, code, brand=OF_BRAND):
    headers = {"Authorization": f"Bearer {provider.token}"}
    return provider.client.delete(iys_protocol.retailer_path(*brand, code), headers=headers)


def without(field, **more):
    return {name: value for name, value in SHOP.items() if name != field} | more


def test_a_retailer_is_added_listed_shown_and_deleted(provider):
    added = adds(provider, SHOP)
    code = added.json["retailerCode"]
    adds(provider, SHOP | {"tckn": "10000000146", "title": "Başka Bayi"})

    assert added.status_code == 201 and len(str(code)) == 8
    page = provider.gets(iys_protocol.retailer_list_path(*OF_BRAND, limit=1)).json
    assert page["pagination"] == {"offset": 0, "pageSize": 1, "totalCount": 2, "currentPage": 1}
    assert page["list"] == [SHOP | {"status": "active", "retailerAccessCount": 0, "retailerCode": code}]
    assert provider.gets(iys_protocol.retailer_path(*OF_BRAND, code)).json | {"retailerCode": code} == page["list"][0]
    gone = deletes(provider, code)
    assert (gone.status_code, gone.mimetype, gone.text) == (200, "text/plain", "Başarı")
    unknown = provider.gets(iys_protocol.retailer_path(*OF_BRAND, code))
    assert (unknown.status_code, unknown.data) == (200, b"")
    assert codes(deletes(provider, code)) == ["H058"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], ["H016"]), ({}, ["H214", "H215", "H216", "H288", "H217", "H220"]), (SHOP | {"x": 1}, ["H016"]),
        (SHOP | {"title": "x" * 256}, ["H017"]), (SHOP | {"name": "<b>"}, ["H229"]), (SHOP | {"alias": ""}, ["H229"]),
        (SHOP | {"city": "İstanbul", "town": {"code": 1}}, ["H218", "H219", "H221", "H222"]),
        (SHOP | {"tckn": "5770341124"}, ["H226"]), (SHOP | {"tckn": "57703411245"}, ["H225"]),
        (SHOP | {"tin": "123"}, ["H244"]), (SHOP | {"tin": "1234567891"}, ["H243"]),
        (SHOP | {"tin": "1234 567890"}, ["H243"]), (SHOP | {"mersis": 1}, ["H228"]),
        (SHOP | {"mersis": "0123456789100015"}, ["H227"]), (SHOP | {"mobile": "05325001111"}, ["H224"]),
        (SHOP | {"status": "open"}, ["H201"]),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_retailer_is_named_by_its_code(provider, body, expected):
    answer = adds(provider, body)

    assert (answer.status_code, codes(answer)) == (400, expected)


def test_nobody_is_a_retailer_twice(provider):
    adds(provider, SHOP | {"mersis": "0123456789000015"})
    adds(provider, SHOP | {"tckn": "10000000146", "status": "passive"})

    assert codes(adds(provider, SHOP, OF_OTHER)) == ["H231"]
    assert codes(adds(provider, SHOP | {"tckn": "11111111110", "mersis": "0123456789000015"})) == ["H230"]
    assert codes(adds(provider, SHOP | {"tckn": "10000000146"})) == ["H253"]


def test_retailers_with_access_to_a_consent_are_listed_and_not_deleted(app, provider):
    provider.adds(GRANT)
    first, second = (
        adds(provider, SHOP | {"tckn": each}).json["retailerCode"] for each in (SHOP["tckn"], "10000000146")
    )

    given = provider.posts(ACCESS, KEY | {"retailerAccess": [first, second, first]})

    assert given.status_code == 200 and len(given.json["transactionId"]) == 64
    listed = provider.posts(ACCESS_LIST, KEY).json
    assert [each["retailerCode"] for each in listed["list"]] == [first, second]
    assert provider.gets(iys_protocol.retailer_path(*OF_BRAND, first)).json["retailerAccessCount"] == 1
    assert (deletes(provider, first).status_code, codes(deletes(provider, first))) == (400, ["H061"])
    of_list = {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": [KEY["recipient"]]}
    assert provider.posts(NO_ACCESS, of_list | {"retailerAccess": [first]}).status_code == 202
    assert deletes(provider, first).status_code == 200
    with app.extensions["sandbox"].store.reading() as db:
        left = retailers.retailers_with_access(db, Key(700100, *KEY.values()))
        assert [retailers.FIRST_CODE + each["id"] for each in left] == [second]


def test_access_needs_a_consent_and_known_retailers(provider):
    code = adds(provider, SHOP).json["retailerCode"]

    assert codes(provider.posts(ACCESS, KEY | {"retailerAccess": [code]})) == ["H401"]
    unknown = provider.posts(ACCESS, KEY | {"retailerAccess": [code, 12345678, "x", 2**70]})
    assert [(each.code, each.location) for each in iys_protocol.parse_errors(403, unknown.data)] == [
        ("H180", ["retailerAccess", place]) for place in (1, 2, 3)
    ]
    assert codes(provider.posts(ACCESS, KEY | {"retailerAccess": []})) == ["H163"]
    assert codes(provider.posts(ACCESS, KEY)) == ["H169"]
    assert codes(provider.posts(NO_ACCESS, {"retailerAccess": [code]})) == ["H170", "H111"]
    many = {"type": "MESAJ", "recipientType": "BIREYSEL", "recipients": [KEY["recipient"]] * 101}
    assert codes(provider.posts(NO_ACCESS, many | {"retailerAccess": [code]})) == ["H127"]


def test_another_brands_and_another_providers_retailers_are_unknown(app, provider):
    code = adds(provider, SHOP).json["retailerCode"]
    app.extensions["sandbox"].store.add_account("cem", "gizli", 700200, [700200])
    stranger = Provider(app)
    stranger.signs_in(username="cem", password="gizli")

    assert provider.gets(iys_protocol.retailer_path(*OF_OTHER, code)).data == b""
    assert codes(deletes(provider, code, OF_OTHER)) == ["H058"]
    assert codes(stranger.gets(iys_protocol.retailer_list_path(*OF_BRAND))) == ["H353"]
    assert codes(adds(stranger, SHOP)) == ["H353"]
