"""A list in an audience: good rows are kept, bad ones listed with line, value and problem."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    AuditEntry,
    CampaignKind,
    ContactKind,
    Provider,
    Recipient,
)
from portal.domain import campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports import audience, audience_lines, waiting_lists
from portal.services.imports.audience import read_address_list
from portal.services.imports.audience_rows import Person
from tests import make
from tests.files.people import saved, workbook

LIST = "Ad;Telefon;E-posta\nAyşe;0532 123 45 67;\nBurak;0555 12;burak@example.com\nCem;+905321234567;\nDeniz;;\n"


@pytest.fixture
def campaign(app):
    with app.app_context():
        yield make.campaign()
        db.session.rollback()


def bring(campaign, data) -> int:
    return audience.add_list(db.session, vault(), campaign, read_address_list(data), None, clock.now())


def value_of(row: AudienceLine) -> str:
    return vault().read(row.value, AudienceLine.PLACE, row.provider_id, row.id)


def test_good_rows_are_kept_and_bad_ones_listed(campaign, rows):
    bring(campaign, LIST)

    batch = rows.one(AudienceList)
    assert (batch.good, batch.bad, batch.repeated) == (2, 2, 1)
    assert rows.count(AudienceEntry) == rows.count(Recipient) == 2
    assert [(row.line, value_of(row), row.problem) for row in rows(AudienceLine)] == [
        (3, "0555 12", "phone_too_short"),
        (5, "", "empty"),
        (0, "lines\t5\t", "column"),
    ]


SAYING_NO = """Ad;Cep;E-posta;SMS (E/H);E-posta (E/H)
Ayşe;0532 123 45 67;ayse@example.com;H;E
Burak;0533 234 56 78;burak@example.com;E;H
Ayşe;0532 123 45 67;;;
"""


def test_whom_the_list_itself_says_no_of_is_named_and_not_asked(campaign, rows):
    """For the address that the no is about: also where another line has it without a word."""
    bring(campaign, SAYING_NO)

    batch = rows.one(AudienceList)
    assert (batch.good, batch.refused, batch.bad, batch.repeated) == (2, 2, 0, 1)
    named = rows(AudienceLine, AudienceLine.problem == AudienceLine.REFUSED)
    assert [(row.line, value_of(row)) for row in named] == [(2, "+905321234567"), (3, "burak@example.com")]
    assert asked(rows) == {"ayse@example.com", "+905332345678"}


def asked(rows) -> set[str]:
    ids = {entry.recipient_id for entry in rows(AudienceEntry, AudienceEntry.left_out.is_(None))}
    return {recipients.address_of(vault(), row) for row in rows(Recipient, Recipient.id.in_(ids))}


PEOPLE = "0532 123 45 67\n0533 234 56 78\n0534 345 67 89"
SAYS_NO = "Telefon;SMS izni\n0532 123 45 67;Hayır\n0533 234 56 78;Evet\n"


@pytest.mark.parametrize("lists", [(PEOPLE, SAYS_NO), (SAYS_NO, PEOPLE)])
def test_a_no_in_any_list_counts_for_the_whole_audience(campaign, rows, lists):
    for each in lists:
        bring(campaign, each)
    waiting_lists.read(waiting_lists.insert_people(db.session, campaign, [Person("+905321234567")], clock.now()))

    assert asked(rows) == {"+905332345678", "+905343456789"}
    assert campaigns.count_progress(db.session, campaign).left_out == {"refused": 1}


def test_a_list_that_finds_no_room_refuses_all_the_same(campaign, rows):
    bring(campaign, PEOPLE)

    with time_machine.travel(clock.now() + packages.GRACE + timedelta(minutes=1)):
        waiting_lists.read(waiting_lists.store(db.session, campaign, SAYS_NO.encode(), None))

    assert [each.problem for each in rows(AudienceList)] == [None, AudienceList.NO_ROOM]
    assert asked(rows) == {"+905332345678", "+905343456789"}


def test_a_list_that_is_added_without_room_refuses_all_the_same(campaign, rows):
    bring(campaign, PEOPLE)

    with time_machine.travel(clock.now() + packages.GRACE + timedelta(minutes=1)), pytest.raises(packages.PackageFull):
        bring(campaign, SAYS_NO)

    db.session.rollback()
    assert [each.problem for each in rows(AudienceList)] == [None, AudienceList.NO_ROOM]
    assert asked(rows) == {"+905332345678", "+905343456789"}


NOT_UNDERSTOOD = "Telefon;Durumu\n0532 123 45 67;K7\n0533 234 56 78;Z1\n0555 999 88 77;Z1\n"


def test_what_nobody_understands_of_a_list_without_room_holds_the_launch(campaign):
    """Each of its people is in the audience by another list."""
    bring(campaign, PEOPLE)

    with time_machine.travel(clock.now() + packages.GRACE + timedelta(minutes=1)):
        waiting_lists.read(waiting_lists.store(db.session, campaign, NOT_UNDERSTOOD.encode(), None))
        with pytest.raises(campaigns.UnreadColumns):
            campaigns.launch(db.session, campaign, clock.now())
        campaigns.confirm_unread(db.session, campaign, clock.now())
        campaigns.launch(db.session, campaign, clock.now())


def test_with_nobody_left_to_ask_nothing_is_launched(campaign):
    for each in ("0532 123 45 67", SAYS_NO.replace("Evet", "Hayır")):
        bring(campaign, each)

    with pytest.raises(campaigns.CannotLaunch):
        campaigns.launch(db.session, campaign, clock.now())


def test_whom_the_list_may_say_no_of_is_not_asked_either():
    lists = {
        "SMS izni": ("✗", "✓"),
        "SMS izin": ("❌", "✓"),
        "SMS onayı": ("-", "+"),
        "SMS istemem": ("Evet", "Hayır"),
        "SMS iptali": ("Onaylandı", "Hayır"),
    }

    for name, cells in lists.items():
        text = f"Telefon;{name}\n0532 123 45 67;{cells[0]}\n0533 234 56 78;{cells[1]}\n"
        found = read_address_list(text)
        assert ([line for line, *_ in found.refused], [line for line, _ in found.good]) == ([2], [3]), name


@pytest.mark.parametrize(
    ("statuses", "asked_lines"),
    [
        (["Evet", "Evet", "RET", '""""', "Evet"], [2, 3, 6]),
        (["Evet", "Evet", "RET", "„", "Evet"], [2, 3, 6]),
        (["RET", "-", "ONAY", ""], [4, 5]),
    ],
)
def test_a_sign_below_a_status_is_unclear(statuses, asked_lines):
    rows = [f"0532 123 45 {number};{each}" for number, each in enumerate(statuses, 10)]

    found = read_address_list("\n".join(["Telefon;İzin durumu", *rows]))

    assert [line for line, _ in found.good] == asked_lines


