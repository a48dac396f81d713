"""The page of networks: a list counts at once, and nobody shuts themselves out."""

import pytest

from portal.core.models import AuditEntry, Network
from tests.portal.web.dashboard.staff import StaffBrowser, signed_in

pytestmark = pytest.mark.alike

OFFICE = "127.0.0.0/24"  # Tests come from 127.0.0.1.


def adds(ayse, cidr, note=""):
    return ayse.posts("/dashboard/networks", {"cidr": cidr, "note": note})


def elsewhere(staff: StaffBrowser, address="203.0.113.7") -> int:
    """What the same session is answered from another network."""
    return staff.browser.get("/dashboard/", environ_base={"REMOTE_ADDR": address}).status_code


def test_a_network_counts_at_once(ayse, rows):
    assert elsewhere(ayse) == 200

    assert adds(ayse, "127.0.0.9/24", "Merkez").status_code == 303
    assert rows.one(Network).cidr == OFFICE
    assert elsewhere(ayse) == 403
    assert ayse.opens("/dashboard/").status_code == 200


@pytest.mark.parametrize(
    ("cidr", "words"),
    [
        ("", "Bir ağ yazın"),
        ("office", "Bu bir ağ değil"),
        ("0.0.0.0/0", "büyük bir bölümünü"),
        ("203.0.113.0/24", "listenin dışında kalırdı"),
    ],
)
def test_a_wrong_network_comes_back_with_the_reason(ayse, rows, cidr, words):
    answer = adds(ayse, cidr, "Merkez")

    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Merkez"' in answer.text
    assert rows.count(Network) == 0


def test_nobody_takes_away_what_holds_them(ayse, rows):
    adds(ayse, OFFICE)
    adds(ayse, "203.0.113.0/24")
    office = rows(Network, Network.cidr == OFFICE)[0]
    ayse.posts(f"/dashboard/networks/{office.id}/remove")

    assert "listenin dışında kalırdı" in ayse.opens("/dashboard/networks").text
    assert len(rows(Network)) == 2


def test_without_any_network_people_come_from_everywhere_again(ayse, rows):
    adds(ayse, OFFICE)
    ayse.posts(f"/dashboard/networks/{rows.one(Network).id}/remove")

    assert elsewhere(ayse) == 200
    assert [entry.act for entry in rows(AuditEntry) if entry.act.startswith("network.")] == [
        "network.added", "network.removed",
    ]  # fmt: skip


def test_a_proxy_that_is_not_counted_is_not_believed(app, ayse, rows):
    adds(ayse, OFFICE)

    answer = ayse.browser.get(
        "/dashboard/", environ_base={"REMOTE_ADDR": "203.0.113.7"}, headers={"X-Forwarded-For": "127.0.0.1"}
    )
    assert answer.status_code == 403


def test_another_providers_people_are_not_kept_out(app, ayse):
    from tests import make

    adds(ayse, OFFICE)
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")

    assert elsewhere(signed_in(app, "cem@example.com")) == 200


def test_the_page_says_from_where_the_person_comes(ayse):
    assert '<strong class="long">127.0.0.1</strong>' in ayse.opens("/dashboard/networks").text
