"""One recipient's history, in pages."""

import pytest

from portal.core import iys_protocol
from tests.iys_sandbox.callers import GRANT, REFUSAL, codes

KEY = {name: GRANT[name] for name in ("recipient", "recipientType", "type")}


def asks(provider, body=KEY, **paging):
    return provider.posts(iys_protocol.history_path(700100, 700100, **paging), body)


def test_the_newest_movement_stands_first(provider):
    provider.adds(GRANT)
    provider.adds(REFUSAL)

    answer = asks(provider).json

    assert [row["status"] for row in answer["list"]] == ["RET", "ONAY"]
    assert answer["pagination"] == {"totalCount": 2, "pageSize": 2, "offset": 0}
    assert [row["status"] for row in asks(provider, offset=1, limit=1).json["list"]] == ["ONAY"]


@pytest.mark.parametrize(
    ("paging", "code"), [({"limit": 101}, "H186"), ({"limit": 0}, "H187"), ({"offset": -1}, "H182")]
)
def test_another_page_is_refused(provider, paging, code):
    assert codes(asks(provider, **paging)) == [code]


def test_what_is_no_key_is_refused(provider):
    assert codes(asks(provider, {})) == ["H170", "H111", "H114"]


def test_a_hundred_an_hour_are_answered(provider, clock):
    for _ in range(100):
        assert asks(provider).status_code == 200

    assert codes(asks(provider)) == ["H089"]
    clock.forward(hours=1)
    assert asks(provider).status_code == 200
