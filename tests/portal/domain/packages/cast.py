"""What the tests of packages need: a provider that is İYS's, addresses that it holds, years that it bought."""

from datetime import date, datetime

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.models import Package, PackageOrder, Provider
from portal.domain import packages
from portal.domain.consents import recipients

OPERATOR = 1


def size(records: int) -> Package:
    """A package of the price list; one of no size that is sold is added to it."""
    found = db.session.query(Package).filter_by(records=records).one_or_none()
    if found is None:
        found = Package(name=f"Paket {records}", records=records, price=290, created_at=clock.now())
        db.session.add(found)
        db.session.flush()
    return found


def bought(provider: Provider, records: int, starts_on: date | None = None) -> PackageOrder:
    """A year that was ordered and confirmed."""
    at = clock.now()
    asked = packages.place_order(db.session, provider, size(records), by=2, at=at)
    packages.confirm(db.session, asked, OPERATOR, starts_on or clock.day(at), at)
    return asked


def holds(provider: Provider, count: int, first: int = 0, at: datetime | None = None) -> None:
    """Let it hold so many more addresses."""
    found = [addresses.parse(f"kisi{number}@example.com") for number in range(first, first + count)]
    recipients.gather(db.session, vault(), provider.id, found, at or clock.now())
