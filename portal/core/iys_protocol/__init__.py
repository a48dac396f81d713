"""İYS's protocol: enums, paths, payloads, field rules, error codes and answers. Pure functions, no I/O."""

# ruff: noqa: F401 (re-exports; pyproject.toml tells mypy so)
from portal.core.iys_protocol.answers import WireError, parse_errors
from portal.core.iys_protocol.codes import (
    CODES,
    NOT_ANSWERED,
    NOT_SWEPT,
    OF_GRANTS,
    WRONG_ADDRESSES,
    Code,
    action_of,
    cure_of,
    is_of_iys,
    sentence_of,
)
from portal.core.iys_protocol.dates import (
    format_wire_date,
    parse_wire_date,
    read_consent_date,
    read_creation_date,
    read_wire_date,
)
from portal.core.iys_protocol.enums import MESSAGE_CHANNELS, Action, Channel, RecipientType, Source, Status
from portal.core.iys_protocol.paths import (
    CHANGES_WINDOW,
    KEPT_BACK,
    MAX_LIST_SIZE,
    TOKEN_PATH,
    TOWNS_PATH,
    Operation,
    add_path,
    agreement_path,
    brands_path,
    bulk_add_path,
    bulk_result_path,
    changes_path,
    codes_in_path,
    file_path,
    history_path,
    multi_status_path,
    partner_brands_path,
    partner_subscription_path,
    push_registration_path,
    push_removal_path,
    retailer_access_list_path,
    retailer_access_path,
    retailer_list_path,
    retailer_path,
    retailers_path,
    single_status_path,
    subscription_path,
    summary_path,
    timestamp_path,
)
from portal.core.iys_protocol.payload import (
    NO_RETAILERS,
    Retailers,
    freeze_bulk_payload,
    freeze_payload,
    is_retailer_code,
)
from portal.core.iys_protocol.retailers import RETAILER_FIELDS, RETAILER_STATES, validate_retailer
from portal.core.iys_protocol.validation import (
    MAX_RETAILERS,
    MISSING,
    IysProblem,
    error_body,
    validate_address,
    validate_consent,
)
