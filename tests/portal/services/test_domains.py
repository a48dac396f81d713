"""A host is a brand's once its TXT record says so; then the brand's links open there, and begin with it."""

from datetime import timedelta

import dns.rcode
import pytest
import time_machine
from sqlalchemy import delete, select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Brand, Decision, Domain
from portal.domain.providers import brands
from portal.services import domains, launches
from portal.services.domains import BadHost, CheckResult, HostProblem
from tests import make, name_server, own_hosts
from tests.portal.domain.identity.test_concurrency import at_once

HOST, OTHER = "izin.ornek.example", "yedek.example"
OURS = {"localhost", "kisa.example"}


@pytest.fixture
def names(app, tmp_path, monkeypatch):
    """A name server by which the brand's hosts lead here."""
    with name_server.running_name_server() as server, own_hosts.leading_here(app, tmp_path, monkeypatch, HOST, OTHER):
        app.config["DNS_SERVER"] = server.address
        server.addresses |= {HOST: ["127.0.0.1"], OTHER: ["127.0.0.1"]}
        yield server


@pytest.fixture
def brand_id(app) -> int:
    with app.app_context():
        return make.brand().id


def add(app, brand_id: int, host: str = HOST) -> tuple[int, str, str]:
    """A claim: its id, its record's name and what it must say."""
    with app.app_context():
        made = domains.add(db.session, db.session.get_one(Brand, brand_id), host, clock.now())
        db.session.commit()
        return made.id, domains.record_name(made), made.proof


def check(app, domain_id: int) -> CheckResult:
    with app.app_context():
        return domains.check(domain_id)


def verified(app, names, brand_id: int, host: str = HOST) -> int:
    domain_id, name, proof = add(app, brand_id, host)
    names.texts[name] = [proof]
    assert check(app, domain_id) == CheckResult.FOUND
    return domain_id


def test_a_record_that_says_so_proves_the_host(app, names, brand_id, rows):
    domain_id, name, proof = add(app, brand_id)
    names.texts[name] = ["v=spf1 -all", proof]

    seen = check(app, domain_id)

    assert seen == CheckResult.FOUND
    assert name == f"_izinlink.{HOST}"
    assert rows.one(Domain).verified_at is not None
    assert [entry.act for entry in rows(AuditEntry)] == ["domain.verified"]


def test_without_the_record_or_with_another_nothing_is_proven(app, names, brand_id, rows):
    domain_id, name, proof = add(app, brand_id)

    assert check(app, domain_id) == CheckResult.ABSENT
    names.texts[name] = [proof[:-1], f"x{proof}"]
    assert check(app, domain_id) == CheckResult.ABSENT
    assert rows.one(Domain).verified_at is None
    assert rows.one(Domain).missing_since is None


def test_a_name_server_out_of_order_says_nothing(app, names, brand_id, rows):
    domain_id = verified(app, names, brand_id)
    names.rcode = dns.rcode.SERVFAIL

    assert check(app, domain_id) == CheckResult.NO_ANSWER
    assert rows.one(Domain).missing_since is None


def test_a_record_that_is_gone_is_noted_once_and_takes_nothing_away(app, names, brand_id, rows):
    domain_id = verified(app, names, brand_id)
    names.texts.clear()

    check(app, domain_id)
    first = rows.one(Domain)
    check(app, domain_id)

    assert first.verified_at is not None and first.missing_since is not None
    assert rows.one(Domain).missing_since == first.missing_since
    assert [entry.act for entry in rows(AuditEntry)] == ["domain.verified", "domain.missing"]


def test_a_record_that_came_back_is_forgiven(app, names, brand_id, rows):
    domain_id = verified(app, names, brand_id)
    texts = dict(names.texts)
    names.texts.clear()
    check(app, domain_id)
    names.texts.update(texts)

    check(app, domain_id)

    assert rows.one(Domain).missing_since is None


def test_the_clock_looks_again_when_the_time_has_come(app, names, brand_id):
    _, name, _ = add(app, brand_id)
    for wait, asked in (
        (timedelta(0), 0),
        (timedelta(minutes=11), 1),
        (timedelta(minutes=2), 1),
        (timedelta(days=8), 1),
    ):
        with time_machine.travel(clock.now() + wait, tick=False), app.app_context():
            domains.check_due()
            assert names.asked.count(name) == asked


