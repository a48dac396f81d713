"""Refusals in columns that are not read: notes hold the grants of their line back."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.core.iys_protocol import Channel, Source
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.layout import Field, Layout
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FACTS = {"source": Source.WEB, "date": NOW - timedelta(days=1), "channels": ()}
PHONE = "0532 123 45 67"


def results_of(header, cells, **columns):
    layout = Layout(columns={Field(name): place for name, place in columns.items()}, origin="form", **FACTS)
    found = RowParser(layout, at=NOW, header_line=1, header=header).parse((2, cells))
    return {SLOTS[slot]: str(what.status if isinstance(what, Entry) else what) for slot, what in found}


@pytest.mark.parametrize("note", ["bir daha aramayın", "RET", "unsubscribed by phone"])
def test_a_note_that_refuses_holds_the_grants_of_its_line_back_and_no_refusal(note):
    header, columns = ["CEP", "SMS", "Arama", "Açıklama"], {"phone": 0, "status_sms": 1, "status_call": 2}

    assert results_of(header, [PHONE, "E", "H", note], **columns) == {
        Channel.SMS: "refused_beside", Channel.CALL: "RET",
    }  # fmt: skip
    assert results_of(header, [PHONE, "E", "H", "zili çalmasın"], **columns) == {
        Channel.SMS: "ONAY", Channel.CALL: "RET",
    }  # fmt: skip


def test_a_proof_that_refuses_counts_as_a_note_and_a_name_or_what_we_wrote_does_not():
    columns = {"phone": 0, "status_sms": 1}
    note = "SMS istemiyor"

    for kept in ("origin", "contact"):
        assert results_of(["CEP", "SMS", "X"], [PHONE, "E", note], **columns, **{kept: 2}) == {
            Channel.SMS: "refused_beside"
        }  # fmt: skip
    assert results_of(["CEP", "SMS", "Ad"], [PHONE, "E", note], **columns, name=2) == {Channel.SMS: "ONAY"}
    assert results_of(["CEP", "SMS", "Sorun"], [PHONE, "E", note], **columns) == {Channel.SMS: "ONAY"}
    assert results_of(["CEP", "SMS"], [PHONE, "E", "", note], **columns) == {Channel.SMS: "refused_beside"}
