"""How the database of bench/growth.py grows: by consents of one firm, by brands of one firm, or by firms of one brand.

Of each brand one number waits for İYS, with a grant or (every second one) a refusal; one person is known to the first
hundred; every tenth brand wants a name that the operator has not looked at. One of ten firms has an account of its own,
the others a partner's. One person works for all firms.
"""

from datetime import timedelta

from sqlalchemy import select, text

from bench import copies
from bench.brands import FIRST_CODE, open_firms
from bench.iys_answers import accept_all
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Provider, Role, User
from portal.domain.identity import accounts
from tests import make
from tests.grants import insert_decisions, phones

AT_ONCE = 50_000
MADE = 100_000  # As an import makes them; larger sizes are multiples of it.
AGENCY, PERSON, KNOWN_TO = "ajans@example.com", make.PHONE, 100
WISHES, OWN_ACCOUNTS = 10, 10  # One of so many.


def add_consents(numbers: range) -> None:
    """Add consents, accepted by İYS, in steps that memory holds; on PostgreSQL those beyond MADE as copies."""
    is_postgresql = db.session.get_bind().dialect.name == "postgresql"
    made = min(numbers.stop, MADE) if is_postgresql else numbers.stop
    for first in range(numbers.start, made, AT_ONCE):
        people = phones(min(AT_ONCE, made - first), first)
        insert_decisions(make.brand(), people, clock.now() - timedelta(hours=1), held="ONAY")
        accept_all()
    if made < numbers.stop:
        copies.add_copies(range(max(numbers.start // MADE, 1), numbers.stop // MADE))


def add_brands(numbers: range) -> None:
    """Add brands to the one firm, which has one of them from the beginning."""
    firm, at = db.session.get_one(Provider, make.brand().provider_id), clock.now()
    for number in numbers[numbers.start == 0 :]:
        code = FIRST_CODE + number
        db.session.add(Brand(provider_id=firm.id, brand_code=code, name=f"Marka {code}", created_at=at))
    db.session.commit()
    _let_people_decide(numbers)


def add_firms(numbers: range) -> None:
    """Add firms of one brand, of which one is there from the beginning. Somebody works for all of them."""
    codes = range(FIRST_CODE + max(numbers.start, 1), FIRST_CODE + numbers.stop)
    firms = open_firms(codes, lambda code: code % OWN_ACCOUNTS == 0)
    agency = _agency()
    for firm in firms:
        accounts.add_membership(db.session, agency, firm.id, Role.OWNER, clock.now())
    db.session.commit()
    _let_people_decide(numbers)


AXES = {"consents": add_consents, "brands": add_brands, "firms": add_firms}


def grow(axis: str, numbers: range) -> None:
    AXES[axis](numbers)
    if db.session.get_bind().dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # As the server itself does in time.


def _agency() -> User:
    known = db.session.scalar(select(User).where(User.name == AGENCY))
    if known is None:
        known = make.create_user(AGENCY, AGENCY)
        make.enrol_app(known)
        accounts.add_membership(db.session, known, make.brand().provider_id, Role.OWNER, clock.now())
    return known


def _let_people_decide(numbers: range) -> None:
    brands = select(Brand, Provider.iys_code).join(Provider, Provider.id == Brand.provider_id).order_by(Brand.id)
    at = clock.now()
    for number, (brand, iys_code) in enumerate(db.session.execute(brands).all()):
        if number not in numbers:
            continue
        if number % WISHES == 0:
            brand.requested_name, brand.requested_at = f"Yeni {brand.name}", at
        people = [*phones(1, number), *([PERSON] if number < KNOWN_TO else [])]
        status, held = (Status.REFUSED, "ONAY") if number % 2 else (Status.GRANTED, None)
        insert_decisions(brand, people, at, lane=None, status=status, held=held, codes=(iys_code, brand.brand_code))
