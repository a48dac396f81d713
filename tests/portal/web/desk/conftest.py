"""Ayşe, who owns, at her desk, with a case of Fatma's on it."""

import pytest

from portal.core.models import Complaint
from tests.portal.domain.complaints.cast import a_case
from tests.portal.web.dashboard.staff import signed_in


@pytest.fixture
def opened(app, rows) -> tuple[Complaint, str]:
    """A case, and the code of its person's page."""
    return a_case(app, rows)


@pytest.fixture
def case(opened) -> Complaint:
    return opened[0]


@pytest.fixture
def persons_page(opened) -> str:
    return f"/s/{opened[1]}"


@pytest.fixture
def ayse(app, case):
    return signed_in(app)
