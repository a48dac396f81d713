"""Proof that somebody has an address: a code of six digits is sent there and typed in. It consents to nothing.

Nothing here reveals whether an address is known: a request for an unknown one writes the same rows by the same
statements, and only sends no message. Nothing here commits; commit a wrong attempt before answering it.
"""

from portal.domain.address_proofs.code_limits import count_today
from portal.domain.address_proofs.codes import (
    ANSWERED_WITHIN,
    CodeResult,
    check_code,
    delete_old_proofs,
    find_proof,
    mailbox_indexes,
    page_code,
    read_address,
    read_code,
    read_facts,
    request_code,
    store_facts,
)
from portal.domain.address_proofs.sandbox_addresses import MOST_ADDRESSES, find_own, list_proved, may_send_code
from portal.domain.address_proofs.sent_codes import SentCode, find_codes
from portal.domain.address_proofs.sessions import (
    REFUSALS_TAKEN_FOR,
    SESSION_LIFETIME,
    close_session,
    find_form_session,
    find_session,
    form_token,
    open_session,
    was_open,
)

__all__ = [
    "ANSWERED_WITHIN", "MOST_ADDRESSES", "REFUSALS_TAKEN_FOR", "SESSION_LIFETIME", "CodeResult", "SentCode",
    "check_code", "close_session", "count_today", "delete_old_proofs", "find_codes", "find_form_session", "find_own",
    "find_proof", "find_session", "form_token", "list_proved", "mailbox_indexes", "may_send_code", "open_session",
    "page_code", "read_address", "read_code", "read_facts", "request_code", "store_facts", "was_open",
]  # fmt: skip
