"""A refusal that a person sees at once, wherever it stands in a file: its line does not grant, or all grants wait."""

import io
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Border, Font, GradientFill, PatternFill, Side

from portal.core.iys_protocol import Channel, Status
from portal.services.imports import row_errors
from portal.services.imports.audience import read_address_list
from portal.services.imports.brand_names import BrandNames
from portal.services.imports.chunk_parser import sheet_parser
from portal.services.imports.layout import Layout, guess, is_plain
from portal.services.imports.layout.headings import refusal_spoken
from portal.services.imports.layout.plain_words import is_text
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.reading import Outline, Sheet, Unreadable
from portal.services.imports.reading.workbook_chunker.__main__ import UNSEEN
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import RowProblem
from portal.services.imports.unread import mark_of_name
from tests.examples import some
from tests.portal.services.imports.test_no_cell_lost import NOW
from tests.portal.services.imports.test_not_understood import examine, text
from tests.portal.services.imports.test_ugly_files import saved

HEADER = ["Ad Soyad", "Telefon", "SMS izni", "Onay tarihi", "Kaynak", "Form no"]


def line(number: int, *more: str, **said: str) -> list[str]:
    cells = {
        "name": "Ayşe Yılmaz", "phone": f"0532 700 {number:02} 11", "status": "Evet", "date": "22.11.2026 10:00",
        "source": "HS_WEB", "proof": f"F-{number}",
    }  # fmt: skip
    return [*(cells | said).values(), *more]


def named(status: str, cell: str) -> bytes:
    header = [status if name == "SMS izni" else name for name in HEADER]
    return text(header, line(1, status=cell), line(2, status=cell))


def beside(name: str, cell: str) -> bytes:
    return text([*HEADER, name], line(1, cell), line(2, ""))


def between(*cells: str) -> bytes:
    return text(HEADER, line(1), [*cells], line(2), line(3))


