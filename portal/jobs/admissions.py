"""What people refused before their firm was admitted, once more at its brands with İYS's codes."""

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand
from portal.domain.consents import refusals_before_admission
from portal.jobs.independent_steps import independent_step

AT_ONCE = 500


def repeat_refusals() -> None:
    """One that fails holds up no other."""
    at = clock.now()
    for brand_id, recipient_id in refusals_before_admission.list_unrepeated(read_session(), at, AT_ONCE):
        with independent_step("refusal.not_repeated", brand=brand_id, recipient=recipient_id):
            brand = db.session.get_one(Brand, brand_id)
            refusals_before_admission.repeat_refusals(db.session, vault(), brand, recipient_id, at)
