"""The tables, one file per thing; the words are those of the field."""

from portal.models.audit import Actor, AuditEntry
from portal.models.base import Base
from portal.models.bulk import BulkRequest, BulkState
from portal.models.campaign import (
    Asked,
    AudienceEntry,
    Campaign,
    CampaignKind,
    ConsentText,
    ContactKind,
    Delivery,
    ImportBatch,
    ImportRow,
    LeftOut,
)
from portal.models.connection import NOBODYS, Connection, Credential, CredentialKind
from portal.models.decision import Decision, Leaf, Receipt, ReceiptDecision, RetentionRun, Way
from portal.models.message import Message, MessageState
from portal.models.movement import Feed, FeedSource, Heard, Movement, Push, PushRegistration
from portal.models.node import NodeCounter
from portal.models.pace import Pace, Tally
from portal.models.provider import Brand, Provider
from portal.models.recipient import Consent, Recipient
from portal.models.reconciliation import DayState, Difference, DifferenceKind, ReconciledDay, Settlement, Sweep
from portal.models.submission import OPEN, Attempt, Lane, Outcome, Submission
from portal.models.user import User

__all__ = [
    "NOBODYS", "OPEN", "Actor", "Asked", "Attempt", "AudienceEntry", "AuditEntry", "Base", "Brand", "BulkRequest",
    "BulkState", "Campaign", "CampaignKind", "Connection", "Consent", "ConsentText", "ContactKind", "Credential",
    "CredentialKind", "DayState", "Decision", "Delivery", "Difference", "DifferenceKind", "Feed", "FeedSource",
    "Heard", "ImportBatch", "ImportRow", "Lane", "Leaf", "LeftOut", "Message", "MessageState", "Movement",
    "NodeCounter", "Outcome", "Pace", "Provider", "Push", "PushRegistration", "Receipt", "ReceiptDecision",
    "Recipient", "ReconciledDay", "RetentionRun", "Settlement", "Submission", "Sweep", "Tally", "User", "Way",
]  # fmt: skip