NAMES_OF_ONE = """
SMS İzinsiz/İzinli (1/0)~1|SMS onay/ret (0/1)~1|SMS izni 1/0 (ret/onay)~1|SMS izni true/false (hayır/evet)~true|
SMS opt-out/opt-in 1/0~1|SMS ret/onay~1|SMS (H/E) 1/0~1|SMS kapalı-açık (1-0)~1|SMS pasif/aktif~1|SMS yok ya da var~1
"""
COLUMNS = """
Form adı~Red Formu|Form adı~Çıkış Formu|Mağaza~RED LİSTESİ|Şube~Ayrılanlar|Şube~İptaller|Bölge~LİSTE DIŞI|
Paket~Unut beni|Paket~Engel|Paket~Blok|Hizmet~Feragat|Hizmet~Boykot|Eğitim~Unut beni|
Bölge~Bu kişi hayır dedi|Şehir~Ankara, hayır|İl~Ankara/RED|Adres~Gül Sok. 3, listeden düşelim|Adres~Gül Sok. 3 RED|
Adres~Gül Sok. 3, İPTAL|Sipariş no~1042-AYRILDI|Kart no~104-PASİF|Fatura no~A-1/RED|Üye no~RET1042|
Üye no~PASİF120.01|Kart no~M1042RET|İlçe~HİÇBİRİ|İlçe~D.N.C.|Temsilci~BAŞKA KİŞİ|Temsilci~YENİ SAHİBİ|
Oluşturma tarihi~12 Mart 2026 (yazmayın)|Mağaza~X|İl~Ankara / H|Şube~R E T|Soyad~рет|
SMS onayı~❌|SMS onay~Yok|İYS~YOK|İYS kaydı~✗|İYS onay tarihi~Yok|İYS kaydı~-|İYS kaydı~Kayıt yok|Onay tarihi 2~❌|
Kart no~104-GİTTİLER|Danışman~Can atıldı|Sorun~SMS istemiyor|Çözüm~Ret verdi|Satır~Hayır|İYS kodu~RET|
Sorun~Bir daha aramayın dedi|Şube~Yazılmaz|Bölge~Rıza göstermez|Bölge~SMS alınmaz
"""
NAMES = "Can Er, Hayır|Can Er / HAYIR|Can Er-ret|Can Er. Ret|Can Er, listeden düştü|Can Er, H|Ayrıldı"
SAID_BESIDE = """
aranmıyacak|aranmıcak|aramıyın|aramıcaz|göndermiyelim|yazmıyalım|gönderilmiyecek|vermicek|almıcak|etmio|isdemio|atmıyoz|
aramayn|sms sevmez|sms geçme|SMS ÇEKME|telefon etme|listeye alma|iletişime geçme|telefon açmaz|mesaj dursun|sms h|SMS N|
izni sorun|KVKK talebi|numarası değişti|gönderim dışı|uzak dur|sakın|yeter dedi|irtibat kesik|elenen|kırmızı liste|
avoid|skip|drop|cease sms|hates sms|suspended|lapsed|NEIN|keine SMS|on hold|former member|R.E.T.|N|DUR|itpal|rett|
ilgilenmez|sevmez|onaylamaz|konuşmaz|görüşmez|katılmaz|hoşlanmaz|vfat|Pasf|
olumsz|ayrlıdı|çkıtı|slindi|isdemiyor|istemi yor
"""
LINES = """
REDDEDENLER~~~28.11.2026|HAYIR DİYENLER~~~28.11.2026|AYRILANLAR~~~28.11.2026~HS_WEB|GİDENLER~3|SARILAR~2026|
İlk iki kişi ayrıldı~~~28.11.2026|Sarılar~~~28.11.2026|Sarılar~~~28.11.2026~HS_WEB|
~SİL 27.11.2026|~YOK 27.11.2026|~26.11.2026 çık|~Küsenler (bilgi@example.com adresine yazanlar)|~X 27.11.2026
"""
BAD_PHONES = "O532 700 01 11|0532 700 01 1|0532 700 01 11 / 0212 555 44 33|0532 700 01 11/68|O532 7OO Ol ll"
BAD_MAILS = """
istemiyor@istemiyor.com|smsistemiyor@example.com|vermedi@example.com|hayir@hayir.com|yok@yok.com|iptal_ayse@example.com|
ayse@example.com.iptal|RET-ayse@example.com|ayse.silindi@example.com|ayse.yilmaz.istemiyor@example.com
"""
CARDS = ["Kart No", "Telefon", "SMS izni", "Kayıt tarihi"]
ONE = ["Ayşe Er", "0532 700 01 11", "Evet"]
# Refusals without an address, which may be of somebody whom another line names; or it names nobody.
WITHOUT_ADDRESS = [
    (["Ad", "Telefon", "SMS izni"], ONE, ["AYŞE ER", "", "Hayır"]),
    (HEADER, line(2, phone="", status="Hayır"), line(1)),
    (HEADER, line(1), line(2, name="", phone="", status="Hayır")),
    (CARDS, ["K-1042", "0532 700 01 11", "Evet", "27.11.2026"], ["K-1042", "", "Hayır", "28.11.2026"]),
]
CASES = [
    *(named(*each.strip().split("~")) for each in NAMES_OF_ONE.split("|")),
    *(beside(*each.strip().split("~")) for each in COLUMNS.split("|")),
    *(text(HEADER, line(1, name=name), line(2)) for name in NAMES.split("|")),
    *(text(HEADER, line(1, name=f"Ali Er {said.strip()}"), line(2)) for said in SAID_BESIDE.split("|")),
    *(beside(*each.split("~")) for each in ("Bölge~SMS atmıyalım", "Store~Avoid list", "Adres~Gül Sok. 3 SMS X")),
    *(named(name, "1") for name in ("SMS gönder me", "SMS ilet me", "SMS iste-mez", "SMS izni verme mi")),
    *(text(HEADER, line(1), line(2, phone=phone, status="Hayır")) for phone in BAD_PHONES.split("|")),
    text(HEADER, line(1), line(2, phone="0532 700 01 1", status="belki")),
    text(["E-posta", "E-posta izni"], ["a@example.com", "Evet"], ["a(at)example.com", "Hayır"]),
    *(text([*HEADER, "E-posta"], line(1, mail.strip())) for mail in BAD_MAILS.split("|")),
    *(text(HEADER, line(1, proof=proof), line(2)) for proof in ("F-10/AYRILDI", "F-10.iptal")),
    *(text(["E-posta", "E-posta izni"], [f"{name} <a@example.com>", "Evet"]) for name in ("Can Er, Hayır", "Ayrıldı")),
    *(text(*rows) for rows in WITHOUT_ADDRESS),
    *(between(*each.strip().split("~")) for each in LINES.split("|")),
    text(HEADER, line(1, date="Yok")),
    text(["Ad", "Soyad", *HEADER[1:]], ["Ali", *line(1)], ["AYRILAN", "ÜYELER", *[""] * 5], ["Ali", *line(2)]),
]


