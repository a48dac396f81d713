"""Complaints: somebody still gets messages, or wants to be forgotten. A case is opened by its person and settled by
people of the provider; every step is a fact. Nothing here commits."""

from portal.domain.complaints.case_steps import (
    REOPEN_WITHIN,
    AlreadyClosed,
    AlreadyOpen,
    NoReason,
    NotLater,
    TooLate,
    TooManyMessages,
    add_message,
    answer_case,
    close_case,
    list_closings,
    add_note,
    note_refusal,
    postpone,
    reopen_case,
)
from portal.domain.complaints.comparison import Comparison, compare_with_refusal, is_refused
from portal.domain.complaints.due_dates import Pressure, due_pressure
from portal.domain.complaints.intake import MessageReport, TooManyOpen, TooManyToday, request_erasure, open_case
from portal.domain.complaints.lookup import CaseCode, Sender, case_code, find_case, same_receipt_ids, list_senders
from portal.domain.complaints.queries import OpenedReport, OpenedStep, QueueCounts, list_cases, read_report, list_steps, count_waiting
from portal.domain.complaints.reminders import UnreportedCases, take_reminder, desks_to_remind

__all__ = [
    "REOPEN_WITHIN", "AlreadyClosed", "AlreadyOpen", "CaseCode", "Comparison", "NoReason", "NotLater", "Pressure", "OpenedReport",
    "Sender", "OpenedStep", "MessageReport", "TooLate", "TooManyOpen", "TooManyToday", "TooManyMessages", "UnreportedCases", "QueueCounts",
    "add_message", "answer_case", "request_erasure", "close_case", "list_closings", "case_code", "compare_with_refusal", "find_case", "is_refused", "add_note",
    "note_refusal", "list_cases", "open_case", "due_pressure", "postpone", "same_receipt_ids", "take_reminder", "reopen_case", "read_report",
    "list_senders", "list_steps", "desks_to_remind", "count_waiting",
]  # fmt: skip
