"""An address of ours, as it stands after İYS took it."""

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, PushRegistration
from portal.core.models.movement import token_digest

TOKEN, USER, PASSWORD = "t" * 43, "izinlink", "a password for İYS"


def registered(brand: Brand) -> int:
    """A registration of the brand, by its id."""
    registration_id = new_id()
    token = vault().seal(TOKEN, PushRegistration.TOKEN, brand.provider_id, registration_id)
    password = vault().seal(PASSWORD, PushRegistration.PASSWORD, brand.provider_id, registration_id)
    db.session.add(
        PushRegistration(
            id=registration_id, provider_id=brand.provider_id, brand_id=brand.id, channel=Channel.SMS,
            token_digest=token_digest(TOKEN), token=token, username=USER, password=password, created_at=clock.now(),
            registered_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    return registration_id
