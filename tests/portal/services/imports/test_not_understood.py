"""Whatever nobody understands of a file holds all its grants back until somebody vouches; plain files need no word."""

import io
import json
from dataclasses import dataclass, replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font, PatternFill

from portal.core.iys_protocol import Channel, Source, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports import layout
from portal.services.imports.audience import read_address_list
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.chunk_parser import sheet_parser
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.normalization import says_nothing
from portal.services.imports.layout.plain_words import is_plain
from portal.services.imports.reading import ChunkedFile
from portal.services.imports.unread import MarkKind, Unread, find_marks
from portal.services.imports.unused_columns import CellCounter, unused_columns
from tests.examples import some
from tests.files.people import saved, workbook
from tests.portal.services.imports.test_no_cell_lost import NOW

HEADER = ["Telefon", "İzin Tarihi", "Kaynak", "SMS izni", "Form No"]


@dataclass
class Found:
    unread: Unread
    results: list[tuple[int, int, Entry | str]]  # With the place of each one's sheet, and its line.

    @property
    def granted(self) -> list[int]:
        return self._lines(Status.GRANTED)

    @property
    def refused(self) -> list[int]:
        """Lines that refuse on some channel."""
        return self._lines(Status.REFUSED)

    def _lines(self, status: Status) -> list[int]:
        return [line for _, line, what in self.results if isinstance(what, Entry) and what.status == status]


def examine(
    content: bytes, name: str = "izinler.csv", default: Status | None = None, channels: tuple[Channel, ...] = (),
    brands: BrandNames = NO_BRANDS,
) -> Found:  # fmt: skip
    """What of a file is not understood, and which lines grant, by the guess for its first sheet."""
    file = ChunkedFile(lambda: iter([content]), name)
    chunks, sheets = list(file), file.outline.sheets
    first = sheets[0]
    sample = [each for each in file.samples[0] if each[0] > (first.header_line or 0)]
    guess = layout.guess(first.header, sample)
    alike = tuple(place for place, each in enumerate(sheets) if each.header == first.header and not each.title)
    guess = replace(
        guess,
        sheets=alike or (0,),
        channels=channels or guess.channels or (Channel.SMS,),
        source=Source.WEB,
        date=NOW,
        origin="form",
        status=default or guess.status,
    )
    counter, results, groups = CellCounter(guess, first.header, brands=brands), [], {}
    for chunk in chunks:
        lines = [each for each in json.loads(chunk.packed) if each[0] > (sheets[chunk.sheet].header_line or 0)]
        if chunk.sheet in guess.sheets:
            parser = sheet_parser(file.outline, chunk.sheet, guess, name, NOW, brands)
            above = [*groups.values()][-1:]
            its = groups.setdefault(chunk.sheet, parser.groups())
            for other in above:
                its.go_on(other)  # Nothing new where it is the same.
            lines = list(its.fill(lines))
            counter.add(lines, chunk.sheet)
            for number, cells in lines:
                results += [(chunk.sheet, number, what) for _, what in parser.parse((number, cells))]
    counts = counter.counts()
    others = [each for place, each in enumerate(sheets) if each.lines and place not in guess.sheets]
    columns = unused_columns(counts, guess, first.header)
    return Found(Unread(columns, others, find_marks(file.outline, guess, name, counts, brands)), results)


def line(number: int, status: str = "Evet", *more: str) -> list[str]:
    return [f"0532 700 {number:02} 11", "23.11.2026 10:00", "HS_WEB", status, f"F-{number}", *more]


def text(*rows: list[str]) -> bytes:
    return "\n".join(";".join(row) for row in rows).encode()


def book(*rows: list[str], dress=lambda sheet: None, title: str = "Liste") -> bytes:
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    workbook.active.title = title
    for row in rows:
        workbook.active.append(row)
    dress(workbook.active)
    workbook.save(out)
    return out.getvalue()


