"""The tables, one file per thing; the words are those of the field."""

from portal.models.audit import Actor, AuditEntry
from portal.models.base import Base
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
from portal.models.decision import Decision, Leaf, Receipt, ReceiptDecision, RetentionRun, Way
from portal.models.message import Message, MessageState
from portal.models.node import NodeCounter
from portal.models.provider import Brand, Credential, Provider
from portal.models.recipient import Consent, Recipient
from portal.models.submission import OPEN, Attempt, Lane, Outcome, Pace, Submission
from portal.models.user import User

__all__ = [
    "OPEN", "Actor", "Asked", "Attempt", "AudienceEntry", "AuditEntry", "Base", "Brand", "Campaign", "CampaignKind",
    "Consent", "ConsentText", "ContactKind", "Credential", "Decision", "Delivery", "ImportBatch", "ImportRow", "Lane",
    "Leaf", "LeftOut", "Message", "MessageState", "NodeCounter", "Outcome", "Pace", "Provider", "Receipt",
    "ReceiptDecision", "Recipient", "RetentionRun", "Submission", "User", "Way",
]  # fmt: skip
