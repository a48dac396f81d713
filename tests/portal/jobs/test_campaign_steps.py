"""A campaign is launched at its time, if it still may be; and its people hear of a budget that is used up."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AudienceEntry,
    AuditEntry,
    Brand,
    Campaign,
    CampaignState,
    Mail,
    MailKind,
    Membership,
    PauseReason,
    Provider,
    Role,
    User,
)
from portal.domain import campaigns
from portal.domain.campaigns import sending
from portal.domain.identity import members
from portal.domain.notifications import mails
from portal.jobs import campaign_steps
from tests import make

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


@pytest.fixture
def at():
    with time_machine.travel("2026-12-01T09:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.fixture
def planned(app, at, rows) -> int:
    """A campaign that Ayşe prepared and Burak plans for an hour later; Burak's id."""
    with app.app_context():
        made = make.campaign()
        made.prepared_by = db.session.query(User).one().id
        make.add_to_audience(made, make.PHONE)
        burak = make.person(db.session.query(Provider).one(), "burak@example.com", Role.MANAGER, "Burak").id
        sending.plan_launch(db.session, made, clock.now() + HOUR, burak, clock.now())
        db.session.commit()
    return burak


def step(app, at, after: timedelta) -> None:
    at.shift(after)
    with app.app_context():
        campaign_steps.launch_planned()


def told(app, rows, kind: MailKind) -> list[tuple[str, dict]]:
    with app.app_context():
        found = rows(Mail, Mail.kind == kind)
        return [(mails.read_address(vault(), each), mails.read_facts(vault(), each)) for each in found]


def test_it_is_launched_when_its_time_has_come(app, at, rows, planned):
    step(app, at, HOUR - timedelta(seconds=1))
    assert rows.one(Campaign).state == CampaignState.PLANNED

    step(app, at, timedelta(seconds=1))
    step(app, at, timedelta(minutes=1))

    campaign = rows.one(Campaign)
    assert (campaign.state, campaign.launched_by, campaign.launch_at) == (CampaignState.RUNNING, planned, None)
    assert [each.actor_id for each in rows(AuditEntry, AuditEntry.act == "campaign.launched")] == [planned]


def test_nobody_comes_in_after_the_plan_and_a_cancelled_one_is_a_draft(app, at, rows, planned):
    with app.app_context():
        campaign = db.session.query(Campaign).one()
        with pytest.raises(campaigns.AudienceClosed):
            make.add_to_audience(campaign, make.EMAIL)
        db.session.rollback()
        sending.cancel_plan(db.session, campaign)
        db.session.commit()
        make.add_to_audience(campaign, make.EMAIL)
    step(app, at, HOUR)

    assert rows.one(Campaign).state == CampaignState.DRAFT and rows.count(AudienceEntry) == 2


def test_what_a_launch_needs_is_needed_at_its_time_and_its_planner_hears_what_is_missing(app, at, rows, planned):
    with app.app_context():
        db.session.query(Brand).one().closed_at = clock.now()
        db.session.query(Provider).one().needs_two_people = True
        db.session.query(Campaign).one().prepared_by = planned
        db.session.commit()
    step(app, at, HOUR)
    step(app, at, HOUR)

    assert rows.one(Campaign).state == CampaignState.DRAFT
    ((to, facts),) = told(app, rows, MailKind.LAUNCH_REFUSED)
    assert to == "burak@example.com" and facts["name"] == "Hoş geldiniz"
    assert facts["reason"].splitlines() == [
        "Marka kapalı ya da firmanız askıda: yeni bir şey başlatılamaz.", "Kampanyayı hazırlamamış biri başlatmalı.",
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["removed", "demoted", "suspended", "account closed"])
def test_the_plan_of_who_may_launch_no_more_makes_a_draft_and_owners_hear_why(app, at, rows, planned, what):
    with app.app_context():
        theirs = db.session.query(Membership).filter_by(user_id=planned).one()
        owner = db.session.query(Membership).filter_by(role=Role.OWNER).one()
        if what == "removed":
            members.remove(db.session, vault(), theirs, owner, clock.now())
        elif what == "demoted":
            members.change_role(db.session, theirs, Role.AGENT, owner)
        elif what == "suspended":
            members.suspend(db.session, theirs, owner, clock.now())
        else:
            db.session.get_one(User, planned).closed_at = clock.now()
        db.session.commit()
    step(app, at, HOUR)
    step(app, at, HOUR)

    campaign = rows.one(Campaign)
    assert (campaign.state, campaign.launched_by) == (CampaignState.DRAFT, None)
    ((to, facts),) = told(app, rows, MailKind.LAUNCH_REFUSED)
    assert to == "ayse@example.com" and facts["reason"].startswith("Planlayan kişi artık kampanya başlatamıyor")


def test_whoever_launched_it_hears_once_that_its_budget_is_used_up(app, at, rows, planned):
    step(app, at, HOUR)
    with app.app_context():
        campaign = db.session.query(Campaign).one()
        campaign.paused_at, campaign.pause_reason, campaign.parts_used = clock.now(), PauseReason.BUDGET, 8
        db.session.commit()
        for _ in range(2):
            campaign_steps.tell_of_budgets()

    ((to, facts),) = told(app, rows, MailKind.CAMPAIGN_PAUSED)
    assert (to, facts["parts"]) == ("burak@example.com", "8")