def test_a_proven_host_is_looked_at_each_day(app, names, brand_id):
    verified(app, names, brand_id)

    with time_machine.travel(clock.now() + timedelta(hours=23)), app.app_context():
        domains.check_due()
    assert names.asked.count(f"_izinlink.{HOST}") == 1
    with time_machine.travel(clock.now() + timedelta(hours=25)), app.app_context():
        domains.check_due()
        domains.check_due()
    assert names.asked.count(f"_izinlink.{HOST}") == 2


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (" Izin.Ornek.EXAMPLE. ", HOST),
        ("çiçek.example", "xn--iek-1lab.example"),
        ("a-b.ornek.com.tr", "a-b.ornek.com.tr"),
    ],
)
def test_a_host_is_kept_in_one_spelling(text, host):
    assert domains.normalize_host(text, OURS) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ornek",
        "https://ornek.example",
        "ornek.example/k",
        "ornek.example:8000",
        "10.0.0.1",
        "::1",
        "a..b",
        "-a.example",
        "a b.example",
        "a_b.example",
        "*.ornek.example",
        "ornek.example\n.evil.example",
        "x" * 64 + ".a.example",
        "a." * 130 + "tr",
    ],
)
def test_what_is_no_host_is_refused(text):
    with pytest.raises(BadHost) as refused:
        domains.normalize_host(text, OURS)
    assert refused.value.problem == HostProblem.SPELLING


@pytest.mark.parametrize("text", ["kisa.example", "x.kisa.example", "KISA.example."])
def test_our_own_hosts_are_nobodys_brand(text):
    with pytest.raises(BadHost) as refused:
        domains.normalize_host(text, OURS)
    assert refused.value.problem == HostProblem.OURS


def test_a_brand_has_two_hosts_at_most(app, brand_id):
    add(app, brand_id), add(app, brand_id, "yedek.example"), add(app, brand_id)

    with pytest.raises(BadHost) as refused:
        add(app, brand_id, "ucuncu.example")
    assert refused.value.problem == HostProblem.TOO_MANY


def test_a_proven_host_cannot_be_claimed_by_another(app, names, brand_id):
    verified(app, names, brand_id)
    with app.app_context():
        cems = make.provider(800001, 800001, "cem@example.com")
        other = db.session.query(Brand).filter_by(provider_id=cems.id).one().id

    with pytest.raises(BadHost) as refused:
        add(app, other)
    assert refused.value.problem == HostProblem.TAKEN


@pytest.fixture
def cems_brand(app, brand_id) -> int:
    with app.app_context():
        cems = make.provider(800001, 800001, "cem@example.com")
        return db.session.query(Brand).filter_by(provider_id=cems.id).one().id


def test_a_claim_that_nobody_proved_neither_blocks_nor_is_displaced(app, names, brand_id, cems_brand, rows):
    """Whoever claims a host after its owner did takes nothing from the owner, whose record still proves it."""
    domain_id, name, proof = add(app, brand_id)
    cems_id, _, _ = add(app, cems_brand)
    names.texts[name] = [proof]

    assert check(app, cems_id) == CheckResult.ABSENT
    assert check(app, domain_id) == CheckResult.FOUND

    assert rows.one(Domain, Domain.verified_at.is_not(None)).brand_id == brand_id
    assert rows.count(Domain) == 2


def test_of_two_that_can_prove_a_host_it_is_the_firsts(app, names, brand_id, cems_brand, rows):
    claims = [add(app, each) for each in (brand_id, cems_brand)]
    names.texts[claims[0][1]] = [proof for _, _, proof in claims]

    seen = [check(app, domain_id) for domain_id, _, _ in claims]
    again = check(app, claims[1][0])

    assert [*seen, again] == [CheckResult.FOUND, CheckResult.TAKEN, CheckResult.TAKEN]
    assert [each.brand_id for each in rows(Domain, Domain.verified_at.is_not(None))] == [brand_id]


def test_two_that_prove_a_host_at_once_do_not_both_get_it(app, names, brand_id, cems_brand, rows):
    claims = [add(app, each) for each in (brand_id, cems_brand)]
    names.texts[claims[0][1]] = [proof for _, _, proof in claims]

    seen = at_once(*[lambda domain_id=domain_id: check(app, domain_id) for domain_id, _, _ in claims])

    assert sorted(seen) == [CheckResult.FOUND, CheckResult.TAKEN]
    assert len(rows(Domain, Domain.verified_at.is_not(None))) == 1