# Header and lines of files as offices, shops and programs have them.
ORDINARY = """
Telefon|05321234567|05331234567
Telefon;Durum|0532 123 45 67;ONAY|0533 123 45 67;RET
Ad Soyad;Telefon;E-posta;SMS izni;E-posta izni|Ayşe Yılmaz;0532 123 45 67;a@example.com;E;H|Can ER;;b@example.com;;E
Müşteri No;Ad;Soyad;Cep Tel;SMS (E/H);Tarih|M-1001;Ayşe;Yılmaz;5321234567;E;23.11.2026|M-1002;Can;Er;;H;23.11.2026
CEP;MAIL;SMS (E/H);ARAMA (E/H);MAIL (E/H);TARİH;KAYNAK;FORM NO|0532 123 45 67;a@example.com;E;E;H;23.11.2026;HS_WEB;A-12
Sıra;Unvan;Telefon;Vergi No;Vergi Dairesi;Onay|1;Yıldız Gıda San. ve Tic. Ltd. Şti.;02125551122;1234567890;Kadıköy;Evet
Ad Soyad;Doğum Tarihi;Cinsiyet;Telefon;SMS izni|Ayşe Yılmaz;01.02.1980;K;0532 123 45 67;Evet|Can Er;;E;;Hayır
Telefon;İl;İlçe;Adres;Posta kodu;SMS izni|0532 123 45 67;İstanbul;Kadıköy;Caferağa Mah. Moda Cad. No:3 D:5;34710;Evet
First Name;Last Name;Email;Accepts Email Marketing;Created At|Ayse;Yilmaz;a@example.com;yes;2026-11-23 10:00:00
id;name;phone;sms_permission;updated_at|12;Ayşe Yılmaz;905321234567;1;2026-11-23T10:00:00
Telefon;SMS izni;Sipariş No;Sipariş Tarihi;Tutar (TL)|0532 123 45 67;E;2026-118;22.11.2026;1.234,50
Üye No;Üye Adı Soyadı;GSM No;Üyelik Tarihi;SMS Onayı|4411;Ayşe Yılmaz;0532 123 45 67;01.03.2024;Var
Mağaza;Ad Soyad;Cep;Arama izni;SMS izni;Form No|Kadıköy 2. Şube;Ayşe Yılmaz;0532 123 45 67;E;E;K-0012
Alıcı;Kanal;Durum;İzin Tarihi;Kaynak;Alıcı tipi|+905321234567;MESAJ;ONAY;2026-11-23 10:00:00;HS_WEB;BIREYSEL
Adres;Marka Kodu;Kanal;Alıcı tipi;Durum;İzin tarihi;Kaynak|a@example.com;700001;EPOSTA;BIREYSEL;ONAY;23.11.2026;HS_WEB
Müşteri Kodu;Müşteri Adı;Telefon;E-posta;İletişim İzni|C-1;Ayşe Yılmaz;0532 123 45 67;a@example.com;Evet
TC Kimlik No;Adı Soyadı;Cep Telefonu;Ticari ileti onayı|12345678901;Ayşe Yılmaz;0532 123 45 67;Evet
Telefon;Onay;Onay Tarihi;Belge No|0532 123 45 67;ONAY;23 Kasım 2026;2026/11
Customer ID;Full Name;Phone;City;SMS Consent;Last Order Date|1;Ayse Yilmaz;0532 123 45 67;Izmir;Yes;2026-11-20
Ad Soyad;E-posta;Ülke;Dil;E-bülten|Ayşe Yılmaz;a@example.com;Türkiye;tr;Evet
Kart No;Ad Soyad;Telefon;Puan;SMS|9001;Ayşe Yılmaz;0532 123 45 67;120;E
Telefon;Kampanyalardan SMS ile haberdar olmak istiyorum;Kayıt Tarihi|0532 123 45 67;Evet;23.11.2026 10:00
Ad;Telefon;İlk alışveriş;Son sipariş tarihi;İzin|Ayşe;0532 123 45 67;01.02.2025;20.11.2026;Onay
Öğrenci Adı;Veli Adı;Veli Telefonu;SMS izni|Ece Ak;Ayşe Ak;0532 123 45 67;Evet
Hasta Adı Soyadı;Telefon;Randevu Tarihi;SMS ve Arama izni|Ayşe Yılmaz;0532 123 45 67;25.11.2026;Evet
Plaka;Müşteri;Telefon;SMS onayı|34 ABC 123;Ayşe Yılmaz;0532 123 45 67;Evet
Firma Adı;Yetkili;Telefon;E-posta;Sektör Kodu;Onay|ABC Ltd. Şti.;Ayşe Yılmaz;0532 123 45 67;a@example.com;47;Evet
Telefon;SMS izni;Açıklama;Notlar|0532 123 45 67;Evet;;|0533 123 45 67;Hayır;;
Telefon;SMS izni|0532 123 45 67;Evet|Toplam;2
Ad Soyad;E-posta;E-bülten|Satı Dur;info@hayirli.com;Evet|Ali Sakın;a@hayirlisigorta.com;Evet
Ad;Soyad;Telefon;SMS izni|Ali;Sakin;0532 123 45 67;Evet
Ad;Telefon;SMS|Ayşe Y.;5321234567;E|Can K.;5331234567;E|Ece T.;5341234567;E|Hatice Nur H.;5351234567;E
S.No;Araç Sahibi;Model Yılı;Km;Son Servis Tarihi;GSM;SMS İzni|1;Veli Ak;2019;45000;10.11.2026;5321234567;Var
Öğrenci Adı;Veli Telefon;Sınıf;SMS onayı|Can Er;0532 123 45 67;5-A;Onaylı
Misafir;Telefon;Kişi sayısı;Masa;Oda;Uyruk;SMS izni|Deniz Ak;0532 123 45 67;4;12;101;Almanya;Evet
Poliçe No;Sigortalı;Cep Telefonu;Branş;Prim;SMS İzni|PL-1;Hasan Taş;0532 123 45 67;Kasko;5.400,00;Evet
Bağışçı;Telefon;Son Bağış Tarihi;Son Bağış Tutarı;SMS izni|Ayla Ak;0532 123 45 67;20.11.2026;500,00 TL;Evet
YILDIZ MAĞAZACILIK A.Ş. MÜŞTERİ İZİNLERİ|Ad Soyad;Telefon;SMS izni|Ali Er;0532 123 45 67;Evet|Hazırlayan: Ayşe Yılmaz
YILDIZ MAĞAZACILIK AŞ|Telefon;SMS izni|0532 123 45 67;Evet
Ortak No;Baba Adı;Köyü;Cep;SMS İzni|12;Satılmış;Yeniköy;0532 123 45 67;Evet
Müşteri;Cep;Randevu tarihi;Hizmet;Personel;SMS izni|Ayşe Ak;0532 123 45 67;25.11.2026;Saç kesim;Elif;Evet
Hasta Adı Soyadı;Telefon;Tedavi;SMS izni|Ayşe Ak;0532 123 45 67;Dolgu;Evet
Öğrenci;Sınıf;Veli;Veli telefonu;SMS izni|Can Ak;5-A;Ayşe Ak;0532 123 45 67;Evet
Toplam Harcama;Ziyaret Sayısı;Son ziyaret;Telefon;SMS|1200;3;20.11.2026;0532 123 45 67;E
"""
NAMES = [
    "izinler.csv",
    "müşteri_listesi_2026-11.csv",
    "Kasım 2026 SMS izinleri.csv",
    "export (2).csv",
    "CRM_Data_v2.csv",
    *(
        f"{name}.csv"
        for name in (
            "izmir",
            "ANKARA ŞUBE",
            "Yılmaz Tekstil müşteri listesi",
            "kurs kayitlari",
            "emlak musteri",
            "policeler",
            "arac sahipleri",
            "konaklayanlar 2026-11",
            "bağışçılar",
            "İzinler 29.11.2026",
            "e-bülten aboneleri",
        )
    ),
]


