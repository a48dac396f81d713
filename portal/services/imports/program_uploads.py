"""Files that programs bring: nobody sits before a page, so the profile that was named says what the columns are.

The request that brought a file is kept with the file's id; its body says the name of the profile.
"""

import json
import zlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import ApiRequest, ImportBatch
from portal.services.imports import batches, layout, profiles
from portal.services.imports.batches import WrongState
from portal.services.imports.store import header_of, layout_of, outline_of


def describe(digest: bytes, profile: str | None) -> bytes:
    """What is kept of such a request in place of the file."""
    return json.dumps({"digest": digest.hex(), "profile": profile}).encode()


def is_brought_by(session: Session, batch: ImportBatch, key_id: int) -> bool:
    """Whether a key brought a file: the first of those that replaced one another."""
    request = select(ApiRequest.id).where(ApiRequest.id == batch.id, ApiRequest.key_id == key_id)
    return session.scalar(request) is not None


def choose_layout(batch_id: int) -> bool:
    """Set the layout of a program's file by its profile and commit; False where a person must choose: no profile fits,
    or something is missing that refusals need, too. Of other files nothing is done."""
    request = db.session.get(ApiRequest, batch_id)
    if request is None:
        return False
    batch = db.session.get_one(ImportBatch, batch_id, populate_existing=True)
    body = vault().open(request.body, ApiRequest.BODY, request.provider_id, request.id)
    guess, name = layout_of(vault(), batch), json.loads(zlib.decompress(body))["profile"]
    header = header_of(outline_of(vault(), batch), guess)
    found = profiles.choose(db.session, vault(), batch.provider_id, guess, header, name)
    if found is None or not layout.OF_GRANTS.issuperset(layout.missing(found)):
        db.session.rollback()
        return False
    try:
        batches.set_layout(db.session, vault(), batch, found, clock.now())
    except WrongState:  # A person was quicker.
        db.session.rollback()
        return False
    db.session.commit()
    return True
