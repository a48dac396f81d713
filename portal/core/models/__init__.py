"""All tables and their enums. Import them from here."""

# ruff: noqa: F401 (re-exports; pyproject.toml tells mypy so)
from portal.core.models.address_proof import AddressProof, Purpose
from portal.core.models.audit import Actor, AuditEntry
from portal.core.models.base import Base
from portal.core.models.bulk_request import BulkRequest, BulkState
from portal.core.models.campaign import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Campaign,
    CampaignKind,
    ConsentRequest,
    ConsentText,
    ContactKind,
    Delivery,
    ExclusionReason,
)
from portal.core.models.complaint import Closing, Complaint, ComplaintKind, ComplaintStep, Finding, StepAct
from portal.core.models.connection import NO_PROVIDER, Connection, Credential, CredentialKind
from portal.core.models.consent_point import ConsentPoint
from portal.core.models.decision import (
    Annulment,
    Decision,
    DecisionOrigin,
    Leaf,
    Receipt,
    ReceiptDecision,
    RetentionRun,
    is_void,
)
from portal.core.models.factor import Factor, FactorKind, RecoveryCode
from portal.core.models.holiday import DayKind, Holiday
from portal.core.models.imports import (
    WORKER_STATES,
    BatchState,
    Delegation,
    ImportBatch,
    ImportChunk,
    ImportProfile,
    UploadPart,
)
from portal.core.models.iys_rate import CallTally, IysRate
from portal.core.models.mail import Mail, MailKind, MailState
from portal.core.models.message import Message, MessageKind, MessageState
from portal.core.models.movement import Feed, FeedSource, Movement, Push, PushRegistration, ReceivedVia
from portal.core.models.node_counter import NodeCounter
from portal.core.models.onboarding import Inquiry, Paper, PaperKind, Review, ReviewAct
from portal.core.models.one_time_link import OneTimeLink, OneTimeLinkKind
from portal.core.models.package import OrderKind, Package, PackageOrder
from portal.core.models.provider import Brand, Domain, LegalForm, Network, Provider, ProviderKind
from portal.core.models.recipient import Consent, Recipient
from portal.core.models.reconciliation import DayState, Difference, DifferenceKind, ReconciledDay, Settlement, Sweep
from portal.core.models.sign_in import SessionEnd, SignIn, SignInMethod
from portal.core.models.signing import SigningKey
from portal.core.models.submission import OPEN_OUTCOMES, Attempt, Lane, Outcome, Submission
from portal.core.models.throttle import ThrottledAction, ThrottleHit
from portal.core.models.user import Assignment, Membership, OperatorRole, Role, User