def granted(content: bytes, name: str) -> set[int]:
    """The lines of an import that grant and do not refuse, unless they wait for somebody's word."""
    found = examine(content, name)
    return set() if found.unread.doubtful else {*found.granted} - {*found.refused}


def asked(content: bytes, name: str) -> set[int]:
    """The lines of a campaign's list that are asked, unless they wait for somebody's word."""
    try:
        found = read_address_list(content, name)
    except Unreadable:
        return set()
    return set() if found.unread or found.unread_sheets else {number for number, _ in found.good}


@pytest.mark.parametrize("content", CASES, ids=lambda content: content.decode().split("SMS izni")[-1][:60])
def test_a_refusal_that_anybody_sees_holds_the_grants_back(content):
    assert not granted(content, "liste.csv") and not asked(content, "liste.csv")


@pytest.mark.parametrize("address", ["", "yok"])
def test_a_refusal_of_somebody_whom_no_other_line_names_asks_nothing_and_is_a_problem(address):
    """It may be of the same person, otherwise spelled."""
    other = text(["Ad", "Telefon", "SMS izni"], ONE, ["A. Er", address, "Hayır"])

    assert granted(other, "liste.csv") == {2} == asked(other, "liste.csv")
    assert [each.problem for each in read_address_list(other).bad] == [RowProblem.REFUSAL_WITHOUT_ADDRESS]


def test_columns_of_our_own_file_are_ours_with_our_sentences_only():
    header = [*HEADER, *row_errors.OURS]
    problem, cure = RowProblem.STATUS_UNKNOWN.sentence, RowProblem.STATUS_UNKNOWN.cure

    plain = text(header, line(1, "12", problem, cure, ""), line(2, "13", problem, cure, "H113 / H110"))
    assert granted(plain, "liste.csv") == {2, 3} == asked(plain, "liste.csv")
    for place in range(4):
        cells = [*["12", problem, cure, "H113"][:place], "SMS istemiyor", *["12", problem, cure, "H113"][place + 1 :]]
        assert not granted(text(header, line(1, *cells), line(2)), "liste.csv")


def test_a_header_below_with_its_columns_in_another_order_is_another_one():
    names = ["Telefon", "SMS izni", "Arama izni", "Kaynak"]
    swapped = ["Telefon", "Arama izni", "SMS izni", "Kaynak"]
    first, second = (["0532 700 01 11", "Evet", "Hayır", "Web"], ["0532 700 02 11", "Evet", "Hayır", "Web"])

    assert not examine(text(names, first, names, second)).unread.doubtful
    assert examine(text(names, first, swapped, second)).unread.sheets


@pytest.mark.parametrize(
    "said", [{"source": "İptal formu"}, {"source": "Web - ret"}, {"date": "28.11.2026 çıktı"}, {"status": "Beklemede"}]
)
def test_a_line_with_a_problem_and_a_word_of_refusing_holds_its_address(said):
    read = guess(HEADER, [(2, line(1)), (3, line(2))])
    parser = RowParser(replace(read, channels=(Channel.SMS,)), at=NOW, header_line=1, header=HEADER)

    assert {each.text for each in parser.parse_and_hold((4, line(1, **said)))[1]} == {"+905327000111"}


@pytest.mark.parametrize("others", ["Evet", "Var Yok", "V", "D", "Doğru", "E", "Hayır N"])
def test_a_y_beside_other_answers_may_be_yok(others):
    lines = [line(number, status=each) for number, each in enumerate(["Y", *others.split()], 1)]
    content = text(HEADER, *lines)

    assert 2 not in granted(content, "liste.csv") | asked(content, "liste.csv")