def test_links_of_a_removed_host_open_until_another_proves_it_and_refuse_for_ever(
    app, names, brand_id, cems_brand, rows
):
    domain_id, code = verified(app, names, brand_id), make.codes(app)[make.PHONE]
    at_host = {"path": f"/u/{code}", "base_url": f"https://{HOST}"}
    opens = lambda: app.test_client().get(**at_host).status_code  # noqa: E731
    with app.app_context():
        make.approve_host(db.session.get_one(Brand, brand_id).provider_id, HOST)
        domains.remove(db.session, db.session.get_one(Domain, domain_id), clock.now())
        db.session.commit()
        assert brands.link_base_url(db.session, brand_id, "http://localhost/k") == "http://localhost/k"
    assert opens() == 200

    app.extensions["brand_hosts"] = (clock.now() - timedelta(hours=1), {})
    verified(app, names, cems_brand)

    assert opens() == 302
    assert app.test_client().post(**at_host, data={"MESAJ": "RET"}).status_code == 200
    assert rows.one(Decision).channel == "MESAJ"
    assert rows.one(Domain, Domain.verified_at.is_not(None)).brand_id == cems_brand


def test_a_host_that_passes_to_another_brand_of_the_firm_opens_links_of_both(app, names, brand_id):
    domain_id, code = verified(app, names, brand_id), make.codes(app)[make.PHONE]
    with app.app_context():
        firm = db.session.get_one(Brand, brand_id).provider_id
        other = Brand(provider_id=firm, brand_code=700002, name="Öteki", created_at=clock.now())
        db.session.add(other)
        domains.remove(db.session, db.session.get_one(Domain, domain_id), clock.now())
        db.session.commit()
        other_id = other.id
    verified(app, names, other_id)

    browser, base = app.test_client(), f"https://{HOST}"
    answer = browser.post(f"/u/{code}", base_url=base, data={"List-Unsubscribe": "One-Click"})
    refused = browser.post(f"/u/{code}", base_url=base, data={"MESAJ": "RET"})
    assert answer.status_code == 200 and browser.get(refused.location, base_url=base).status_code == 200


def test_a_removed_host_leaves_room_for_two_others_and_may_come_back(app, names, brand_id, rows):
    domain_id = verified(app, names, brand_id)
    with app.app_context():
        domains.remove(db.session, db.session.get_one(Domain, domain_id), clock.now())
        db.session.commit()
    for host in ("bir.example", "iki.example"):
        add(app, brand_id, host)
    with app.app_context():
        domains.remove(
            db.session, db.session.scalars(select(Domain).where(Domain.host == "iki.example")).one(), clock.now()
        )
        db.session.commit()

    assert add(app, brand_id)[0] == domain_id and rows.count(Domain) == 2
    its = rows.one(Domain, Domain.id == domain_id)
    assert its.removed_at is None and its.missing_since  # New links wait until its record is found again.
    assert check(app, domain_id) == CheckResult.FOUND and rows.one(Domain, Domain.id == domain_id).missing_since is None


def test_links_begin_with_the_brands_first_host_that_stands(app, names, brand_id):
    first = verified(app, names, brand_id)
    verified(app, names, brand_id, OTHER)
    add_base = lambda: brands.link_base_url(db.session, brand_id, "http://localhost/k")  # noqa: E731

    with app.app_context():
        firm = db.session.get_one(Brand, brand_id).provider_id
        make.approve_host(firm, "yedek.example")
        assert add_base() == "https://yedek.example"  # The operator has not seen the other.
        make.approve_host(firm, HOST)
        assert add_base() == f"https://{HOST}"
        db.session.commit()
    names.texts.pop(f"_izinlink.{HOST}")
    check(app, first)
    with app.app_context():
        assert add_base() == "https://yedek.example"
        db.session.execute(delete(Domain))
        assert add_base() == "http://localhost/k"


def test_the_list_of_links_begins_with_it_too(app, names, brand_id):
    verified(app, names, brand_id)
    with app.app_context():
        make.approve_host(make.brand().provider_id, HOST)
        campaign = make.campaign()
        make.add_to_audience(campaign, make.PHONE)
        make.launch(campaign, app.config["LINK_SALT"])
        ((_, link),) = launches.links_of(db.session, campaign, app.config["LINK_SALT"], "http://localhost/k")

    assert link.startswith(f"https://{HOST}/") and "/k/" not in link