DOUBTS = """Ad;Telefon;SMS izni;Not;Ret tarihi;Ayrılma;Kayıt tarihi;İptal;Kulüp
Ali;0532 700 05 01;Evet;;;;20.11.2026;
Can;0532 700 05 02;Evet;bir daha SMS istemiyor, ret verdi;;;;
Ece;0532 700 05 03;;;28.11.2026;;;
Ela;0532 700 05 04;vazgeçti;;;;;
Efe;0532 700 05 05;Ret etti;;;;;
Eda;0532 700 05 06;SMS istemedi;;;;;
Nur (RET);0532 700 05 07;Evet;;;;;
Gül;0532 700 05 08;Evet;;;28.11.2026;;
Oya;0532 700 05 09;Evet;;;;;E
Ulu;0532 700 05 10;Evet;sadık müşteri;;;20.11.2025;H;Hayır
Ali;0532 700 05 08;Evet;;;;;
"""


def test_whatever_may_refuse_in_a_line_leaves_it_out_with_the_reason(campaign, rows):
    bring(campaign, DOUBTS)

    named = [(row.line, row.problem) for row in rows(AudienceLine, AudienceLine.problem.in_(AudienceLine.REASONS))]
    assert named == [
        (3, "refused_note"), (4, "refused_date"), (5, "refused_word"), (6, "refused_word"), (7, "refused_word"),
        (8, "refused_note"), (9, "refused_date"), (10, "refused"),
    ]  # fmt: skip
    assert (rows.one(AudienceList).good, rows.one(AudienceList).refused) == (2, 8)
    columns = [value_of(row) for row in rows(AudienceLine, AudienceLine.problem == AudienceLine.COLUMN)]
    assert [value.split("\t")[1] for value in columns] == ["A", "D", "F", "I", "E"]


