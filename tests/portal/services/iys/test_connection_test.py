"""A test of a connection asks the İYS in the box, keeps what it says, and decides whether a partner may write."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Connection, Credential, Feed, ForwardingHold, Outcome, Provider, Submission
from portal.domain.identity import accounts
from portal.services.iys import connection_test
from portal.services.iys.account_report import BrandOwner, findings_from_json
from portal.services.iys.inflow import feeds
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PARTNER, PARTNERS_PASSWORD, INTEGRATOR = "ortak", "ortak-parola", 700100
TITLE = "ÖRNEK MAĞAZACILIK ANONİM ŞİRKETİ"


@pytest.fixture
def provider_id(app) -> int:
    with app.app_context():
        return make.provider().id


def found_by(app, iys, provider_id):
    """What a test finds, as it is kept."""
    with app.app_context():
        found = connection_test.run_connection_test(iys, provider_id)
    with app.app_context():
        assert findings_from_json(db.session.query(Connection).one().findings) == found
    return found


def connect(app, provider_id, *, password: str) -> None:
    """Connect by an account of the provider's own."""
    with app.app_context():
        provider = db.session.get_one(Provider, provider_id)
        accounts.connect(db.session, vault(), provider, username=make.USERNAME, password=password, at=clock.now())
        db.session.commit()


def pull_all(app, iys) -> None:
    """Listen until no feed is due."""
    with app.app_context():
        while feeds.pull_next_page(iys):
            pass


def by_partner(app, sandbox, provider_id, *, title: str | None = TITLE, brands=(make.BRAND_CODE,), rights=None) -> None:
    """Connect by a partner who may act for the provider at İYS as said."""
    authorise(sandbox, title=title, brands=brands, rights=rights)
    with app.app_context():
        partner = accounts.store_partner_credential(
            db.session, vault(), integrator_code=INTEGRATOR, username=PARTNER, password=PARTNERS_PASSWORD,
            at=clock.now(),
        )  # fmt: skip
        accounts.connect_by_partner(db.session, db.session.get_one(Provider, provider_id), partner, at=clock.now())
        db.session.commit()


def authorise(sandbox, *, title: str | None = TITLE, brands=(make.BRAND_CODE,), rights=None) -> None:
    acts_for = {"iysCode": make.IYS_CODE, "brands": list(brands), "rights": rights, "title": title}
    sandbox.add_account(
        PARTNER, PARTNERS_PASSWORD, INTEGRATOR, [], kind="partner", integrator_code=INTEGRATOR, acts_for=[acts_for]
    )


def writes(rows) -> bool:
    return rows.one(Connection).forwarding_enabled_at is not None


def test_a_providers_own_account_is_found_in_order(app, iys, sandbox, provider_id, rows):
    found = found_by(app, iys, provider_id)

    (brand,) = found.brands
    assert (brand.code, brand.is_master, brand.whose) == (make.BRAND_CODE, True, BrandOwner.OURS)
    assert set(brand.writable) == {"MESAJ", "ARAMA", "EPOSTA"}
    assert found.subscription.state == "ACTIVE" and found.subscription.limit
    assert found.is_clear and found.title is None
    assert rows.one(Connection).tested_at is not None


def test_brands_are_told_apart_by_whose_they_are(app, iys, sandbox, provider_id):
    sandbox.add_account(make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE, 700002, 700003])
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
        db.session.query(Connection).filter(Connection.provider_id != provider_id).delete()
        db.session.commit()

    found = found_by(app, iys, provider_id)

    assert {brand.code: brand.whose for brand in found.brands} == {
        make.BRAND_CODE: BrandOwner.OURS, 700002: BrandOwner.ELSEWHERE, 700003: BrandOwner.NO_PROVIDER,
    }  # fmt: skip


def test_a_brand_that_iys_does_not_list_is_missing_and_what_was_held_is_tried_again(app, iys, provider_id, rows):
    with app.app_context():
        db.session.add(Brand(provider_id=provider_id, brand_code=700009, name="Yan", created_at=clock.now()))
        make.hold("H353", until=clock.now() + timedelta(minutes=7), of=make.brand())

    found = found_by(app, iys, provider_id)

    assert found.missing == (700009,) and not found.is_clear
    assert rows(ForwardingHold) == []


def test_a_wrong_password_is_reported_with_its_code(app, sandbox, iys, provider_id):
    sandbox.add_account(make.USERNAME, "another password", make.IYS_CODE, [make.BRAND_CODE])

    first, second = found_by(app, iys, provider_id), found_by(app, iys, provider_id)

    assert first.brands is None
    assert [trouble.code for trouble in first.troubles] == ["invalid_request"]
    assert [trouble.code for trouble in second.troubles] == ["invalid_request"], (
        "İYS is not asked again so soon, and we remember"
    )


def test_a_paused_subscription_is_reported_twice(app, sandbox, iys, provider_id):
    """Its state by the one endpoint that still answers, and H520 by all others."""
    sandbox.add_account(
        make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE], subscription={"status": "PAUSED"}
    )

    found = found_by(app, iys, provider_id)

    assert [trouble.code for trouble in found.troubles] == ["H520"]
    assert found.subscription.state == "PAUSED" and not found.is_clear


