"""That somebody has an address: six digits go there and come back. It proves that alone, and consents to nothing.

Nothing here tells whether an address is known to anybody: what is asked for an unknown one leaves the same rows by the
same statements, and only no message. Nothing here commits; a door that tells of a wrong code has kept its try first.
"""

from portal.domain.address_proofs.cleanup import delete_old_proofs
from portal.domain.address_proofs.code_check import CodeResult, read_address, check_code, read_facts, store_facts, read_code
from portal.domain.address_proofs.code_limits import count_today
from portal.domain.address_proofs.code_request import CODE_LIFETIME, request_code
from portal.domain.address_proofs.digests import mailbox_indexes
from portal.domain.address_proofs.holders import find_holders, is_held
from portal.domain.address_proofs.lookup import page_code, find_proof
from portal.domain.address_proofs.sessions import SESSION_LIFETIME, close_session, form_token, is_form_token_valid, open_session, find_session

__all__ = [
    "CODE_LIFETIME",
    "SESSION_LIFETIME",
    "CodeResult",
    "read_address",
    "check_code",
    "request_code",
    "close_session",
    "page_code",
    "count_today",
    "read_facts",
    "find_proof",
    "delete_old_proofs",
    "form_token",
    "find_holders",
    "mailbox_indexes",
    "is_held",
    "is_form_token_valid",
    "store_facts",
    "open_session",
    "read_code",
    "find_session",
]
