"""What a provider holds of an address: made row by row, so that any date and any outcome can be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Annulment, Brand, DecisionOrigin, Outcome, Provider, Submission
from portal.domain.consents import locking, recipients, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows
from tests import make


@dataclass
class Holder:
    """Notes decisions for Ayşe's provider."""

    app: object

    def decides(
        self, address: str = make.PHONE, status=Status.GRANTED, *, ago=timedelta(hours=1), channel=Channel.SMS,
        recipient_type=RecipientType.INDIVIDUAL, at_iys: Status | None = None, outcome=Outcome.ACCEPTED,
        code: str | None = None, brand_code: int = make.BRAND_CODE, annulled: bool = False, source=Source.WEB, **origin,
    ) -> int:  # fmt: skip
        """One decision, its id. The newest of a key becomes its head, as İYS then holds it."""
        with self.app.app_context():
            at = (clock.now() - ago).replace(microsecond=0)
            brand = db.session.scalar(select(Brand).where(Brand.brand_code == brand_code))
            consent = _consent(brand, parse(address), channel, recipient_type, at)
            dates = {"consent_date": at, "effective_at": at}
            facts = {"recorded_at": at, "source": source, "origin": DecisionOrigin.IMPORT, **origin}
            made = writer.decision_row(consent, status, **dates, **facts)
            if not annulled and (consent.effective_at is None or at > consent.effective_at):
                consent.move_to(made["id"], status, **dates)
                if at_iys:
                    consent.learn_iys_status(at_iys, at, at)
            rows = DecisionRows()
            rows.add(made, _submission(made, address, brand, outcome, code) if outcome else None)
            writer.write_decisions(db.session, [consent], rows)
            if annulled:
                db.session.add(Annulment(decision_id=made["id"], provider_id=brand.provider_id, at=at))
            db.session.commit()
            return made["id"]

    def grants(self, address: str = make.PHONE, **other) -> int:
        """A grant that İYS holds as well."""
        return self.decides(address, Status.GRANTED, at_iys=Status.GRANTED, **other)


def _consent(brand: Brand, address, channel: Channel, recipient_type: RecipientType, at: datetime) -> LockedConsent:
    recipient_id = recipients.gather(db.session, vault(), brand.provider_id, [address], at)[address.text]
    key = (recipient_id, channel, recipient_type)
    known = locking.lock_consents(db.session, brand.id, [recipient_id])
    return known.get(key) or locking.new_consent(brand.provider_id, brand.id, key)


def _submission(made: dict, address: str, brand: Brand, outcome: Outcome, code: str | None) -> dict:
    iys_code = db.session.get_one(Provider, brand.provider_id).iys_code
    endpoints = BrandEndpoints.of(iys_code, brand.brand_code)
    row = writer.submission_row(vault(), made, endpoints, address=parse(address).text, batch_id=made["batch_id"])
    return row | {"outcome": outcome, "code": code}


def submission(decision_id: int) -> Submission:
    """The submission of a decision."""
    return db.session.scalars(select(Submission).where(Submission.decision_id == decision_id)).one()
