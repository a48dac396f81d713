"""That somebody has an address: six digits go there and come back. It proves that alone, and consents to nothing.

Nothing here tells whether an address is known to anybody: what is asked for an unknown one leaves the same rows by the
same statements, and only no message. Nothing here commits; a door that tells of a wrong code has kept its try first.
"""

from portal.domain.address_proofs.cleanup import forget
from portal.domain.address_proofs.code_check import Verdict, address_of, answer, facts_of, keep_facts, read_code
from portal.domain.address_proofs.code_limits import count_today
from portal.domain.address_proofs.code_request import LIFE, ask
from portal.domain.address_proofs.digests import indexes_of
from portal.domain.address_proofs.holders import holders, is_held
from portal.domain.address_proofs.lookup import code_of, find
from portal.domain.address_proofs.sessions import OPEN_FOR, close, form_token, is_of_form, open_for, whose

__all__ = [
    "LIFE",
    "OPEN_FOR",
    "Verdict",
    "address_of",
    "answer",
    "ask",
    "close",
    "code_of",
    "count_today",
    "facts_of",
    "find",
    "forget",
    "form_token",
    "holders",
    "indexes_of",
    "is_held",
    "is_of_form",
    "keep_facts",
    "open_for",
    "read_code",
    "whose",
]
