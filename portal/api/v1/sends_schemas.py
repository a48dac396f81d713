"""What the API takes of messages that were sent by other systems."""

from typing import Annotated

from pydantic import Field, SkipValidation

from portal.api.v1.field_texts import PHONE
from portal.api.v1.schemas import MAX_ID, MAX_ROWS, Strict, Text
from portal.core.iys_protocol import Channel, RecipientType
from portal.core.lazy_text import N_


class SendRow(Strict):
    recipient: Text = Field(examples=[PHONE])
    type: Channel
    sentAt: Annotated[str, Field(max_length=40)] = Field(
        examples=["2026-11-24 14:02:00"],
        description=N_("Gönderildiği an: 2026-11-24 14:02:00 (Türkiye saati) ya da saat dilimiyle ISO 8601."),
    )
    recipientType: RecipientType = RecipientType.INDIVIDUAL
    campaign: Annotated[str, Field(max_length=200)] | None = Field(
        None, description=N_("Kampanyanın sizdeki adı ya da numarası; başvuruya yanıt verene gösterilir.")
    )
    correlationId: Annotated[str, Field(max_length=MAX_ID)] | None = None


class SendsBody(Strict):
    sends: list[SkipValidation[SendRow]] = Field(min_length=1, max_length=MAX_ROWS)
