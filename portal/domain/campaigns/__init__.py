"""Campaigns: what is asked or offered, of whom, and the personal links that carry it.

Asking is restricted (checklist C-4): only with a recorded contact that the person began, once per address and channel,
never after a refusal. Nothing here commits.
"""

from portal.domain.campaigns.audience import (
    AudienceClosed,
    BrandClosed,
    CannotLaunch,
    ListsWaiting,
    OwnContact,
    UnreadColumns,
    add_addresses,
    add_recipients,
    bar_recipients,
    confirm_unread,
    count_progress,
    find_barred,
    insert_entries,
    launch,
    lock_audience,
    unread_token,
)
from portal.domain.campaigns.default_texts import Wording
from portal.domain.campaigns.lifecycle import Contact, ContactToCome, open_campaign
from portal.domain.campaigns.links import (
    LinkedEntry,
    create_next_links,
    effective_contact,
    find_excluded,
    free_requests,
)

__all__ = [
    "AudienceClosed", "BrandClosed", "CannotLaunch", "Contact", "ContactToCome", "LinkedEntry", "ListsWaiting",
    "OwnContact", "UnreadColumns", "Wording", "add_addresses", "add_recipients", "bar_recipients", "confirm_unread",
    "count_progress", "create_next_links", "effective_contact", "find_barred", "find_excluded",
    "free_requests", "insert_entries", "launch", "lock_audience", "open_campaign", "unread_token",
]  # fmt: skip