@pytest.mark.parametrize("file", ORDINARY.strip().splitlines())
def test_ordinary_files_need_no_word(file):
    rows = [each.split(";") for each in file.split("|")]

    found = examine(text(*rows))

    unread = found.unread
    assert [each.header for each in unread.columns if each.may_refuse] == [] == [*unread.marks]
    assert not read_address_list(text(*rows), "izinler.csv").unread


@pytest.mark.parametrize("name", NAMES)
def test_ordinary_names_of_files_need_no_word(name):
    assert not examine(text(HEADER, line(1)), name).unread.doubtful


UNKNOWN = st.text("abcçdefgğhıijklmnoöprsştuüvyz", min_size=3, max_size=10).filter(
    lambda word: not (is_plain(word) or says_nothing(word) or Meanings({}).status(word) == Status.GRANTED)  # "true"
)
LISTED = (
    "Ayrılanlar|robinson|düştü|STOP|nosms|Muaf|caydı|LİSTE DIŞI|Pasifler|Removed|R|🚫|listeden düşenler|(yasaklı)|DND"
)
WORDS = UNKNOWN | st.sampled_from(LISTED.split("|")) | st.tuples(UNKNOWN, UNKNOWN).map(" ".join)
SIGNS = st.characters(blacklist_categories=["L", "M", "N", "Z", "C"]).filter(
    lambda sign: sign not in ".!\"'=`´‘’“”,;+✓✔☑✅"
)
CELLS = st.lists(st.sampled_from(["", "X", "+", "Evet", "1", "28.11.2026", "12"]) | WORDS, min_size=3, max_size=3)


