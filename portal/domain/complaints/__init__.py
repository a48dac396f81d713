"""Complaints: somebody still gets messages, or wants to be forgotten. A case is opened by its person and settled by
people of the provider; every step is a fact. Nothing here commits."""

from portal.domain.complaints.case_steps import (
    REOPEN_WITHIN,
    AlreadyClosed,
    AlreadyOpen,
    NoReason,
    NotLater,
    TooLate,
    TooManyWords,
    add_word,
    answer,
    close,
    closings,
    note_down,
    note_refusal,
    put_off,
    reopen,
)
from portal.domain.complaints.comparison import Compared, compare, is_refused
from portal.domain.complaints.due_dates import Pressure, pressure
from portal.domain.complaints.intake import Told, TooManyOpen, TooManyToday, ask_erasure, open_case
from portal.domain.complaints.lookup import CaseCode, Sender, code_of, find, receipts_alike, senders
from portal.domain.complaints.queries import Said, Shown, Waiting, of_receipts, said, steps, waiting
from portal.domain.complaints.reminders import Untold, remind, untold_desks

__all__ = [
    "REOPEN_WITHIN", "AlreadyClosed", "AlreadyOpen", "CaseCode", "Compared", "NoReason", "NotLater", "Pressure", "Said",
    "Sender", "Shown", "Told", "TooLate", "TooManyOpen", "TooManyToday", "TooManyWords", "Untold", "Waiting",
    "add_word", "answer", "ask_erasure", "close", "closings", "code_of", "compare", "find", "is_refused", "note_down",
    "note_refusal", "of_receipts", "open_case", "pressure", "put_off", "receipts_alike", "remind", "reopen", "said",
    "senders", "steps", "untold_desks", "waiting",
]  # fmt: skip
