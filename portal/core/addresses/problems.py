"""What can be wrong with an address: a code for programs, a sentence and a cure for people."""

from enum import StrEnum
from typing import Self

from portal.core.lazy_text import N_


class ExplainedProblem(StrEnum):
    """An enum of problems with a sentence and a cure each; both are Turkish msgids without user input."""

    sentence: str
    cure: str

    def __new__(cls, code: str, sentence: str = "", cure: str = "") -> Self:
        problem = str.__new__(cls, code)
        problem._value_ = code
        problem.sentence, problem.cure = sentence, cure
        return problem


class AddressProblem(ExplainedProblem):
    """Why a text is no address."""

    EMPTY = "empty", N_("Adres boş."), N_("Bir telefon numarası ya da e-posta adresi yazın.")
    TOO_LONG = (
        "too_long",
        N_("Bir adres için çok uzun."),
        N_("Yalnızca bir telefon numarası ya da bir e-posta adresi yazın."),
    )
    SEVERAL = "several", N_("Birden çok adres bir arada yazılmış."), N_("Her adresi ayrı bir satıra yazın.")
    UNKNOWN = (
        "unknown",
        N_("Ne telefon numarası ne de e-posta adresi."),
        N_("0532 123 45 67 ya da ad@example.com gibi bir adres yazın."),
    )

    PHONE_TOO_SHORT = (
        "phone_too_short",
        N_("Telefon numarasının rakamı eksik."),
        N_("Türkiye numarasını alan koduyla, baştaki 0 dışında 10 rakam olarak yazın: 0532 123 45 67."),
    )
    PHONE_TOO_LONG = (
        "phone_too_long",
        N_("Telefon numarasının rakamı fazla."),
        N_("Türkiye numarası, baştaki 0 dışında 10 rakamdır; yurt dışı numarasının başına + ve ülke kodunu yazın."),
    )
    PHONE_CHARACTER = (
        "phone_character",
        N_("Telefon numarasında rakamdan başka şeyler var."),
        N_("Harfleri, işaretleri ve dahili numarayı silin."),
    )
    PHONE_SCIENTIFIC = (
        "phone_scientific",
        N_("Excel numarayı 5,32E+11 gibi yuvarlamış; rakamları kaybolmuş."),
        N_("Excel'de sütunu Metin biçimine alın, numaraları yeniden girip dosyayı yeniden kaydedin."),
    )
    PHONE_UNASSIGNED = (
        "phone_unassigned",
        N_("Bu telefon numarası kullanımda olan bir aralıkta değil."),
        N_("Alan kodunu ve rakamları kontrol edin; yurt dışı numarasının başına + ve ülke kodunu yazın."),
    )
    PHONE_0900 = (
        "phone_0900",
        N_("Bu, 0900 gibi ücretli bir hat."),
        N_("Kişinin kendi cep ya da sabit numarasını yazın."),
    )
    PHONE_NATIONAL_ONLY = (
        "phone_national_only",
        N_("444 ve 0811 gibi hatlar yalnızca yurt içinden aranır; İYS bunların biçimini almaz."),
        N_("Kişinin kendi cep ya da sabit numarasını yazın."),
    )
    PHONE_COUNTRY = (
        "phone_country",
        N_("Böyle bir ülke kodu yok."),
        N_("+ işaretinden sonra ülke kodunu yazın; Türkiye için +90."),
    )
    PHONE_COUNTRY_UNCLEAR = (
        "phone_country_unclear",
        N_("Türkiye cep numarasına benziyor, ama +90 yerine başka bir ülke koduyla başlıyor."),
        N_("Numarayı +90 532 123 45 67 ya da 0532 123 45 67 gibi yazın."),
    )

    EMAIL_NO_AT = ("email_no_at", N_("E-posta adresinde @ işareti yok."), N_("Adresi ad@example.com gibi yazın."))
    EMAIL_TURKISH_LETTER = (
        "email_turkish_letter",
        N_("E-posta adresinde Türkçe harf var; İYS bunu kabul etmez."),
        N_("Adresin doğrusunu ç, ğ, ı, İ, ö, ş ve ü olmadan yazın."),
    )
    EMAIL_CHARACTER = (
        "email_character",
        N_("E-posta adresinde İYS'nin kabul etmediği bir karakter var."),
        N_("@ işaretinden önce yalnızca İngilizce harf, rakam ve . _ - + kullanın."),
    )
    EMAIL_SPACE = (
        "email_space",
        N_("E-posta adresinin içinde boşluk var."),
        N_("Boşluğu silin; yanında başka bir adres varsa onu ayrı bir satıra yazın."),
    )
    EMAIL_SHAPE = (
        "email_shape",
        N_("E-posta adresi eksik ya da fazla parça içeriyor."),
        N_("Adresi ad@example.com gibi yazın."),
    )
    EMAIL_DOMAIN = (
        "email_domain",
        N_("@ işaretinden sonrası geçerli bir alan adı değil."),
        N_("Alan adını example.com gibi yazın; test ve yerel ağ adları kabul edilmez."),
    )


class BadAddress(ValueError):
    """A text that İYS would not accept as an address; holds the problem, never the text. `possible` is the canonical
    form of what might have been one by earlier rules: a number of a range, or a mailbox of a domain, that they do not
    know."""

    def __init__(self, problem: AddressProblem, possible: str | None = None):
        super().__init__(problem.value)
        self.problem, self.possible = problem, possible