@pytest.mark.parametrize(("others", "yes"), [("N Y", {2, 4}), ("n y", {2, 4}), ("Y", {2, 3})])
def test_a_y_beside_n_or_alone_is_yes(others, yes):
    content = text(HEADER, *(line(number, status=each) for number, each in enumerate(["Y", *others.split()], 1)))

    assert granted(content, "liste.csv") == yes == asked(content, "liste.csv")


@pytest.mark.parametrize("name", ["izin=0.csv", "SMS izni 0.csv", "SMS no.csv"])
def test_a_files_name_that_denies_holds_its_grants_back(name):
    content = text(HEADER, line(1))

    assert not granted(content, name) and not asked(content, name)


# However it is written: capitals with a small ending, beside a digit, joined to other words, in words that no list has.
FILES = """
SMS RETler 2026|İYS RETleri|RETverenler|REDler|HAYIRlar|İPTALler|ONAYsızlar|ÇIKanlar|AYRILanlar|BLOKEler|DNCler|
SMS RETleri Kasım|müşteri listesi ret2|smsret2026|liste_ret2|İYS_RET1|SMSRET2026|HAYIR2026|smsyok2|DNC2026|telret|
gsmret|listeret|smsretler|mesajsızlar|elenecekler|temizlenecekler|ayıklanacaklar|imha edilecekler|banlananlar|abmeldung|
abgemeldet|almayayım|vermem|alamam|engel|müteveffa|hard bounce|dava açtılar|reklamdan bıktı
"""
TITLES = """
Örnek A.Ş. SMS RETleri|Örnek A.Ş. RETler|Örnek Ltd. Şti. SMS RETleri|Örnek A.Ş. es geçilecek müşteriler|
Örnek A.Ş. – topu atılacak numaralar|Örnek A.Ş. SMS'siz müşteriler|Elenmişler: Örnek A.Ş.|Örnek A.Ş. (küsler)|
Küs müşteriler Örnek A.Ş.|Gidecekler Örnek A.Ş.|Küs market: darılanlar|Ankara no|Ankara / No
"""
NOTED_NAMES = """
Ali Er RETli|Can Er RETverdi|Ali Er ONAYsız|Can Er REDli|Ali Er İPTALetti|Naz Er RET2711|Naz Er Hayır2|Naz Er yok2|
Naz Er smsret|Naz Er RE T|Ayşe Yılmaz geri çevirdi|Ayşe Yılmaz es geçilecek|Ayşe Yılmaz kalsın dedi|Ali Er istmiyr|
Ayşe Yılmaz uğraşma|AYŞE YILMAZ ELLEME|Ayşe Er LÜZUMSUZ|Ayşe Er NIET|Ayşe Er NON|Ayşe Er YOX|Ayşe Er HEÇ|Ayşe Er EKS|
Ayşe Yılmaz muhatap olma|Ayşe Yılmaz boşuna zahmet|AYŞE YILMAZ VAZCAYDI|AYŞE YILMAZ ÜZERİNE GİTME|ali er veto etti|
AYŞE YILMAZ TOPU ATILACAK|Ayşe Yılmaz kapadı|Ali Er ısrar etme|ali er atlanacak|Ali Er BLOK|blok Ali Er|Ali Er ERASE|
Ali Er Forget|Ali Er UNINTERESTED|Ali Er Wrong Number|Ali Er Sadece Whatsapp|Ali Er ÖLÜ|ölü Ali Er|Ali Er KIZMIŞ|
Ali Er Soğumuş|Ali Er Küfür Etti|küfür etti Ali Er|gidecek Ali Er|bağırdı Ali Er|h Ali Er|n Ali Er
"""
REAL_NAMES = """
Suret Kudret|Nusret Hasret|Hayri Ahret|Hayrünnisa Redif|Retik Rüstem|Cereti Şöhret|Ayşe Hayırlıoğlu|Ali Yokuş|
Veli Çepni|Ali Can DURMUŞ|AYŞE NUR GÜNDOĞDU|Ali Veli Allahverdi|Hasan Ali Satılmış|Mehmet Ali Hayati|Ali Nur oğlu Veli|
Yıldız Gıda San. ve Tic. Ltd. Şti.|Kadıköy Bahariye şubesi|AYşe Yılmaz|Onay Telci|Ali McDonald|
Ege Gıda Pazarlama|Ayşe Nur Selma|Ali Öl|Can Ölmez|Hasan Ölçer|Ölüdeniz Otel|Ölü Deniz Tuzu|Ali Blokçu|Can Küfürcü|
H. Ali Er|N Kemal Er|Gül Sitesi B Blok|Ayşe Soğuksu|Ali Kızmaz|Gelecek Koleji Kadıköy|Hadi Can Er|Ali Veli Yalnız|
Blok Yapı Market
"""
FIRMS = """
Yıldız Gıda San. ve Tic. Ltd. Şti.|Örnek A.Ş. müşteri listesi|ÖRNEK TEKSTİL SAN. VE TİC. LTD. ŞTİ. MÜŞTERİ LİSTESİ|
Müşteri listesi – Güven Sigorta Aracılık Hizmetleri A.Ş.|Yılmaz Kardeşler Ltd. Şti.|Örnek Tekstil Anonim Şirketi
"""


