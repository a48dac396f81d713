"""A table whose people stand side by side, or as cards below each other, is not read: what each says would be lost."""

import pytest

from portal.core.extensions import db
from portal.core.models import Decision, ImportBatch
from portal.services.imports.audience import read_address_list
from portal.services.imports.reading import FileProblem, Unreadable
from portal.services.imports.unread import MarkKind
from tests.portal.services.imports.file_steps import uploaded, work_all

TRANSPOSED = """
Telefon;0532 700 02 11;0532 700 03 11;0532 700 04 11|SMS izni;1;0;1
SMS izni;Evet;Hayır;Evet|Telefon;0532 700 02 11;0532 700 03 11;0532 700 04 11
Müşteri listesi|Ad;Ayşe;Can|E-posta;a2@example.com;a3@example.com|Bülten izni;E;H
Cep No:;0532 700 02 11;;0532 700 03 11|E-posta;;a@example.com;|Kara liste;;x;
;1;2;3|Telefon;0532 700 02 11;0532 700 03 11;0532 700 04 11|SMS izni;1;0;1
Telefon;0532 700 02 11|SMS izni;0
Ad;Ayşe|Telefon;0532 700 02 11|SMS izni;0|Ad;Can|Telefon;0532 700 03 11|SMS izni;1
Telefon;0532 700 02 11|Durum;RET|Telefon;0532 700 03 11|Durum;ONAY
Ad Soyad;Ayşe Yılmaz;Can Er|Telefon;0532 700 02 11;0532 700 03 11|Durum;ONAY;RET
"""
UPRIGHT = """
Telefon;0532 700 02 11;0532 700 03 11
Telefon;0532 700 02 11;Evet|E-posta;a2@example.com;Hayır|SMS;0532 700 03 11;Evet
Kanal;Numara;Durum|Telefon;0532 700 02 11;Evet|Telefon;0532 700 03 11;Hayır
Tip;No;Cevap|Telefon;0532 700 02 11;Evet|Telefon;0532 700 03 11;Hayır
Tür;Numara;İsim|Telefon;0532 700 02 11;Ali|Telefon;0532 700 03 11;Can|Telefon;;Fatma|E-posta;yok;Elif
Firma;Yıldız A.Ş.|Telefon;0212 555 44 33|Telefon;SMS izni|0532 700 02 11;1|0532 700 03 11;0
Telefon;SMS izni|0532 700 02 11;1
Telefon;Cep 2|0532 700 02 11;0532 700 03 11|0532 700 04 11;
"""


def file_of(rows: str) -> bytes:
    return rows.replace("|", "\n").encode()


@pytest.mark.parametrize("rows", TRANSPOSED.strip().splitlines())
def test_a_transposed_file_and_list_is_unreadable(app, rows):
    batch_id = uploaded(app, file_of(rows))
    work_all(app)

    with pytest.raises(Unreadable) as found:
        read_address_list(file_of(rows))

    with app.app_context():
        assert db.session.get_one(ImportBatch, batch_id).problem == FileProblem.TRANSPOSED
        assert db.session.query(Decision).count() == 0
    assert found.value.problem == FileProblem.TRANSPOSED


@pytest.mark.parametrize("rows", UPRIGHT.strip().splitlines())
def test_words_for_channels_and_a_letterhead_turn_no_table(rows):
    assert read_address_list(file_of(rows)).columns


@pytest.mark.parametrize(
    "rows",
    [
        "0532 700 02 11;0532 700 03 11;0532 700 04 11|1;0;1",
        "0532 700 02 11;0532 700 03 11;Telefon|1;0;SMS izni",
        "a2@example.com;a3@example.com|E;H",
        "1;0|0532 700 02 11;0532 700 03 11|0532 700 04 11;0532 700 05 11",
    ],
)
def test_yes_and_no_in_place_of_addresses_beside_each_other_are_named(rows):
    found = read_address_list(file_of(rows))

    assert [mark.kind for mark in found.unread] == [MarkKind.LINES]


def test_a_database_has_zeros_and_dashes_in_place_of_both_addresses():
    found = read_address_list(file_of("Telefon;E-posta;Ad|0532 700 02 11;a2@example.com;Can|0;-;Ali|0;;Elif"))

    assert not found.unread
