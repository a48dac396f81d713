"""A launched audience becomes links, chunk by chunk; whoever stops in between is followed by somebody else."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import time_machine

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AudienceEntry, Campaign, CampaignKind, Delivery, Message, Provider, Recipient
from portal.core.word_pairs import word_pair
from portal.domain import campaigns
from portal.domain.consents import recipients
from portal.domain.consents.may_send import standing
from portal.domain.notifications import messages
from portal.services import launches
from portal.services.launches import LEASE
from tests import make

BASE = "http://localhost/k"
LIST = "\n".join([*(f"+9053200000{number:02}" for number in range(10)), make.EMAIL, "+902123456789"])


@pytest.fixture
def salt(app):
    return app.config["LINK_SALT"]


@pytest.fixture
def context(app):
    with app.app_context():
        yield
        db.session.rollback()


def ready(text: str = LIST, **facts) -> Campaign:
    """A campaign somebody has just launched, with no link yet."""
    made = make.campaign(**facts)
    make.add_to_audience(made, text)
    campaigns.launch(db.session, made, clock.now())
    db.session.commit()
    return made


def killed_after(count: int, campaign: Campaign, salt: str) -> None:
    """What a worker leaves behind that dies after a chunk: some links, and its lease."""
    campaigns.create_next_links(db.session, salt, campaign, clock.now(), standing=standing(clock.now()), limit=count)
    campaign.lease_until = clock.now() + LEASE
    db.session.commit()


def test_every_address_gets_its_link(context, salt, rows):
    campaign = ready()

    launches.run(campaign.id, salt)

    linked = rows(AudienceEntry)
    assert len({entry.link_id for entry in linked}) == rows.count(shortlinks.Link) == 12
    assert rows.one(Campaign).linked_at is not None


def test_codes_lead_to_the_address_they_were_made_for(context, salt):
    campaign = ready()
    launches.run(campaign.id, salt)

    for address, link in launches.links_of(db.session, campaign, salt, BASE):
        found = shortlinks.resolve(db.session, salt, link.removeprefix(f"{BASE}/"), clock.now())
        entry = db.session.query(AudienceEntry).filter_by(link_id=found.link_id).one()
        with_address = recipients.address_of(vault(), db.session.get(Recipient, entry.recipient_id))
        assert (found.state, with_address) == (shortlinks.LinkState.LIVE, address)


def test_links_of_an_asking_campaign_expire_with_it(context, salt, rows):
    launches.run(ready().id, salt)

    assert {link.expires_at for link in rows(shortlinks.Link)} == {rows.one(Campaign).expires_at}


def test_refusing_links_never_expire(context, salt, rows):
    launches.run(ready(kind=CampaignKind.REFUSE).id, salt)

    assert {link.expires_at for link in rows(shortlinks.Link)} == {None}


def test_a_campaign_that_nobody_launched_gets_no_link(context, salt, rows):
    draft = make.campaign()
    make.add_to_audience(draft, LIST)

    launches.run(draft.id, salt)

    assert rows.count(shortlinks.Link) == 0
    assert rows.one(Campaign).linked_at is None


def test_a_campaign_with_a_running_lease_is_left_alone(context, salt, rows):
    campaign = ready()
    killed_after(4, campaign, salt)

    launches.run(campaign.id, salt)

    assert launches.unfinished() == []
    assert rows.count(shortlinks.Link) == 4


def test_a_suspended_firms_launch_waits_until_it_goes_on(context, salt, rows):
    campaign = ready()
    provider = db.session.get_one(Provider, campaign.provider_id)
    provider.suspended_at = clock.now()
    db.session.commit()

    launches.run(campaign.id, salt)

    assert launches.unfinished() == [] and rows.count(shortlinks.Link) == 0

    db.session.get_one(Provider, provider.id).suspended_at = None
    db.session.commit()

    assert launches.unfinished() == [campaign.id]


def test_a_killed_launch_is_finished_once_its_lease_ends(context, salt, rows):
    campaign = ready()
    killed_after(4, campaign, salt)

    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
        assert launches.unfinished() == [campaign.id]
        launches.run(campaign.id, salt)
        launches.run(campaign.id, salt)

    assert rows.count(shortlinks.Link) == 12
    assert len({entry.link_id for entry in rows(AudienceEntry)}) == 12
    assert launches.unfinished() == []


def test_a_chunk_that_was_not_committed_leaves_nothing(context, salt, rows):
    campaign = ready(delivery=Delivery.GATEWAY)
    campaigns.create_next_links(db.session, salt, campaign, clock.now(), standing=standing(clock.now()), limit=4)
    db.session.rollback()

    launches.run(campaign.id, salt)

    assert rows.count(shortlinks.Link) == 12
    assert all(entry.link_id for entry in rows(AudienceEntry))


def test_each_link_is_sent_in_one_message(context, salt, rows):
    campaign = ready(delivery=Delivery.GATEWAY)

    launches.run(campaign.id, salt)

    by_message = {entry.link_id for entry in rows(AudienceEntry) if entry.channels != "ARAMA"}
    assert {message.link_id for message in rows(Message)} == by_message
    assert rows.count(Message) == 11


def test_a_message_says_who_asks_and_carries_its_own_link(context, salt, rows):
    campaign = ready(make.PHONE, delivery=Delivery.GATEWAY)

    launches.run(campaign.id, salt)

    make.keep_texts()
    text = messages.read_text(vault(), rows.one(Message))
    ((_, link),) = launches.links_of(db.session, campaign, salt, BASE)
    assert link in text and "Ornek Magaza" in text and "0123456789012345" in text
    assert text.isascii() and len(text) <= 306  # Two SMS at most.


def test_a_campaign_whose_provider_sends_writes_no_message(context, salt, rows):
    launches.run(ready(delivery=Delivery.CSV).id, salt)

    assert rows.count(Message) == 0


@pytest.mark.long
@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_a_worker_killed_at_any_moment_makes_no_link_twice(app, environ, salt, rows, pause):
    with app.app_context():
        campaign_id = ready("\n".join(f"+90532{number:07}" for number in range(12_000)), delivery=Delivery.GATEWAY).id
    run = "import sys; from portal.app import create_app; from portal.services import launches; app = create_app(); app.app_context().push(); print(1, flush=True); launches.run(int(sys.argv[1]), app.config['LINK_SALT'])"  # noqa: E501
    worker = subprocess.Popen([sys.executable, "-c", run, str(campaign_id)], env=os.environ | environ, stdout=-1)
    worker.stdout.readline()
    time.sleep(pause)
    worker.send_signal(signal.SIGKILL)
    worker.communicate()

    with app.app_context(), time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
        launches.run(campaign_id, salt)

    assert rows.count(shortlinks.Link) == rows.count(Message) == 12_000
    assert len({entry.link_id for entry in rows(AudienceEntry)}) == 12_000


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_a_message_fits_one_sms_with_a_short_host_and_names_its_two_words(app, rows, kind):
    """155 letters are left of the first one beside the operator's own five (checklist N-3)."""
    app.config["LINK_BASE"] = "https://izn.link"
    with app.app_context():
        made = make.campaign(kind=kind, delivery=Delivery.GATEWAY)
        make.add_to_audience(made, make.PHONE)
        campaigns.launch(db.session, made, clock.now())
        db.session.commit()
        launches.run(made.id, app.config["LINK_SALT"])
        make.keep_texts()
        message = rows.one(Message)
        text = messages.read_text(vault(), message)
        nonce = db.session.get_one(shortlinks.Link, message.link_id).nonce
        db.session.rollback()

    assert f"({word_pair(app.config['LINK_SALT'], message.link_id, nonce)})" in text
    assert text.isascii() and len(text) <= 155


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_a_mail_has_a_subject_its_link_and_who_asks(app, rows, kind):
    with app.app_context():
        made = make.campaign(kind=kind, delivery=Delivery.GATEWAY)
        make.add_to_audience(made, make.EMAIL)
        make.launch(made, app.config["LINK_SALT"])
        make.keep_texts()
        subject, _, text = messages.read_text(vault(), rows.one(Message)).partition("\n")
        db.session.rollback()

    assert subject.startswith("Örnek Mağaza: ")
    assert "http://localhost/k/" in text and "iki sözcük" in text
    assert "Örnek Mağazacılık A.Ş.\nMersis 0123456789012345\nİletişim: 0850 123 45 67" in text