def each_of(texts: str) -> list[str]:
    return [each.strip() for each in texts.split("|")]


def test_no_spelling_hides_a_refusal():
    files = [f"{each}.csv" for each in each_of(FILES)]
    assert [each for each in files if not (mark_of_name(each) and refusal_spoken(each))] == []
    assert [each for each in each_of(TITLES) if is_plain(each)] == []
    assert [each for each in each_of(NOTED_NAMES) if is_text(each)] == []


def test_names_of_people_and_firms_refuse_nothing():
    assert [each for each in each_of(REAL_NAMES) if not is_text(each)] == []
    assert [each for each in [*each_of(FIRMS), "Ankara belge no", "Ünvan no"] if not is_plain(each)] == []
    usual = ("Yeni Microsoft Excel Çalışma Sayfası (2).xlsx", "Book1.xlsx", "hubspot-crm-exports-all-contacts.csv")
    assert [each for each in usual if mark_of_name(each)] == []
    own = BrandNames(words=frozenset({"koton"}))
    assert mark_of_name("KOTON izinler.csv") and not mark_of_name("KOTON izinler.csv", own)


def test_nothing_is_granted_by_a_file_that_is_named_as_refusals():
    only = Sheet("", lines=2, width=1, header_line=1, header=("Telefon",), first_chunk=0, chunks=1)
    outline, said = Outline("csv", None, None, (only,)), Layout(status=Status.GRANTED)
    granted_by = {
        name: sheet_parser(outline, 0, said, name, NOW).layout.status == Status.GRANTED
        for name in ("SMS numaraları.csv", "SMS RETleri Kasım.csv", "Ayrılanlar.csv")
    }

    assert [*granted_by.values()] == [True, False, False]


RED = "FFFF0000"


def book(dress) -> bytes:
    workbook, out = openpyxl.Workbook(), io.BytesIO()
    sheet = workbook.active
    sheet.title = "Liste"
    for row in ([*HEADER, "Notlar"], *(line(number, "") for number in range(1, 5))):
        sheet.append([cell or None for cell in row])
    dress(workbook, sheet)
    workbook.save(out)
    return out.getvalue()


def each(**how):
    def dress(_, sheet):
        for cell in sheet[3][:6]:
            for name, value in how.items():
                setattr(cell, name, value)

    return dress


def red_letters(_, sheet):
    for cell in sheet[3][:6]:
        cell.value = CellRichText(TextBlock(InlineFont(color=RED), str(cell.value)))


def page_header(workbook, _):
    workbook.create_sheet("Bilgi").oddHeader.center.text = "İlk iki kişi ayrıldı"


