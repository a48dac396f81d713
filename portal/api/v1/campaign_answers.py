"""Campaigns, their people and links as the API shows them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from portal.api.v1.moments import moment
from portal.api.v1.row_problems import BadRow
from portal.api.v1.rows import find_correlation_id
from portal.core import clock
from portal.core.addresses.problems import ExplainedProblem
from portal.core.models import Campaign
from portal.domain import campaigns
from portal.domain.campaigns import funnel, message_counts
from portal.services import launches
from portal.services.imports.audience import AddressList
from portal.services.imports.audience_contacts import ContactProblem
from portal.services.imports.row_results import RowProblem
from portal.services.launches.links import LinkLine
from portal.web.shared import problems
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.problems import in_english

FIELDS: dict[ExplainedProblem, str] = {  # Of a person, in which each problem is that is not the address's.
    ContactProblem.UNKNOWN: "contactKind",
    ContactProblem.DAY_UNREADABLE: "contactDate",
    ContactProblem.BEFORE_2015: "contactDate",
    RowProblem.DATE_TO_COME: "contactDate",
}


def base_answer(campaign: Campaign) -> dict[str, Any]:
    """What stays as it is, and its state."""
    return {
        "campaignId": str(campaign.id), "brandCode": g.brand.brand_code, "name": campaign.name,
        "kind": campaign.kind, "channels": list(campaign.offered), "delivery": campaign.delivery,
        "state": campaign.state, "createdAt": moment(campaign.created_at), "launchedAt": moment(campaign.launched_at),
        "expiresAt": moment(campaign.expires_at),
    }  # fmt: skip


def full_answer(session: Session, campaign: Campaign) -> dict[str, Any]:
    """With its audience, messages and results, and what a draft's launch by a program needs."""
    progress, results = campaigns.count_progress(session, campaign), funnel.count_results(session, campaign)
    messages: Counter[str] = Counter()
    for each in message_counts.count_messages(session, [campaign.id])[campaign.id].counts:
        messages[each.state] += each.count
    checks = launches.check_launch(session, campaign, by=None, at=clock.now()) if not campaign.launched_at else []
    missing = [each for each in checks if not each.is_met and not each.is_advice]
    return base_answer(campaign) | {
        "audience": {
            "people": progress.audience, "links": progress.links, "waiting": progress.waiting,
            "leftOut": progress.left_out,
        },
        "messages": dict(messages),
        "results": {step: results.total[step] for step in results.steps},
        "byChannel": {
            channel: {"offered": each.offered, "granted": each.granted, "refused": each.refused}
            for channel, each in results.channels.items()
        },
        "missing": [
            {"code": each.need, "title": in_english(each.words.cure), "titleTr": each.words.cure} for each in missing
        ],
        "page": absolute_url("dashboard.campaign", campaign_id=campaign.id),
    }  # fmt: skip


def rows_answer(found: AddressList, rows: Sequence[object], unread: Mapping[int, BadRow]) -> dict[str, Any]:
    """What became of each row that was brought, in their order; those that are no people, by place, are in no list."""
    bad = {each.line: person_problem(each.problem) for each in found.bad}
    repeated, lines = {line for line, _ in found.repeats}, count(1)
    results = []
    for place, row in enumerate(rows):
        line = 0 if place in unread else next(lines)
        problem = bad.get(line) if line else unread[place].body()
        result = "problem" if problem else "repeated" if line in repeated else "added"
        results.append(
            {"index": place, "correlationId": find_correlation_id(row), "result": result,
             "written": result == "added", "problem": problem}
        )  # fmt: skip
    kinds = Counter(each["result"] for each in results)
    return {
        "added": kinds["added"], "repeated": kinds["repeated"], "problems": kinds["problem"], "results": results
    }  # fmt: skip


def person_problem(found: ExplainedProblem) -> dict[str, Any]:
    """What is wrong with a person that was brought, naming the field."""
    return problems.field_problem_body(found, FIELDS.get(found, "recipient"))


def link_answer(line: LinkLine) -> dict[str, Any]:
    """A link as whoever sends it needs it."""
    address = line.address if "@" in line.address else f"+{line.address}"
    return {
        "recipient": address, "url": line.link, "words": line.words, "text": line.text, "subject": line.subject
    }  # fmt: skip
