"""New links begin with a brand's own host only while the host itself leads here, which its TXT record does not say."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Brand, Domain, Mail, MailKind
from portal.domain.notifications import mails
from portal.domain.providers import brands
from portal.jobs import host_alarms
from portal.services import domains
from portal.services.domains import CheckResult
from tests import make, name_server, own_hosts

HOST, HERE = "izin.ornek.example", "127.0.0.1"
USUAL = "http://localhost/k"


@pytest.fixture
def names(app):
    with name_server.running_name_server() as server:
        app.config["DNS_SERVER"] = server.address
        yield server


@pytest.fixture
def here(app, tmp_path, monkeypatch):
    with own_hosts.leading_here(app, tmp_path, monkeypatch, HOST):
        yield


@pytest.fixture
def domain_id(app, names) -> int:
    """A host whose TXT record is there and whose name the operator approved."""
    with app.app_context():
        of = make.brand()
        made = domains.add(db.session, of, HOST, clock.now())
        names.texts[domains.record_name(made)] = [made.proof]
        db.session.commit()
        return made.id


def look(app, domain_id: int) -> tuple[CheckResult, str]:
    """What a look finds, and what new links begin with after it."""
    with app.app_context():
        seen = domains.check(domain_id)
        brand = db.session.get_one(Brand, db.session.get_one(Domain, domain_id).brand_id)
        make.approve_host(brand.provider_id, HOST)
        db.session.commit()
        return seen, brands.link_base_url(db.session, brand.id, USUAL)


def test_links_begin_with_a_host_only_once_it_has_led_here(app, names, here, domain_id, rows):
    assert look(app, domain_id) == (CheckResult.UNREACHED, USUAL)
    assert rows.one(Domain).verified_at is not None  # It is the brand's nevertheless, and its links open.

    names.addresses[HOST] = [HERE]
    assert look(app, domain_id) == (CheckResult.FOUND, f"https://{HOST}")


def test_a_host_that_twice_does_not_lead_here_begins_no_links_until_it_does(app, names, here, domain_id, rows):
    names.addresses[HOST], code = [HERE], make.codes(app)[make.PHONE]
    look(app, domain_id)
    names.addresses.clear()

    assert look(app, domain_id) == (CheckResult.UNREACHED, f"https://{HOST}")  # It may be a moment's fault.
    assert [look(app, domain_id) for _ in range(2)] == [(CheckResult.UNREACHED, USUAL)] * 2
    assert app.test_client().get(f"/u/{code}", base_url=f"https://{HOST}").status_code == 200
    names.addresses[HOST] = [HERE]
    assert look(app, domain_id) == (CheckResult.FOUND, f"https://{HOST}")
    assert [each.act for each in rows(AuditEntry)][-2:] == ["domain.verified", "domain.unreached"]


def test_owners_are_mailed_once_that_a_host_is_lost_and_once_that_it_is_back(app, names, here, domain_id, rows):
    def mailed() -> list[str]:
        for _ in range(2):
            with app.app_context():
                host_alarms.notify_owners_of_hosts()
        with app.app_context():
            facts = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.HOST_LOST)]
            assert {each["host"] for each in facts} <= {HOST}
        return [each["level"] for each in facts]

    look(app, domain_id)
    assert mailed() == []  # It has begun no link yet.
    names.addresses[HOST] = [HERE]
    look(app, domain_id)
    names.addresses.clear()
    look(app, domain_id)
    assert mailed() == []  # It may be a moment's fault.

    look(app, domain_id)
    assert mailed() == ["unreached"]
    records, names.texts = names.texts, {}
    look(app, domain_id)
    assert mailed() == ["unreached"]  # The same loss.

    names.texts, names.addresses[HOST] = records, [HERE]
    look(app, domain_id)
    assert mailed() == ["unreached", "back"]
    names.texts = {}
    look(app, domain_id)
    assert mailed() == ["unreached", "back", "missing"]


def test_a_host_is_asked_too_while_its_name_server_says_nothing_of_the_record(app, names, here, domain_id):
    names.addresses[HOST] = [HERE]
    look(app, domain_id)
    names.rcode = 2

    assert [look(app, domain_id) for _ in range(2)] == [
        (CheckResult.NO_ANSWER, f"https://{HOST}"), (CheckResult.NO_ANSWER, USUAL),
    ]  # fmt: skip


def test_a_host_that_failed_once_is_looked_at_again_within_the_hour(app, names, here, domain_id, rows):
    names.addresses[HOST] = [HERE]
    look(app, domain_id)
    names.addresses.clear()
    for hours, looks in ((25, 1), (25.5, 1), (26.5, 2)):
        with time_machine.travel(clock.now() + timedelta(hours=hours), tick=False), app.app_context():
            domains.check_due()
        assert rows.one(Domain).unreached_looks == looks


def test_another_site_a_redirect_and_a_wrong_certificate_do_not_lead_here(
    app, names, here, domain_id, tmp_path, monkeypatch
):  # fmt: skip
    def site(environ, start_response):
        status, headers = answers.pop()
        start_response(status, headers)
        return [domains.ANSWER_PATH.encode()]

    elsewhere = f"https://{HOST}{domains.ANSWER_PATH}"
    answers = [("200 OK", []), ("302 Found", [("Location", elsewhere)])]
    names.addresses |= {HOST: [HERE], "baska.example": [HERE]}
    with app.app_context():
        assert domains.leads_here(HOST)
        assert not domains.leads_here("baska.example")  # The certificate is not its own.
    (tmp_path / "site").mkdir()
    with own_hosts.leading_here(site, tmp_path / "site", monkeypatch, HOST), app.app_context():
        assert [domains.leads_here(HOST) for _ in range(2)] == [False, False]
    assert answers == []


def test_outside_development_no_private_address_is_asked(app, names, here, domain_id):
    names.addresses[HOST] = [HERE]
    app.config["DEVELOPMENT"] = False

    assert look(app, domain_id) == (CheckResult.UNREACHED, USUAL)


def test_the_answer_is_another_for_each_host_and_salt(app):
    ask = lambda host: app.test_client().get(domains.ANSWER_PATH, base_url=f"https://{host}").text  # noqa: E731
    first = ask(HOST)

    assert len(first) == 64 and first == ask(f"{HOST.upper()}:443") != ask("baska.example")
    app.config["LINK_SALT"] = "another salt"
    assert ask(HOST) != first