SIDE = Side("thick", RED)
DRESSES = [
    each(fill=PatternFill("solid", fgColor="FF000000")),
    each(fill=PatternFill("solid", fgColor="FFFFFFFF")),
    each(fill=GradientFill(stop=(RED, RED))),
    each(fill=PatternFill("darkUp")),
    each(border=Border(diagonal=SIDE, diagonalUp=True, diagonalDown=True)),
    each(border=Border(bottom=SIDE)),
    each(font=Font(color="FFFFFFFF")),
    each(number_format="[Red]@"),
    lambda _, sheet: [setattr(cell, "number_format", '[=1]"✗";[=0]"✓"') for cell in sheet["C"]],
    lambda _, sheet: [setattr(cell, "number_format", ";;;") for cell in sheet["C"]],
    red_letters,
    lambda _, sheet: setattr(sheet["G3"], "fill", PatternFill("solid", fgColor=RED)),
    lambda _, sheet: setattr(sheet.row_dimensions[3], "fill", PatternFill("solid", fgColor=RED)),
    lambda _, sheet: setattr(sheet["A9"], "comment", Comment("İlk iki kişi ayrıldı", "x")),
    lambda workbook, _: setattr(workbook.create_sheet("Bilgi")["A1"], "comment", Comment("İlk iki kişi ayrıldı", "x")),
    page_header,
    lambda _, sheet: setattr(sheet, "title", "SMS izni 0"),
    lambda _, sheet: setattr(sheet["G3"], "value", '=IF(ROW()=3,"SMS istemiyor","")'),  # Nobody computed it.
    lambda _, sheet: setattr(sheet["A3"], "value", '=CONCATENATE("Ayşe"," RET")'),
]


@pytest.mark.parametrize("dress", DRESSES, ids=range(len(DRESSES)))
def test_a_refusal_that_only_looks_so_holds_the_grants_back(dress):
    content = book(dress)

    assert not granted(content, "liste.xlsx") and not asked(content, "liste.xlsx")


def test_an_old_workbook_of_which_no_looks_are_seen_is_named():
    assert [each.text for each in examine(saved("people.xls")(), "liste.xls").unread.marks if "xls" in each.text] == [
        UNSEEN
    ]


def test_a_grid_a_link_and_a_coloured_column_mean_nothing():
    def dress(_, sheet):
        for row in sheet["A1:F5"]:
            for cell in row:
                cell.border = Border(bottom=Side("thin"), left=Side("hair" if cell.row > 2 else "thin"))
        for row in range(2, 6):
            sheet[f"F{row}"].fill = sheet[f"G{row}"].fill = PatternFill("solid", fgColor=RED)
        sheet["A8"].fill = PatternFill("solid", fgColor=RED)
        sheet["A3"].font = Font(color="FF0563C1", underline="single")

    assert not examine(book(dress), "liste.xlsx").unread.doubtful


# Written by somebody who did not know the rule: what people write of one who wants no more messages.
PHRASES = """
hayır dedi|istemiyor|istemedi|istemediler|istemiyorlar|almak istemiyoruz|SMS almayacak|mesaj atmayın|yazmayalım|
aramayın lütfen|aranmak istemez|aranmayacak|bir daha aramayalım|çıktı|çıkanlar|çıkış yaptı|listeden çıkarıldı|
çıkarılacak|ayrıldı|ayrılmış|ayrılanlar|üyelikten ayrılıyor|abonelikten çıkmış|iptal|iptal ettirdi|iptaller|
iptali istendi|İPTAL EDİLDİ|red|RET|ret verdi|retliler|reddetti|reddedenler|reddedildi|reddetmiş|silindi|
sildirdi|silinecek|silinmiş|
kaydı silinsin|düşürüldü|düşenler|listeden düştü|düşülecek|vazgeçti|vazgeçenler|vazgeçmiş|caydı|kaldırıldı|kaldıralım|
izni kaldırıldı|izin vermedi|izin vermiyor|izni yok|izinsiz|onaysız|onay vermeyenler|onayı geri aldı|rızasını çekti|
geri çekti|kabul etmedi|kabul etmiyor|kabul etmeyen|pasif|pasife alındı|PASİF|kapalı|kapatıldı|kapattırdı|engelledi|
engellendi|engelli listede|bloke|blokladı|yasaklı|kara liste|KARA LİSTEDE|liste dışı|listeden|kapsam dışı|hariç|muaf|
olumsuz|şikayetçi|şikayet etti|rahatsız oldu|rahatsız etmeyin|itiraz etti|itirazı var|durduruldu|durdurulsun|sonlandı|
sonlandırıldı|sona erdi|bitti|bitirdi|bıraktı|terk etti|dondurdu|donduruldu|askıya alındı|YOK|yok|hayır|HAYIR|no|
opt-out|opted out|unsubscribed|unsubscribe|removed|deleted|cancelled|declined|refused|rejected|do not call|don't write|
no longer interested|not interested|stopped|blocked|blacklisted|left|quit|withdrawn|revoked|never again|inactive|
kapsamdışı|devredışı|aktifdeğil|rahatbırakın|imtina etti|deceased|öldü|ÖLDÜ|donotcall|noconsent|paused|bounced|archived
"""
NOTES = [each.strip() for each in PHRASES.split("|")]