def test_no_answer_is_reported_after_the_first_question(app, iys, provider_id, sandbox):
    found_by(app, iys, provider_id)
    sandbox.fault("brands", "reset")

    found = found_by(app, iys, provider_id)

    assert [(trouble.question, trouble.status) for trouble in found.troubles] == [("brands", 0)]


@pytest.mark.parametrize("kind", ["html", "empty", "cut"])
def test_an_unreadable_answer_is_a_problem_not_a_finding(app, iys, provider_id, sandbox, kind):
    sandbox.fault("brands", kind)

    found = found_by(app, iys, provider_id)

    assert found.brands is None and found.missing == ()
    assert found.troubles[0].question == "brands"


def test_the_forecast_counts_what_iys_accepted(app, browser, sandbox, iys, provider_id):
    code = make.codes(app)[make.PHONE]
    Person(browser, code).decides(MESAJ="ONAY", ARAMA="ONAY")
    make.forward_all(app, iys)

    with time_machine.travel(clock.now() + timedelta(days=10)):
        found = found_by(app, iys, provider_id)

    assert found.subscription.used == found.subscription.added == 2
    assert round(found.subscription.over_days) == 10


def test_a_partner_writes_once_the_titles_agree(app, sandbox, iys, provider_id, rows):
    by_partner(app, sandbox, provider_id)
    assert not writes(rows)

    found = found_by(app, iys, provider_id)

    assert found.title_agrees and found.is_clear
    assert writes(rows)


@pytest.mark.parametrize(
    "authority",
    [{"title": "Başka Mağazacılık A.Ş."}, {"brands": (700009,)}, {"rights": {"MESAJ": "read"}}, {"rights": {}}],
)
def test_a_partner_does_not_write_for_another_firm_or_without_rights(app, sandbox, iys, provider_id, rows, authority):
    by_partner(app, sandbox, provider_id, **authority)

    found = found_by(app, iys, provider_id)

    assert not found.is_clear and not writes(rows)


def test_nothing_is_sent_before_a_partners_titles_agree(app, browser, sandbox, iys, provider_id):
    by_partner(app, sandbox, provider_id)
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")

    make.forward_all(app, iys)
    assert sandbox.movements() == []
    found_by(app, iys, provider_id)
    make.forward_all(app, iys)

    assert len(sandbox.movements()) == 1


def test_a_partner_who_lost_its_right_writes_no_more(app, sandbox, iys, provider_id, rows):
    by_partner(app, sandbox, provider_id)
    found_by(app, iys, provider_id)
    authorise(sandbox, title="Başka Mağazacılık A.Ş.")

    found_by(app, iys, provider_id)

    assert not writes(rows)


def test_a_partner_goes_on_while_iys_does_not_answer(app, sandbox, iys, provider_id, rows):
    by_partner(app, sandbox, provider_id)
    found_by(app, iys, provider_id)
    since = rows.one(Connection).forwarding_enabled_at
    sandbox.fault("partner_brands", "html")

    found = found_by(app, iys, provider_id)

    assert found.troubles and rows.one(Connection).forwarding_enabled_at == since


def test_a_partner_writes_in_the_channels_that_were_given(app, sandbox, iys, provider_id):
    by_partner(app, sandbox, provider_id, rights={"MESAJ": "write", "ARAMA": "read"})

    found = found_by(app, iys, provider_id)

    assert found.brands[0].writable == ("MESAJ",)
    assert found.subscription.limit is None, "İYS shows a partner no numbers"


def test_a_good_test_makes_due_what_waited_for_the_provider(app, browser, sandbox, iys, provider_id, rows):
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    facts = (make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])
    sandbox.add_account(*facts, subscription={"status": "PAUSED"})
    make.forward_all(app, iys)
    assert rows.one(Submission).outcome == Outcome.BLOCKED
    sandbox.add_account(*facts, subscription={"status": "ACTIVE"})

    found_by(app, iys, provider_id)
    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert rows(ForwardingHold) == []


def test_what_waited_for_another_password_goes_once_it_is_found_good(app, browser, sandbox, iys, provider_id, rows):
    connect(app, provider_id, password="wrong")
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    pull_all(app, iys)
    assert rows.one(Submission).due_at > clock.now()
    connect(app, provider_id, password=make.PASSWORD)

    found_by(app, iys, provider_id)
    make.forward_all(app, iys)
    pull_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert [feed.code for feed in rows(Feed)] == [None, None]


def test_what_was_blocked_goes_once_another_account_is_found_good(app, browser, sandbox, iys, provider_id, rows):
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    sandbox.fault("add", "H245", count=1)
    make.forward_all(app, iys)
    connect(app, provider_id, password=make.PASSWORD)

    found_by(app, iys, provider_id)
    make.forward_all(app, iys)

    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def test_findings_of_a_former_connection_are_not_stored_on_the_new_one(app, sandbox, iys, provider_id, rows):
    found_by(app, iys, provider_id)
    connect(app, provider_id, password="another")

    assert rows.one(Connection).findings is None
    assert rows.count(Credential) == 1, "the password that is used no more is gone"
