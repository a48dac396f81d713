"""All tables and their enums. Import them from here."""

# ruff: noqa: F401 (re-exports; pyproject.toml tells mypy so)
from portal.core.models.address_proof import AddressProof, Purpose
from portal.core.models.api import ApiCall, ApiKey, ApiRequest
from portal.core.models.audit import Actor, AuditEntry
from portal.core.models.base import Base, NodeCounter
from portal.core.models.campaign import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Campaign,
    CampaignKind,
    CampaignState,
    ConsentPoint,
    ConsentRequest,
    ConsentText,
    ContactKind,
    Delivery,
    ExclusionReason,
    PauseReason,
)
from portal.core.models.complaint import Closing, Complaint, ComplaintKind, ComplaintStep, Finding, StepAct
from portal.core.models.confirmation import ConfirmationAlarm, OwnConfirmation
from portal.core.models.connection import (
    NO_PROVIDER,
    CallTally,
    Connection,
    Credential,
    CredentialKind,
    Egress,
    EgressState,
    ForwardingHold,
    IysRate,
)
from portal.core.models.decision import (
    ORIGINS_AT_IYS,
    PROVIDERS_RECORDS,
    Annulment,
    Decision,
    DecisionOrigin,
    Leaf,
    Receipt,
    ReceiptDecision,
    RetentionRun,
    SigningKey,
    is_void,
)
from portal.core.models.event import Event, EventType
from portal.core.models.gateway import BrandGateway, FormerBrandGateway, GatewayState, MessageGateway
from portal.core.models.gateway_event import TO_READ, EventKind, EventOutcome, GatewayEvent, may_have_refused
from portal.core.models.holiday import DayKind, Holiday
from portal.core.models.imports import (
    WORKER_STATES,
    BatchState,
    Delegation,
    ImportBatch,
    ImportChunk,
    ImportProfile,
    UploadPart,
    WaitingFile,
)
from portal.core.models.message import (
    Mail,
    MailKind,
    MailState,
    Message,
    MessageKind,
    MessageState,
    UnsentReason,
    is_undeliverable,
)
from portal.core.models.message_text import MessageText
from portal.core.models.movement import Feed, FeedSource, Movement, Push, PushRegistration, ReceivedVia
from portal.core.models.onboarding import Inquiry, Paper, PaperKind, Review, ReviewAct
from portal.core.models.operation import DecisionTally, JournalGap, Maintenance, ReadinessAlarm
from portal.core.models.own_refusals import (
    STATED,
    has_mailbox_refusal,
    is_own_refusal,
    is_own_word,
    mailbox_refused_at,
    was_current,
)
from portal.core.models.process import KeyGeneration, NotedSetting, Process
from portal.core.models.provider import (
    Brand,
    Domain,
    LegalForm,
    Network,
    OrderKind,
    Package,
    PackageOrder,
    Provider,
    ProviderKind,
)
from portal.core.models.recipient import ClosedLine, Consent, ReassignedAddress, Recipient
from portal.core.models.reconciliation import DayState, Difference, DifferenceKind, ReconciledDay, Settlement, Sweep
from portal.core.models.row_tally import RowTally, RowTallyChange, Tallied, count_rows
from portal.core.models.sandbox_recipients import is_sandbox_recipient
from portal.core.models.sends import AddressCheck, ReportedSend
from portal.core.models.submission import (
    OPEN_OUTCOMES,
    TAKEN_OUTCOMES,
    TOLD_NOBODY,
    Attempt,
    BulkRequest,
    BulkState,
    Lane,
    Outcome,
    Submission,
)
from portal.core.models.submission_alarm import AlarmLevel, SubmissionAlarm
from portal.core.models.user import (
    Assignment,
    Factor,
    FactorKind,
    Membership,
    OneTimeLink,
    OneTimeLinkKind,
    OperatorRole,
    RecoveryCode,
    Role,
    SessionEnd,
    SignIn,
    SignInMethod,
    ThrottledAction,
    ThrottleHit,
    User,
)
from portal.core.models.webhook import (
    HEARTBEAT,
    TEST,
    OffReason,
    WebhookAlgorithm,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)
