"""Ask for codes as the pages do, and reading the code out of the message that waits."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import addresses
from portal.core.extensions import db, vault
from portal.core.models import AddressProof, Message, Purpose
from portal.domain import address_proofs
from portal.domain.notifications import messages
from tests import make

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECRET = "a secret that only tests know"
HERE = "203.0.113.7"


@dataclass
class Desk:
    """Asks and answers on the app's session, at a clock of its own that the portal's ids follow."""

    at: datetime = AT

    def ask(self, address: str = make.PHONE, purpose: Purpose = Purpose.MINE, **options) -> AddressProof:
        given = {"sends": True, "language": "tr", "network": HERE, "at": self.at} | options
        with time_machine.travel(self.at, tick=False):
            try:
                return address_proofs.request_code(
                    db.session, vault(), SECRET, addresses.parse(address), purpose, **given
                )
            finally:
                db.session.commit()

    def answer(self, proof: AddressProof, code: str) -> address_proofs.CodeResult:
        verdict = address_proofs.check_code(db.session, SECRET, proof, code, self.at)
        db.session.commit()
        return verdict

    def code_of(self, proof: AddressProof) -> str:
        """The code of the message that was written with it."""
        return next(
            messages.read_facts(vault(), each)["code"]
            for each in db.session.query(Message).order_by(Message.id.desc())
            if each.facts and each.created_at == proof.created_at and self._goes_to(each, proof)
        )

    def _goes_to(self, message: Message, proof: AddressProof) -> bool:
        to = vault().read(message.address, Message.ADDRESS, 0, message.id)
        return to == address_proofs.read_address(vault(), proof).text

    def wrong_for(self, proof: AddressProof) -> str:
        code = self.code_of(proof)
        return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"

    def later(self, **by) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def desk(app):
    with app.app_context():
        yield Desk()
        db.session.rollback()
