"""İYS's language: its words, what is sent, its field rules, its codes and its answers. Pure."""

from .actions import Action
from .answers import WireError, errors_in
from .codes import CODES, Code, action_of, cure_of, sentence_of
from .payload import TOKEN_PATH, add_path, freeze, multi_status_path, read_date, single_status_path, wire_date
from .validation import MISSING, Problem, address_problems, as_wire, problems
from .words import Channel, RecipientType, Source, Status

__all__ = [
    "CODES",
    "MISSING",
    "TOKEN_PATH",
    "Action",
    "Channel",
    "Code",
    "Problem",
    "RecipientType",
    "Source",
    "Status",
    "WireError",
    "action_of",
    "add_path",
    "address_problems",
    "as_wire",
    "cure_of",
    "errors_in",
    "freeze",
    "multi_status_path",
    "problems",
    "read_date",
    "sentence_of",
    "single_status_path",
    "wire_date",
]
