"""An address that no key opens any more is not shown; everything beside it is."""

import pytest

from portal.core.extensions import db
from portal.core.models import Outcome, Recipient, Submission
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_strangers import addresses, is_list, things  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FOR_ANY_SENDER = ("links.csv", "codes.pdf")  # They would be worth nothing without their addresses.


def test_no_page_is_lost_by_an_address_that_cannot_be_opened(app, things):  # noqa: F811
    ayse = signed_in(app)
    with app.app_context():
        db.session.execute(db.update(Recipient).values(address=b"damaged"))
        db.session.execute(db.update(Submission).values(outcome=Outcome.PARKED, code="H121", due_at=None))
        db.session.commit()
    lists = [rule.rule for rule in app.url_map.iter_rules() if is_list(rule)]
    gets = [path for method, path in addresses(app, things) if method == "GET"]
    named = [path for path in gets if not any(each in path for each in FOR_ANY_SENDER)]

    pages = {}
    for path in lists + named:
        with ayse.takes(path) as answer:
            pages[path] = (answer.status_code, answer.get_data())

    found = {path: status for path, (status, _) in pages.items() if status != 200}
    # A provider without a partner has no letter to sign; what is settled in bulk is chosen in the list.
    assert found == {"/dashboard/start/letter.pdf": 303, "/dashboard/differences/bulk": 400}
    assert all("•••".encode() in pages[path][1] for path in ("/dashboard/", "/dashboard/forwarding"))
