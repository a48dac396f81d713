"""Replies to our SMS: what their words say. Whether a reply counts as a consent depends on rows as well (who was asked
what, and until when); a refusal counts by its words alone. Nothing here commits."""

from portal.domain.replies.classification import (
    LONGEST,
    REFUSING,
    ReplyOutcome,
    classify_reply,
    find_names,
    fold,
    names_brand,
    only_asks,
    speaks_of_calls,
    speaks_of_everything,
)

__all__ = [
    "LONGEST", "REFUSING", "ReplyOutcome", "classify_reply", "find_names", "fold", "names_brand",
    "only_asks", "speaks_of_calls", "speaks_of_everything",
]  # fmt: skip
