"""An address of ours, as it stands after İYS took it."""

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, PushRegistration
from portal.core.models.movement import token_digest

TOKEN, USER, PASSWORD = "t" * 43, "izinlink", "a password for İYS"


def registered(brand: Brand, channel: Channel = Channel.SMS) -> int:
    """A registration of the brand, by its id."""
    registration_id, text = new_id(), TOKEN if channel == Channel.SMS else TOKEN + channel
    token = vault().seal(TOKEN, PushRegistration.TOKEN, brand.provider_id, registration_id)
    password = vault().seal(PASSWORD, PushRegistration.PASSWORD, brand.provider_id, registration_id)
    db.session.add(
        PushRegistration(
            id=registration_id, provider_id=brand.provider_id, brand_id=brand.id, channel=channel,
            token_digest=token_digest(text), token=token, username=USER, password=password, created_at=clock.now(),
            registered_at=clock.now(),
        )
    )  # fmt: skip
    db.session.commit()
    return registration_id
