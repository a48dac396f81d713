"""Ayşe, who owns, at her desk, with a case of Fatma's on it."""

import pytest

from portal.core.models import Complaint
from tests.portal.domain.complaints.cast import a_case
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.recipient.open_complaints import proves


@pytest.fixture
def opened(app, rows) -> tuple[Complaint, str]:
    """A case, and the code of its person's page."""
    return a_case(app, rows)


@pytest.fixture
def case(opened) -> Complaint:
    return opened[0]


@pytest.fixture
def persons_page(opened, browser) -> str:
    """Fatma's page, for a browser in which she has proved her number."""
    proves(browser)
    return f"/s/{opened[1]}"


@pytest.fixture
def ayse(app, case):
    return signed_in(app)
