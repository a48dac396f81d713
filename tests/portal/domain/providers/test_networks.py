"""Networks are kept in one spelling, and nobody locks themselves out."""

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.domain.providers import networks
from tests import make

pytestmark = pytest.mark.alike

HERE = "203.0.113.7"


@pytest.fixture
def firm(app):
    with app.app_context():
        yield make.provider()
        db.session.rollback()


def add(firm, text, here=HERE, note=""):
    return networks.add_network(db.session, firm, text, note=note, here=here, at=clock.now())


@pytest.mark.parametrize(
    ("text", "cidr"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        (" 203.0.113.7/24 ", "203.0.113.0/24"),
        ("203.0.113.0/255.255.255.0", "203.0.113.0/24"),
        ("2001:DB8:0:0::1", "2001:db8::1/128"),
        ("2001:db8::1/48", "2001:db8::/48"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
    ],
)
def test_a_network_has_one_spelling(text, cidr):
    assert networks.normalize_network(text) == cidr


@pytest.mark.parametrize("text", ["", "x", "203.0.113", "203.0.113.7/33", "203.0.113.7-9", "fe80::1%eth0", "1" * 64])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(networks.NotANetwork):
        networks.normalize_network(text)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "128.0.0.0/1", "::/0", "2000::/3", "::ffff:0:0/96"])
def test_half_of_the_internet_is_refused(text):
    with pytest.raises(networks.TooWide):
        networks.normalize_network(text)


def test_the_first_network_must_hold_who_adds_it(firm):
    with pytest.raises(networks.LocksOutUser):
        add(firm, "198.51.100.0/24")

    assert add(firm, "203.0.113.0/24", note=" Merkez ").note == "Merkez"


def test_a_second_network_may_be_elsewhere(firm):
    add(firm, HERE)
    add(firm, "2001:db8::/48")

    assert [each.cidr for each in networks.list_networks(db.session, firm.id)] == ["203.0.113.7/32", "2001:db8::/48"]


def test_the_same_network_in_another_spelling_is_there_already(firm):
    add(firm, "203.0.113.0/24")

    with pytest.raises(networks.AlreadyListed):
        add(firm, "203.0.113.9/24")


def test_the_list_ends_somewhere(firm):
    add(firm, HERE)
    for number in range(networks.MAX_NETWORKS - 1):
        add(firm, f"198.51.100.{number}")

    with pytest.raises(networks.TooManyNetworks):
        add(firm, "192.0.2.1")


def test_nobody_takes_away_what_holds_them(firm):
    mine = add(firm, HERE)
    add(firm, "198.51.100.0/24")

    with pytest.raises(networks.LocksOutUser):
        networks.remove_network(db.session, firm, mine.id, here=HERE)


def test_the_last_network_may_go_and_everybody_may_come(firm):
    mine = add(firm, HERE)

    assert networks.remove_network(db.session, firm, mine.id, here=HERE) == "203.0.113.7/32"
    assert networks.list_networks(db.session, firm.id) == []


def test_another_providers_network_is_not_removed(firm):
    other = make.provider(700002, 700002, "cem@example.com")
    theirs = add(other, HERE)

    assert networks.remove_network(db.session, firm, theirs.id, here=HERE) is None
    assert len(networks.list_networks(db.session, other.id)) == 1


def test_an_address_of_version_four_in_one_of_six_lies_where_it_lies():
    assert networks.contain_address(["203.0.113.0/24"], "::ffff:203.0.113.7")
    assert not networks.contain_address(["203.0.113.0/24"], "nowhere")