def changed(draw, kind: str, word: str, place: int) -> list[list[str]]:
    """The lines of a plain file with such a part in them."""
    rows = [[*HEADER], line(1), line(2), line(3)]
    match kind:
        case "column":
            rows = [[*row, cell] for row, cell in zip(rows, [word, *draw(CELLS.filter(any))], strict=True)]
        case "notes":
            rows = [[*row, cell] for row, cell in zip(rows, ["Açıklama", "", word, ""], strict=True)]
        case "status":
            rows = [[*row, "Evet"] for row in rows]
            rows[0][5], rows[place][5] = "Genel izin durumu", word
        case "sign":
            sign = draw(SIGNS)
            rows[place][3] = draw(st.sampled_from([f"{sign}Evet", f"Evet {sign}", f"{sign} Evet", f"Evet{sign}"]))
        case "line":
            rows.insert(place + 1, [word, *[""] * 4])
        case "title":
            rows.insert(0, [*[""] * 3, word, ""])
        case "name":
            rows[0][0] = f"{word} telefonu"
        case "address":
            rows[place][0] = f"{draw(SIGNS)} {rows[place][0]}"
    return rows


@st.composite
def parts_that_nobody_understands(draw):
    """A plain file with one of them: (content, its name, the lines that must not grant without somebody's word)."""
    word, place, of_line = draw(WORDS), draw(st.integers(1, 3)), ["status", "sign", "address"]
    kind = draw(st.sampled_from(["column", "notes", "line", "title", "name", "sheet", *of_line]))
    rows = changed(draw, kind, word, place)
    if kind == "sheet":
        return book(*rows, title=word[:30]), "izinler.xlsx", [2, 3, 4]
    return text(*rows), "izinler.csv", [place + 1] if kind in of_line else [2, 3, 4, 5]


@pytest.mark.slow
@pytest.mark.generated
@given(parts_that_nobody_understands())
@settings(max_examples=some(300), suppress_health_check=[HealthCheck.filter_too_much])
def test_beside_a_part_that_nobody_understands_nothing_is_granted_without_a_word(made):
    content, name, refusing = made

    found = examine(content, name)

    # A word that is understood after all ("red") refuses its line.
    assert found.unread.doubtful or found.refused or not set(found.granted) & set(refusing)


STRANGE = """
İl|redetti 28.11~Ad|Can Er ❌~Cinsiyet|R~Müşteri No|çıkacak~Doğum Tarihi|ayrıldı~Son Üyelik Tarihi|28.11.2026~
İzin verilmeme tarihi|28.11.2026~Puan|Yok~Adres|Hayır~Form No|F-3 (redetti)~İlçe|🚫~
Ad|Ayşe Yılmaz Dur~Ad|SATI DUR~Ad|Ali sakın~Ad|Hatice Nur H.~Ad|Ali Er ESKİ~Şube|Eski üyeler~Mağaza|ARŞİV~
Ad|Ali Er numara değişmiş~Ad|Ali Er başkasının
"""


@pytest.mark.parametrize("column", STRANGE.split("~"))
def test_a_plain_name_with_strange_contents_is_named(column):
    name, cell = column.strip().split("|")

    assert examine(text([*HEADER, name], line(1, "Evet", ""), line(2, "Evet", cell))).unread.doubtful


RED = PatternFill("solid", fgColor="FFFF0000")


