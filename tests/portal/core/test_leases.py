"""What a worker writes to rows that it claimed reaches those only that are still its own."""

from datetime import timedelta
from types import SimpleNamespace

from portal.core import clock, leases
from portal.core.extensions import db
from portal.core.models import Feed, FeedSource
from tests import make

MINUTE = timedelta(minutes=1)


def test_a_row_that_passed_on_is_not_ours_by_the_lease_of_another_row(app):
    with app.app_context():
        at, brand = clock.now(), make.brand()
        common = {"provider_id": brand.provider_id, "brand_id": brand.id, "created_at": at, "lease_until": at + MINUTE}
        first, second = (Feed(source=source, **common) for source in FeedSource)
        db.session.add_all([first, second])
        db.session.flush()
        lost = SimpleNamespace(id=first.id, lease_until=at - MINUTE)
        own = SimpleNamespace(id=second.id, lease_until=at + MINUTE)

        assert leases.release(db.session, Feed, [lost, own]) == {second.id}
        assert leases.release(db.session, Feed, [SimpleNamespace(id=second.id, lease_until=None)]) == set()
