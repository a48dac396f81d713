"""Why a whole list cannot be read, with a sentence and a cure for the person who brought it."""

from portal.addresses.problems import Explained


def N_(text: str) -> str:  # noqa: N802 (gettext's own name)
    """Mark a sentence for translation; whoever shows it translates it."""
    return text


class FileProblem(Explained):
    """Why a list cannot be read at all."""

    EMPTY = "file_empty", N_("Listede hiç adres satırı yok."), N_("Her satırında bir adres olan bir liste verin.")
    EXCEL = (
        "file_excel",
        N_("Bu bir Excel dosyası; henüz yalnızca CSV okunuyor."),
        N_("Excel dosyasını CSV olarak kaydedin: Farklı Kaydet, CSV UTF-8."),
    )
    PDF = "file_pdf", N_("Bu bir PDF dosyası."), N_("Listeyi CSV olarak kaydedin ya da adresleri buraya yapıştırın.")
    BINARY = (
        "file_binary",
        N_("Bu bir metin dosyası değil."),
        N_("Listeyi CSV olarak kaydedin ya da adresleri buraya yapıştırın."),
    )
    TOO_LARGE = "file_too_large", N_("Dosya çok büyük."), N_("Dosyayı bölün ve parçaları ayrı ayrı yükleyin.")
    TOO_MANY_ROWS = (
        "file_too_many_rows",
        N_("Dosyada 100.000'den çok satır var."),
        N_("Dosyayı bölün ve parçaları ayrı ayrı yükleyin."),
    )
    TOO_MANY_COLUMNS = (
        "file_too_many_columns",
        N_("Bir satırda 500'den çok sütun var."),
        N_("Her adresi ayrı bir satıra yazın, yalnızca gereken sütunları bırakın."),
    )
    LINE_TOO_LONG = (
        "file_line_too_long",
        N_("Bir satır 64 kB'tan uzun."),
        N_("Her adresi ayrı bir satıra yazın; dosyanın CSV olduğundan emin olun."),
    )
    NO_ADDRESS_COLUMN = (
        "file_no_address_column",
        N_("Telefon numarası ya da e-posta adresi içeren bir sütun bulunamadı."),
        N_("İlk satıra Telefon ya da E-posta gibi sütun adlarını yazın."),
    )


class Unreadable(ValueError):
    """Nothing of this list can be used; it carries the problem and nothing of the list."""

    def __init__(self, problem: FileProblem):
        super().__init__(problem.value)
        self.problem = problem
