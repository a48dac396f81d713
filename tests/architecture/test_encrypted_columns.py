"""Every binary column is encrypted and part of key rotation, or says why it need not be."""

from sqlalchemy import LargeBinary

import shortlinks
from portal.core.models import Base
from portal.services.key_rotation import SEALED

# Binary and not encrypted: it tells nothing of an address to whoever has no key.
NOT_ENCRYPTED = {
    "recipient.index_odd": "blind index",
    "recipient.index_even": "blind index",
    "recipient.mailbox_odd": "blind index",
    "recipient.mailbox_even": "blind index",
    "closed_line.index_odd": "blind index",
    "closed_line.index_even": "blind index",
    "reassigned_address.index_odd": "blind index",
    "reassigned_address.index_even": "blind index",
    "user_account.index_odd": "blind index",
    "user_account.index_even": "blind index",
    "consent_text.digest": "hash of a published text",
    "message_text.digest": "hash of a text that is sent",
    "review.digest": "hash of a text that people would read",
    "receipt.token_digest": "hash of a form's token",
    "decision.salt": "random",
    "leaf.digest": "salted hash",
    "push_registration.token_digest": "hash of a random token",
    "reconciled_day.timestamp": "İYS's time stamp over a hash",
    "sign_in.token_digest": "hash of a random token",
    "sign_in.device_digest": "hash of a random token",
    "throttle_hit.account_digest": "keyed hash",
    "throttle_hit.network_digest": "keyed hash",
    "factor.credential_id": "a passkey's random name of itself",
    "factor.public_key": "public",
    "message_gateway.secret_digest": "hash of a random token",
    "gateway_event.digest": "keyed hash",
    "api_key.digest": "hash of a random token",
    "api_request.idempotency_digest": "hash of a key, which its program draws at random",
    "address_check.digests": "salted hashes, whose salt is encrypted",
    "recovery_code.digest": "hash of a random code",
    "one_time_link.token_digest": "hash of a random token",
    "address_proof.index_odd": "blind index",
    "address_proof.index_even": "blind index",
    "address_proof.code_digest": "keyed hash",
    "address_proof.prefix_digest": "keyed hash",
    "address_proof.network_digest": "keyed hash",
    "address_proof.token_digest": "hash of a random token",
    "paper.digest": "hash of a file, to see that it is the one that was uploaded",
    "import_batch.digest": "hash of a file, to know it when it comes again",
    "import_chunk.row_results": "what came of each line, by number",
    "import_profile.signature": "hash of a header's words",
    "brand.logo": "a picture that recipients are shown",
    "brand.requested_logo": "a picture that recipients may be shown",
}


def binary_columns() -> set[str]:
    """Every binary column of the models, as table.column."""
    tables = [*Base.metadata.sorted_tables, *shortlinks.Base.metadata.sorted_tables]
    return {
        f"{table.name}.{column.name}" for table in tables for column in table.c if isinstance(column.type, LargeBinary)
    }


def rotated_columns() -> dict[str, str]:
    """Columns of key rotation, as table.column, and the place that their seals are bound to."""
    return {f"{model.__tablename__}.{column}": place for model, column, place in SEALED}


def test_every_binary_column_is_rotated_or_says_why_not():
    assert binary_columns() == rotated_columns().keys() | NOT_ENCRYPTED.keys()


def test_no_column_is_both_encrypted_and_not():
    assert not rotated_columns().keys() & NOT_ENCRYPTED.keys()


def test_every_seal_is_bound_to_its_own_column():
    assert all(column == place for column, place in rotated_columns().items())
