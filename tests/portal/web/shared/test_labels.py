"""The field's words as people read them."""

import pytest

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    CampaignKind,
    ContactKind,
    DecisionOrigin,
    Delivery,
    ExclusionReason,
    MessageState,
    Outcome,
)
from portal.web.shared.labels import LABELS_BY_TYPE, label

pytestmark = [pytest.mark.slow, pytest.mark.alike]

KINDS = [
    CampaignKind,
    Channel,
    ContactKind,
    Delivery,
    ExclusionReason,
    MessageState,
    Outcome,
    RecipientType,
    Status,
    DecisionOrigin,
]


def test_every_word_has_a_label_even_if_another_kind_spells_one_alike(app):
    words = [word for kind in KINDS for word in kind]

    assert [word for word in words if (type(word), str(word)) not in LABELS_BY_TYPE] == []
    with app.test_request_context():
        assert [word for word in words if not label(word)] == []


def test_words_spelled_alike_keep_their_own_labels(app):
    with app.test_request_context():
        assert label(Outcome.WAITING) != label(MessageState.WAITING)
