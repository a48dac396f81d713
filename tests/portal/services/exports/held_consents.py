"""What a provider holds of an address: made row by row, so that any date and any outcome can be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Annulment, Brand, Consent, DecisionOrigin, Outcome, Provider, Submission
from portal.core.models.ids import new_id
from portal.domain.consents import recipients, writer
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
            head = _head(brand, parse(address), channel, recipient_type, at)
            dated = {"consent_date": at, "effective_at": at, "recorded_at": at}
            made = writer.decision(head, status, **dated, source=source, origin=DecisionOrigin.IMPORT) | origin
            told = [_told(made, address, brand, outcome, code, at)] if outcome else []
            writer.insert_decisions(db.session, [made], told)
            if annulled:
                db.session.add(Annulment(decision_id=made["id"], provider_id=brand.provider_id, at=at))
            elif head.effective_at is None or at > head.effective_at:
                head.decision_id, head.status, head.consent_date, head.effective_at = made["id"], status, at, at
                head.iys_status, head.iys_as_of = at_iys and at_iys.value, at if at_iys else None
            db.session.commit()
            return made["id"]

    def grants(self, address: str = make.PHONE, **other) -> int:
        """A grant that İYS holds as well."""
        return self.decides(address, Status.GRANTED, at_iys=Status.GRANTED, **other)


def _head(brand: Brand, address, channel: Channel, recipient_type: RecipientType, at: datetime) -> Consent:
    known = recipients.gather(db.session, vault(), brand.provider_id, [address], at)
    key = {
        "brand_id": brand.id, "recipient_id": known[address.text], "channel": channel, "recipient_type": recipient_type
    }  # fmt: skip
    head = db.session.scalar(select(Consent).filter_by(**key))
    if head is None:
        head = Consent(id=new_id(), provider_id=brand.provider_id, **key)
        db.session.add(head)
        db.session.flush()
    return head


def _told(made: dict, address: str, brand: Brand, outcome: Outcome, code: str | None, at: datetime) -> dict:
    iys_code = db.session.get_one(Provider, brand.provider_id).iys_code
    codes = {"iys_code": iys_code, "brand_code": brand.brand_code}
    row = writer.submission_of(vault(), made, address=parse(address).text, at=at, **codes)
    return row | {"outcome": outcome, "code": code, "batch_id": made.get("batch_id")}


def submission(decision_id: int) -> Submission:
    """The submission of a decision."""
    return db.session.scalars(select(Submission).where(Submission.decision_id == decision_id)).one()