def paint(sheet, place="A3", **how):
    for name, value in how.items():
        setattr(sheet[place], name, value)


@pytest.mark.parametrize(
    ("dress", "kind"),
    [
        (lambda sheet: paint(sheet, fill=RED), MarkKind.COLOUR),
        (lambda sheet: paint(sheet, font=Font(color="FFFF0000")), MarkKind.COLOUR),
        (lambda sheet: paint(sheet, "D3", value=1, number_format='[=1]"Hayır";[=2]"Evet"'), MarkKind.FORMAT),
        (lambda sheet: setattr(sheet.oddHeader.center, "text", "SMS istemeyenler"), MarkKind.TITLE),
        (lambda sheet: paint(sheet, "H1", value="Sarılar gitti"), MarkKind.COLUMN),
        (lambda sheet: paint(sheet, "H1", value="Marked as bad"), MarkKind.COLUMN),
    ],
)
def test_looks_of_a_workbook_that_may_mean_something_are_named(dress, kind):
    found = examine(book(HEADER, line(1), line(2), line(3), dress=dress), "izinler.xlsx")

    assert [mark.kind for mark in found.unread.marks] == [kind]


def test_the_looks_of_a_header_and_of_whole_columns_mean_nothing():
    def dress(sheet):
        for cell in sheet[1]:
            cell.fill, cell.font = RED, Font(bold=True, color="FFFFFFFF")
        for row in range(2, 5):
            paint(sheet, f"B{row}", fill=RED, number_format="dd.mm.yyyy")
        sheet.oddFooter.center.text = "Sayfa &P / &N"

    assert not examine(book(HEADER, line(1), line(2), line(3), dress=dress), "izinler.xlsx").unread.doubtful


def test_an_audience_follows_the_same_rules():
    rows = [[*HEADER, "SMS izni (güncel)", "Etiket"], line(1, "Evet", "Evet", ""), line(2, "Evet", "Hayır", "vip")]

    found = read_address_list(text(*rows, ["AYRILANLAR"], ["// 0532 700 03 11"], line(4, "Evet ❌")), "robinson.csv")

    assert [number for number, _ in found.good] == [2]
    assert [(number, reason) for number, _, reason in found.refused] == [
        (3, "refused"), (5, "refused_note"), (6, "refused_word"),
    ]  # fmt: skip
    assert [(mark.kind, mark.where) for mark in found.unread] == [
        (MarkKind.FILE, ""), (MarkKind.UNUSED, "F"), (MarkKind.UNUSED, "G"), (MarkKind.LINES, "4"),
    ]  # fmt: skip


CODES = [("12", [], "İzin durumu"), ("012", [2], "İzin durumu"), ("ESA", [], "SMS izni"), ("TMS", [], "SMS izni")]


@pytest.mark.parametrize(("codes", "refused", "name"), CODES)
def test_beside_a_code_that_nobody_knows_no_other_code_is_a_yes_until_it_is_explained(codes, refused, name):
    """Also on another page of the table; what refuses does."""
    rows = [[f"0532 700 {number:02} 11", codes[number % len(codes)], ""] for number in range(6)]
    header = ["Telefon", name, "SMS izni (güncel)"]
    content = saved(workbook({"Table 1": [header, *rows[:3:2]], "Table 2": [header, *rows[3:], rows[1]]}))

    found = examine(content, "izinler.xlsx", channels=(Channel.SMS,))
    people = read_address_list(content, "izinler.xlsx")
    further = read_address_list(text(header, *([phone, "", code] for phone, code, _ in rows)))

    assert found.granted == [] and {what for *_, what in found.results if isinstance(what, str)} >= {"status_unknown"}
    assert {*found.refused} == {*refused}
    assert people.good == [] and further.good == []


@pytest.mark.parametrize(("yes", "no"), ["EH", "10", "TF", ("Evet", "Hayır"), ("E", "Hayır")])
def test_codes_that_everybody_knows_are_read(yes, no):
    found = examine(
        text(
            ["Telefon", "SMS izni"],
            *([f"0532 700 {number:02} 11", yes][:2] for number in range(4)),
            ["0532 700 04 11", no],
        )
    )

    assert (found.granted, found.refused, found.unread.doubtful) == ([2, 3, 4, 5], [6], 0)
