"""Complaints: somebody still gets messages, or asks for erasure. A recipient opens a case and the provider's staff
close it; every step is a row that stays. Nothing here commits."""

from portal.domain.complaints.case_steps import (
    REOPEN_WITHIN,
    AlreadyClosed,
    AlreadyOpen,
    NoReason,
    NotLater,
    StillGranted,
    TooLate,
    TooManyMessages,
    TooManyReopenings,
    UnseenWords,
    add_message,
    add_note,
    answer_case,
    close_case,
    hold_sending,
    list_closings,
    lock_recipient,
    note_refusal,
    postpone,
    record_proof,
    record_reading,
    reopen_case,
)
from portal.domain.complaints.comparison import (
    Comparison,
    compare_case,
    compare_for_person,
    compare_with_refusal,
    has_refused,
)
from portal.domain.complaints.due_dates import Pressure, desks_to_remind, due_pressure, record_reminders
from portal.domain.complaints.intake import MessageReport, TooManyOpen, TooManyToday, open_case, request_erasure
from portal.domain.complaints.queries import (
    QueueCounts,
    ReceiptBrand,
    acted_at,
    case_code,
    case_may_be_anothers,
    count_waiting,
    find_case,
    find_newest_cases,
    held_at,
    held_until,
    hidden_until,
    list_cases,
    list_receipt_brands,
    list_steps,
    read_picture,
    read_report,
    was_refused_in,
)

__all__ = [
    "REOPEN_WITHIN", "AlreadyClosed", "AlreadyOpen", "Comparison", "MessageReport", "NoReason", "NotLater", "Pressure",
    "QueueCounts", "ReceiptBrand", "StillGranted", "TooLate", "TooManyMessages", "TooManyOpen", "TooManyReopenings",
    "TooManyToday", "UnseenWords", "acted_at", "add_message", "add_note", "answer_case", "case_code",
    "case_may_be_anothers", "close_case", "compare_case", "compare_for_person", "compare_with_refusal", "count_waiting",
    "desks_to_remind", "due_pressure", "find_case", "find_newest_cases", "has_refused", "held_at", "held_until",
    "hidden_until", "hold_sending", "list_cases", "list_closings", "list_receipt_brands", "list_steps",
    "lock_recipient", "note_refusal", "open_case", "postpone", "read_picture", "read_report", "record_proof",
    "record_reading", "record_reminders", "reopen_case", "request_erasure", "was_refused_in",
]  # fmt: skip