CONTACTS = """Ad;Telefon;İlk temas nedeni;Temas tarihi
Ali;0532 700 05 01;Alışveriş;20.11.2025
Can;0532 700 05 02;üye oldu;2024-02-29
Ece;0532 700 05 03;;
Ela;0532 700 05 04;dedikodu;20.11.2025
Efe;0532 700 05 05;Üyelik;31.02.2024
Eda;0532 700 05 06;Üyelik;yakında
Nur;0532 700 05 07;Üyelik;01.01.2090
Gül;0532 700 05 08;Üyelik;30.04.2015
Gül;0532 700 05 08;Üyelik;01.05.2015
Oya;0532 700 05 09;Diğer;-
"""


def test_a_line_may_say_how_and_when_its_person_began_the_contact():
    """What is not understood, to come or too old is a problem of the line, whose address may stand on another one."""
    found = read_address_list(CONTACTS)

    told = {text.removeprefix("+90532700050"): (kind, day and str(day)) for text, (kind, day) in found.contacts.items()}
    assert told == {
        "1": (ContactKind.PURCHASE, "2025-11-20"), "2": (ContactKind.MEMBERSHIP, "2024-02-29"),
        "8": (ContactKind.MEMBERSHIP, "2015-05-01"), "9": (ContactKind.OTHER, None),
    }  # fmt: skip
    assert [line for line, _ in found.good] == [2, 3, 4, 10, 11] and not found.refused and not found.unread
    assert [(row.line, row.value, row.problem) for row in found.bad] == [
        (5, "dedikodu", "contact_unknown"), (6, "31.02.2024", "date_impossible"), (7, "yakında", "date_unreadable"),
        (8, "01.01.2090", "date_to_come"), (9, "30.04.2015", "contact_before_2015"),
    ]  # fmt: skip


@pytest.mark.parametrize("sign", ["❌", "*", "-"])
def test_a_sign_beside_how_a_contact_began_leaves_its_person_out(sign):
    said = [f"Alışveriş {sign}", f"{sign}Alışveriş", "MAĞAZA ZİYARETİ ", "sign-up", "Alışveriş."]
    lines = [f"0532 700 05 0{place};{each};20.11.2025" for place, each in enumerate(said)]

    found = read_address_list("\n".join(["Telefon;İlk temas nedeni;Temas tarihi", *lines]))

    assert [(line, reason) for line, _, reason in found.refused] == [(2, "refused_note"), (3, "refused_note")]
    assert not found.bad
    assert [kind for kind, _ in found.contacts.values()] == [
        ContactKind.VISIT, ContactKind.MEMBERSHIP, ContactKind.PURCHASE
    ]  # fmt: skip


def test_the_day_of_a_contact_is_known_by_the_name_of_its_column():
    """An end of something, or who called whom, is no contact; nor is the date of a consent."""
    names = {
        "Alışveriş tarihi": (ContactKind.PURCHASE, True), "Son sipariş tarihi": (ContactKind.PURCHASE, True),
        "Üyelik Tarihi": (ContactKind.MEMBERSHIP, True), "Purchase date": (ContactKind.PURCHASE, True),
        "İlk temas tarihi": (None, True), "contactDate": (None, True), "Kayıt tarihi": None, "İzin tarihi": None,
        "Arama tarihi": None, "Doğum tarihi": None,
    }  # fmt: skip

    for name, expected in names.items():
        found = read_address_list(f"Telefon;{name}\n0532 700 05 01;20.11.2025\n").contacts
        told = [(kind, day is not None) for kind, day in found.values()]
        assert told == ([expected] if expected else []), name
    beside = read_address_list("Telefon;Temas nedeni;Tarih\n0532 700 05 01;Fuar;20.11.2025\n").contacts
    assert [(kind, str(day)) for kind, day in beside.values()] == [(ContactKind.EVENT, "2025-11-20")]


@pytest.mark.slow
def test_a_sheet_of_refusals_refuses_for_the_others():
    head = ["Ad", "Telefon"]
    sheets = {
        "RET verenler": [head, ["Ayşe", "0532 123 45 67"], ["Ece", "0534 345 67 89"]],
        "Kadıköy": [head, ["Ayşe", "0532 123 45 67"], ["Can", "0533 234 56 78"]],
    }

    found = read_address_list(saved(workbook(sheets)))

    said = [(address.text, reason) for _, address, reason in found.refused]
    assert said == [("+905321234567", "refused_list"), ("+905343456789", "refused_list")]  # Also of other lists.
    assert [address.text for _, address in found.good] == ["+905332345678"]


