"""The tables, one file per thing; the words are those of the field."""

from portal.models.audit import Actor, AuditEntry
from portal.models.base import Base
from portal.models.bulk import BulkRequest, BulkState
from portal.models.campaign import (
    Asked,
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Campaign,
    CampaignKind,
    ConsentText,
    ContactKind,
    Delivery,
    LeftOut,
)
from portal.models.complaint import Closing, Complaint, ComplaintKind, ComplaintStep, Finding, StepAct
from portal.models.connection import NOBODYS, Connection, Credential, CredentialKind
from portal.models.decision import Annulment, Decision, Leaf, Receipt, ReceiptDecision, RetentionRun, Way, is_void
from portal.models.factor import Factor, FactorKind, RecoveryCode
from portal.models.holiday import DayKind, Holiday
from portal.models.importing import (
    FOR_THE_WORKER,
    BatchState,
    ImportBatch,
    ImportPiece,
    ImportProfile,
    Leave,
    UploadPart,
)
from portal.models.mail import Mail, MailKind, MailState
from portal.models.message import Message, MessageKind, MessageState
from portal.models.movement import Feed, FeedSource, Heard, Movement, Push, PushRegistration
from portal.models.node import NodeCounter
from portal.models.onboarding import Inquiry, Paper, PaperKind, Review, ReviewAct
from portal.models.pace import Pace, Tally
from portal.models.package import OrderKind, Package, PackageOrder
from portal.models.point import Point
from portal.models.proof import AddressProof, Purpose
from portal.models.provider import Brand, Domain, LegalForm, Network, Provider, ProviderKind
from portal.models.recipient import Consent, Recipient
from portal.models.reconciliation import DayState, Difference, DifferenceKind, ReconciledDay, Settlement, Sweep
from portal.models.sign_in import By, Ending, FailedTry, SignIn, Step
from portal.models.signing import SigningKey
from portal.models.submission import OPEN, Attempt, Lane, Outcome, Submission
from portal.models.ticket import Ticket, TicketKind
from portal.models.user import Assignment, Membership, OperatorRole, Role, User

__all__ = [
    "FOR_THE_WORKER", "NOBODYS", "OPEN", "Actor", "AddressProof", "Annulment", "Asked", "Assignment", "Attempt",
    "AudienceEntry", "AudienceLine", "AudienceList", "AuditEntry", "Base", "BatchState", "Brand", "BulkRequest",
    "BulkState", "By", "Campaign", "CampaignKind", "Closing", "Complaint", "ComplaintKind", "ComplaintStep",
    "Connection", "Consent", "ConsentText", "ContactKind", "Credential", "CredentialKind", "DayKind", "DayState",
    "Decision", "Delivery", "Difference", "DifferenceKind", "Domain", "Ending", "Factor", "FactorKind", "FailedTry",
    "Feed", "FeedSource", "Finding", "Heard", "Holiday", "ImportBatch", "ImportPiece", "ImportProfile", "Inquiry",
    "Lane", "Leaf", "Leave", "LeftOut", "LegalForm", "Mail", "MailKind", "MailState", "Membership", "Message",
    "MessageKind", "MessageState", "Movement", "Network", "NodeCounter", "OperatorRole", "OrderKind", "Outcome",
    "Pace", "Package", "PackageOrder", "Paper", "PaperKind", "Point", "Provider", "ProviderKind", "Purpose", "Push",
    "PushRegistration", "Receipt", "ReceiptDecision", "Recipient", "ReconciledDay", "RecoveryCode", "RetentionRun",
    "Review", "ReviewAct", "Role", "Settlement", "SignIn", "SigningKey", "Step", "StepAct", "Submission", "Sweep",
    "Tally", "Ticket", "TicketKind", "UploadPart", "User", "Way", "is_void",
]  # fmt: skip
