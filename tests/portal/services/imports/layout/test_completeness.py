"""What a layout leaves unsaid, and what of it cannot be."""

from datetime import UTC, datetime

import pytest

from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.services.imports.layout import Field, Layout, layout, missing, problems_of

SAID = {"status": Status.GRANTED, "source": Source.WEB, "date": datetime(2026, 11, 20, tzinfo=UTC), "origin": "form"}
PHONE = {Field.PHONE: 0}


def test_everything_is_asked_that_no_column_says():
    assert missing(Layout()) == ["address", "status", "source", "date", "origin"]
    assert missing(Layout(columns=PHONE)) == ["status", "source", "date", "origin"]
    assert missing(Layout(columns=PHONE, **SAID)) == []
    columns = {Field.ADDRESS: 0, Field.STATUS: 1, Field.SOURCE: 2, Field.DATE: 3, Field.ORIGIN: 4}
    assert missing(Layout(columns=columns)) == []
    assert missing(Layout(columns=columns, channels=())) == ["channels"]
    assert missing(Layout(columns=columns | {Field.CHANNEL: 5}, channels=())) == []


def test_a_status_is_asked_for_channels_without_a_column():
    said = {**SAID, "status": None}
    marks = PHONE | {Field.STATUS_SMS: 1}

    assert missing(Layout(columns=marks, **said)) == ["status"]
    assert missing(Layout(columns=marks, channels=(Channel.SMS,), **said)) == []
    assert missing(Layout(columns=marks | {Field.STATUS_CALL: 2}, **said)) == []
    assert missing(Layout(columns=marks | {Field.STATUS_CALL: 2, Field.EMAIL: 3}, **said)) == ["status"]


def test_some_files_need_less():
    refusals = Layout(columns=PHONE, **{**SAID, "status": Status.REFUSED, "origin": ""})
    merchants = Layout(columns=PHONE, status=Status.GRANTED, origin="sicil", recipient_type=RecipientType.MERCHANT)
    old = Layout(columns=PHONE, **{**SAID, "source": Source.BEFORE_2015, "date": None})

    assert missing(refusals) == missing(merchants) == missing(old) == []


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        (Layout(), layout.NO_ADDRESS),
        (Layout(columns={Field.ADDRESS: 0, Field.EMAIL: 1}), layout.ADDRESS_TWICE),
        (Layout(columns={Field.PHONE: 0, Field.STATUS: 0}), layout.COLUMN_TWICE),
        (Layout(columns={Field.PHONE: 5}), layout.NO_SUCH_COLUMN),
        (Layout(columns={Field.PHONE: -1}), layout.NO_SUCH_COLUMN),
        (Layout(columns={Field.PHONE: 0, Field.TIME: 1}), layout.TIME_ALONE),
        (Layout(columns=PHONE, channels=(Channel.EMAIL,)), layout.CHANNELS_UNFIT),
    ],
)
def test_what_cannot_be_is_said(layout, sentence):
    assert problems_of(layout, 5) == [sentence]
    assert problems_of(Layout(columns=PHONE | {Field.DATE: 1, Field.TIME: 2}), 5) == []