@pytest.mark.slow
def test_sheets_with_the_same_header_are_read_and_others_named(campaign, rows):
    head = ["Ad", "Telefon"]
    book = workbook(
        {
            "Not": [["Bu dosya hakkında"]],
            "Eski": [head, ["Zeki", "0532 000 00 09"]],
            "Kadıköy": [head, ["Ayşe", "0532 123 45 67"]],
            "Şişli": [head, ["Burak", "0532 234 56 78"]],
            "Bayiler": [["E-posta", "Şehir"], ["bayi@example.com", "Bursa"]],
        }
    )
    book["Eski"].sheet_state = "hidden"

    bring(campaign, saved(book))

    assert asked(rows) == {"+905321234567", "+905322345678"}
    unread = [value_of(row) for row in rows(AudienceLine, AudienceLine.problem == AudienceLine.SHEET)]
    assert unread == ["Not", "Eski", "Bayiler"]


def test_a_batch_tells_how_it_was_read(campaign, rows):
    bring(campaign, LIST.encode("windows-1254"))

    batch = rows.one(AudienceList)
    assert (batch.encoding, batch.separator, batch.user_id) == ("windows-1254", ";", None)


def test_a_bad_value_is_sealed_and_cut(campaign, rows):
    bring(campaign, f"telefon\n{make.PHONE}\n0555 12 {'x' * 500}\n")

    row = rows.one(AudienceLine, AudienceLine.problem != AudienceLine.COLUMN)
    assert b"0555" not in row.value
    assert value_of(row) == ("0555 12 " + "x" * 500)[: audience_lines.KEPT_VALUE]


def test_a_list_brought_twice_adds_nobody(campaign, rows):
    for _ in range(2):
        bring(campaign, LIST)

    assert rows.count(AudienceList) == 2
    assert rows.count(AudienceEntry) == rows.count(Recipient) == 2


def test_a_second_list_adds_its_own(campaign, rows):
    bring(campaign, make.PHONE)
    bring(campaign, f"{make.PHONE}\n{make.EMAIL}")

    assert rows.count(AudienceEntry) == 2


@pytest.mark.slow
def test_a_list_longer_than_a_transaction_arrives_whole(campaign, rows):
    many = audience.CHUNK + 7

    bring(campaign, "\n".join(f"+90532{number:07}" for number in range(many)))

    assert rows.count(AudienceEntry) == rows.count(Recipient) == many


def test_bringing_is_noted_without_an_address(campaign, rows):
    bring(campaign, LIST)

    entry = rows.one(AuditEntry, AuditEntry.act == "audience.brought")
    assert entry.facts == {"good": 2, "bad": 2, "repeated": 1, "refused": 0}
    assert (entry.actor, entry.subject_id) == ("system", campaign.id)


def test_a_list_of_people_to_ask_needs_room_in_the_package(campaign, rows):
    with time_machine.travel(clock.now() + packages.GRACE + timedelta(minutes=1)), pytest.raises(packages.PackageFull):
        bring(campaign, LIST)

    db.session.rollback()
    assert rows.count(Recipient) == 0


def test_to_offer_a_refusal_needs_no_package(app, rows):
    with app.app_context():
        offering = make.campaign(kind=CampaignKind.REFUSE)
        with time_machine.travel(clock.now() + packages.GRACE + timedelta(minutes=1)):
            bring(offering, LIST)

    assert rows.count(Recipient) == 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", CampaignKind)
def test_practising_a_list_of_new_addresses_beyond_the_free_ones_is_refused(app, rows, kind):
    with app.app_context():
        small = make.campaign(kind=kind)
        db.session.get_one(Provider, small.provider_id).admitted_at = None
        db.session.commit()
        addresses = [f"kisi{number}@example.com" for number in range(packages.FREE)]
        bring(small, "\n".join(addresses))
        bring(small, "\n".join(addresses[:10]))

        with pytest.raises(packages.PackageFull):
            bring(small, make.EMAIL)
        db.session.rollback()

    assert rows.count(Recipient) == packages.FREE
