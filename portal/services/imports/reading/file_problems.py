"""Why a whole file cannot be read, with a sentence and a cure for people; and the kind of a file by its first bytes."""

from codecs import BOM_UTF8
from enum import StrEnum

from portal.core.addresses.problems import ExplainedProblem
from portal.core.lazy_text import N_


class FileProblem(ExplainedProblem):
    # fmt: off
    EMPTY = "file_empty", N_("Listede hiç adres satırı yok."), N_("Her satırında bir adres olan bir liste verin.")
    HTML = ("file_html",
            N_("Bu bir web sayfası; adı Excel dosyası gibi olsa da içinde bir HTML ya da XML tablosu var."),
            N_("Dosyayı Excel'de açıp Farklı Kaydet ile Excel Çalışma Kitabı (.xlsx) olarak kaydedin."))
    PASSWORD = (
        "file_password",
        N_("Dosya parolayla korunuyor."),
        N_("Parolayı kaldırın: Dosya, Bilgi, Çalışma Kitabını Koru, Parola ile Şifrele; sonra yeniden yükleyin."),
    )
    DAMAGED = ("file_damaged", N_("Excel dosyası eksik ya da bozuk."),
               N_("Dosyayı Excel'de açıp yeniden kaydedin, sonra kaydettiğinizi yükleyin."))
    WORKBOOK_TOO_LARGE = ("file_workbook_too_large", N_("Excel dosyası okunamayacak kadar yer kaplıyor."),
                          N_("Boş görünen satır ve sütunları silip yeniden kaydedin ya da CSV UTF-8 olarak kaydedin."))
    NO_WORKBOOK = ("file_no_workbook", N_("Bu bir Office belgesi, ama Excel dosyası değil."),
                   N_("Tabloyu Excel'e kopyalayıp .xlsx ya da CSV olarak kaydedin."))
    ARCHIVE = ("file_archive", N_("Bu sıkıştırılmış bir dosya (zip, rar)."),
               N_("Dosyayı açıp içindeki listeyi yükleyin."))
    IMAGE = "file_image", N_("Bu bir resim."), N_("Listeyi Excel ya da CSV dosyası olarak verin.")
    PDF = ("file_pdf", N_("Bu bir PDF dosyası."),
           N_("Listeyi Excel ya da CSV dosyası olarak verin ya da adresleri buraya yapıştırın."))
    BINARY = ("file_binary", N_("Bu ne bir Excel ne de bir metin dosyası."),
              N_("Listeyi Excel ya da CSV olarak kaydedin ya da adresleri buraya yapıştırın."))
    BROKEN_OFF = "file_broken_off", N_("Yükleme yarıda kaldı."), N_("Dosyayı yeniden yükleyin.")
    TOO_LARGE = "file_too_large", N_("Dosya çok büyük."), N_("Dosyayı bölün ve parçaları ayrı ayrı yükleyin.")
    TOO_MANY_ROWS = ("file_too_many_rows", N_("Dosyada 100.000'den çok satır var."),
                     N_("Dosyayı bölün ve parçaları ayrı ayrı yükleyin."))
    TOO_MANY_LINES = ("file_too_many_lines", N_("Dosyada 1.048.576'dan çok satır var."),
                      N_("Dosyayı bölün ve parçaları ayrı ayrı yükleyin."))
    TOO_MANY_SHEETS = ("file_too_many_sheets", N_("Dosyada 100'den çok sayfa var."),
                       N_("Yalnız gereken sayfaları yeni bir dosyaya kopyalayın."))
    TOO_MANY_COLUMNS = ("file_too_many_columns", N_("Bir satırda 500'den çok sütun var."),
                        N_("Her adresi ayrı bir satıra yazın, yalnızca gereken sütunları bırakın."))
    LINE_TOO_LONG = ("file_line_too_long", N_("Bir satır 64 kB'tan uzun."),
                     N_("Her adresi ayrı bir satıra yazın; dosyanın Excel ya da CSV olduğundan emin olun."))
    NO_ADDRESS_COLUMN = ("file_no_address_column",
                         N_("Telefon numarası ya da e-posta adresi içeren bir sütun bulunamadı."),
                         N_("İlk satıra Telefon ya da E-posta gibi sütun adlarını yazın."))
    TRANSPOSED = ("file_transposed", N_("Sütun adları ilk sütunda alt alta duruyor; her kişi bir satırda değil."),
                  N_("Excel'de tabloyu kopyalayın, boş bir sayfaya Özel Yapıştır ile “İşlemi Tersine Çevir”i "
                     "işaretleyerek yapıştırın: satırlar ile sütunlar yer değiştirir. Sonra yeniden yükleyin."))
    OF_REFUSALS = ("file_of_refusals", N_("Dosyanın adına göre bu bir ret listesi; kimseye sorulmaz."),
                   N_("Retleri kaydetmek için dosyayı içe aktarın; ret listesi değilse adını değiştirip yükleyin."))
    PART_LOST = ("damaged", N_("Dosyanın bir bölümü saklandığı yerden okunamadı; satırları içe aktarılmadı."),
                 N_("Dosyayı yeniden verin; içinde ret olabilir."))  # A chunk that cannot be opened.
    # fmt: on


class Unreadable(ValueError):
    """The file cannot be read at all. The exception holds nothing of its contents."""

    def __init__(self, problem: FileProblem):
        super().__init__(problem.value)
        self.problem = problem


START = 4096  # Bytes that are enough to tell.

WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")  # A zip, an empty zip, the container of xls.
REFUSED = {
    b"<html": FileProblem.HTML,  # What web panels like to call xls.
    b"<!doctype": FileProblem.HTML,
    b"<table": FileProblem.HTML,
    b"<?xml": FileProblem.HTML,
    b"<meta": FileProblem.HTML,
    b"<style": FileProblem.HTML,
    b"mime-version:": FileProblem.HTML,
    b"%pdf": FileProblem.PDF,
    b"\x89png": FileProblem.IMAGE,
    b"\xff\xd8\xff": FileProblem.IMAGE,
    b"gif8": FileProblem.IMAGE,
    b"ii*\0": FileProblem.IMAGE,
    b"mm\0*": FileProblem.IMAGE,
    b"\x1f\x8b": FileProblem.ARCHIVE,
    b"rar!": FileProblem.ARCHIVE,
    b"7z\xbc\xaf": FileProblem.ARCHIVE,
    b"{\\rtf": FileProblem.NO_WORKBOOK,
}


class FileKind(StrEnum):
    WORKBOOK = "workbook"
    TEXT = "text"


def detect_kind(start: bytes) -> FileKind:
    """Whether a file that begins so is a workbook or a text. Raises Unreadable for known other formats."""
    if start.startswith(WORKBOOKS):
        return FileKind.WORKBOOK
    plain = start[:256].removeprefix(BOM_UTF8).lstrip().lower()
    for signature, problem in REFUSED.items():
        if plain.startswith(signature):
            raise Unreadable(problem)
    return FileKind.TEXT