def test_each_phrase_may_refuse():
    assert [each for each in NOTES if not (may_refuse(each) and may_refuse(f"Gül Sok. 3, {each}"))] == []


COLUMN_NAMES = (
    "Şehir|Adres|Mağaza|Form adı|Soyad|Yetkili|Sipariş no|Kart no|Tutar|Doğum tarihi|Sipariş tarihi|Dil|Cinsiyet|Saat|"
    "Notlar|Etiket|SMS onayı 2|İYS durumu|Üyelik|Telefon 2|Son ziyaret|Puan|Vergi dairesi|Ülke"
)
JOINED = [
    "{}",
    "Ankara {}",
    "Ankara, {}",
    "Ankara/{}",
    "Ankara - {}",
    "{} Ankara",
    "12-{}",
    "12/{}",
    "12 Mart 2026 ({})",
]


@st.composite
def files_with_a_refusal(draw):
    """(content, the file's name, lines that must not grant without a word), the refusal in a random place."""
    phrase, place = draw(st.sampled_from(NOTES)), draw(st.integers(1, 3))
    phrase = draw(st.sampled_from([str, str.upper, str.title]))(phrase)
    written = draw(st.sampled_from(JOINED)).format(phrase)
    rows, name = [[*HEADER], *map(line, range(1, 4))], "liste.csv"
    kind = draw(st.sampled_from(["column", "cell", "line", "heading", "header", "file", "comment", "sheet"]))
    if kind == "column":
        rows = [[*row, ""] for row in rows]
        rows[0][6], rows[place][6] = draw(st.sampled_from(COLUMN_NAMES.split("|"))), written
    elif kind == "cell":
        rows[place][draw(st.sampled_from([0, 2, 3, 4, 5]))] = written
    elif kind == "line":
        rows.insert(
            place + 1, [draw(st.sampled_from([phrase, written])), "", "", draw(st.sampled_from(["", "1.1.2026"]))]
        )
    elif kind == "heading":
        rows.insert(0, [written])
    elif kind == "header":
        rows[0][draw(st.integers(0, 5))] += f" {phrase} SMS"  # "Telefon no" is a number.
    elif kind == "file":
        name = f"{written.replace('/', ' ')}.csv"
    else:
        workbook, out = openpyxl.Workbook(), io.BytesIO()
        sheet = workbook.active
        sheet.title = phrase[:30] if kind == "sheet" else "Liste"
        for row in rows:
            sheet.append(row)
        if kind == "comment":
            sheet.cell(draw(st.integers(1, 9)), draw(st.integers(1, 9))).comment = Comment(written, "x")
        workbook.save(out)
        return out.getvalue(), "liste.xlsx", [2, 3, 4]
    return text(*rows), name, [place + 1] if kind in ("column", "cell") else [2, 3, 4, 5]


@pytest.mark.slow
@pytest.mark.generated
@given(files_with_a_refusal())
@settings(max_examples=some(150), suppress_health_check=[HealthCheck.filter_too_much])
def test_a_refusal_in_any_place_holds_the_grants_back(made):
    content, name, refusing = made

    assert not (granted(content, name) | asked(content, name)) & {*refusing}
