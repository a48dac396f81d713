"""Nobody is shown a way that is shut to them: the dashboard's pages, as each role sees them, against its powers."""

import html
import re

import pytest
from flask import render_template

from portal.core.models import Role
from portal.domain.identity.permissions import Permission, at_provider
from tests.architecture.pages import PAGES, SIGNED_IN

pytestmark = [pytest.mark.slow, pytest.mark.alike]

P = Permission
OPENED_BY = {  # Pages that need more than to look.
    "records/audit_log": P.AUDIT, "records/exports": P.EXPORT, "recipients/reassigned_addresses": P.SEARCH,
    "recipients/recipient": P.SEARCH, "recipients/search": P.SEARCH, "onboarding/company": P.ONBOARD,
    "team/invitation": P.PEOPLE, "team/networks": P.PEOPLE, "team/members": P.PEOPLE, "team/member": P.PEOPLE,
    "imports/provider_answers": P.IMPORT, "imports/drop": P.IMPORT, "imports/no_recipients": P.PREPARE,
    "imports/undo": P.IMPORT, "imports/delegation": P.ONBOARD, "imports/new_batch": P.IMPORT,
    "brands/new_brand": P.BRANDS, "campaigns/new_campaign": P.PREPARE, "campaigns/new_point": P.PREPARE,
}  # fmt: skip
OF_DASHBOARD = [page for page in PAGES if page[0].startswith(("dashboard/", "desk/"))]
LINK = re.compile(r'<a\b[^>]*href="(/(?:dashboard|desk)[^"#?]*)')
FORM = re.compile(r'<form\b[^>]*method="post"[^>]*action="(/(?:dashboard|desk)[^"#?]*)')


@pytest.fixture(params=[(role, suspended) for role in Role for suspended in (False, True)], ids=str)
def powers(request) -> frozenset[Permission]:
    """What somebody may do, at a provider that stands and at one that is suspended."""
    role, suspended = request.param
    return at_provider(role, suspended=suspended)


def sees(powers: frozenset[Permission], template: str) -> bool:
    """Whether a page opens at all."""
    if template.startswith("desk/"):
        return P.COMPLAINTS in powers
    return OPENED_BY.get(template.removeprefix("dashboard/").removesuffix(".html"), P.LOOK) in powers


def needed(app, method: str, path: str) -> Permission:
    """What a way asks of who takes it."""
    endpoint, _ = app.url_map.bind("localhost").match(html.unescape(path), method)
    return app.view_functions[endpoint].needs


def ways(page: str) -> set[tuple[str, str]]:
    """Where the page leads: (method, path)."""
    return {("GET", path) for path in LINK.findall(page)} | {("POST", path) for path in FORM.findall(page)}


def test_no_page_shows_a_way_that_is_shut(app, powers):
    context = SIGNED_IN | {"Permission": Permission}

    shut = set()
    with app.test_request_context("/"):
        for template, case in filter(lambda page: sees(powers, page[0]), OF_DASHBOARD):
            page = render_template(template, **(context | PAGES[template, case]() | {"may": powers.__contains__}))
            shut |= {(template, *origin) for origin in ways(page) if needed(app, *origin) not in powers}

    assert shut == set()
