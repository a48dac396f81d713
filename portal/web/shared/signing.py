"""The key that signs receipts and certificates."""

from joserfc.jwk import OKPKey

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.domain.receipts import signing_keys


def get_signing_key() -> OKPKey:
    """The key that signs now. The first is made on need, and committed, also by a GET: it is the portal's own and no
    decision."""
    key = signing_keys.find_signing_key(read_session(), vault())
    if key is None:
        key = signing_keys.get_or_create_signing_key(db.session, vault(), clock.now())
        db.session.commit()
    return key
