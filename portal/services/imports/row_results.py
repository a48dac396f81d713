"""Row results: what comes of each entry of a file, an effect on consents or a problem, stored as one byte per slot.

Each line has three slots, one per channel in the order of SLOTS; 0 is a slot that the line is not about. A problem of
the address stands in the first slot that it would have served, so that it counts once.
"""

import re

from portal.core.addresses import AddressProblem
from portal.core.addresses.problems import ExplainedProblem
from portal.core.iys_protocol import CODES, Channel, cure_of, sentence_of
from portal.core.lazy_text import N_
from portal.domain.consents.bulk_import import Effect

SLOTS = (Channel.SMS, Channel.CALL, Channel.EMAIL)
NOTHING = 0


class RowProblem(ExplainedProblem):
    """Why an entry cannot be imported as it stands, though its address may be good."""

    # fmt: off
    STATUS_MISSING = ("status_missing", N_("Onay mı, ret mi olduğu yazmıyor."),
                      N_("Durum sütununa ONAY ya da RET yazın."))
    STATUS_UNKNOWN = ("status_unknown", N_("Durum sütunundaki sözcük tanınmadı."),
                      N_("Sözcüğün ONAY mı RET mi demek olduğunu seçin ya da sütuna ONAY ya da RET yazın."))
    CHANNEL_UNKNOWN = ("channel_unknown", N_("Kanal sütunundaki sözcük tanınmadı."),
                       N_("Sözcüğün hangi kanal olduğunu seçin ya da sütuna MESAJ, ARAMA ya da EPOSTA yazın."))
    CHANNEL_MISSING = (
        "channel_missing",
        N_("Hangi kanal için olduğu yazmıyor."),
        N_("Kanal sütununa MESAJ, ARAMA ya da EPOSTA yazın ya da boş satırlarda geçerli kanalları seçin."),
    )
    CHANNEL_UNFIT = ("channel_unfit",
                     N_("Bu kanal bu adrese uymuyor: e-posta adresine SMS, telefona e-posta gönderilmez."),
                     N_("Kanalı ya da adresi düzeltin."))
    TYPE_UNKNOWN = ("type_unknown", N_("Alıcı tipi tanınmadı."),
                    N_("Sözcüğün ne demek olduğunu seçin ya da sütuna BIREYSEL ya da TACIR yazın."))
    SOURCE_MISSING = "source_missing", N_("İznin kaynağı yazmıyor."), N_("Kaynağı satıra ya da tüm dosya için yazın.")
    SOURCE_UNKNOWN = ("source_unknown", N_("Kaynak sütunundaki sözcük tanınmadı."),
                      N_("Sözcüğün hangi kaynak olduğunu seçin ya da sütuna HS_WEB gibi bir İYS kaynağı yazın."))
    SOURCE_OF_IYS = ("source_of_iys", N_("Bu kaynağı yalnız İYS'nin kendisi yazar."),
                     N_("İznin sizde nasıl alındığını seçin: HS_WEB, HS_ISLAK_IMZA gibi."))
    SOURCE_REFUSES = ("source_refuses", N_("HS_KARAR kaynağıyla onay verilmez; bu kaynak yalnız ret içindir."),
                      N_("Onayın gerçek kaynağını yazın."))
    DATE_MISSING = ("date_missing", N_("İznin alındığı tarih yazmıyor."),
                    N_("Tarihi satıra yazın; hepsi aynı gün alındıysa tüm dosya için bir tarih verin."))
    DATE_UNREADABLE = "date_unreadable", N_("Tarih okunamadı."), N_("Tarihi 24.11.2026 14:02 gibi yazın.")
    DATE_IMPOSSIBLE = ("date_impossible", N_("Böyle bir gün yok."),
                       N_("Gün ile ayın yerini kontrol edin; tarihi 24.11.2026 gibi yazın."))
    DATE_TO_COME = ("date_to_come", N_("Tarih gelecekte."),
                    N_("Gün ile ayın yerini, yılı, program gönderdiyse saatini kontrol edin."))
    DATE_BEFORE_2015 = ("date_before_2015", N_("Tarih 1 Mayıs 2015'ten önce."),
                        N_("O günden önce alınan izin için kaynağı HS_2015, tarihi 01.05.2015 00:00 yazın."))
    DATE_NOT_2015 = ("date_not_2015", N_("HS_2015 kaynağında tarih yalnız 01.05.2015 00:00 olabilir."),
                     N_("Tarihi 01.05.2015 00:00 yapın ya da gerçek kaynağı yazın."))
    ADDRESS_MISSING = (
        "address_missing",
        N_("Bu kanal için adres sütunu yok."),
        N_("E-posta izni e-posta adresi, diğerleri telefon ister: adresin sütununu seçin ya da dosyaya ekleyin."),
    )
    ORIGIN_MISSING = ("origin_missing", N_("Onayın dayanağı yazmıyor."),
                      N_("Onayı hangi formun, siparişin ya da kaydın kanıtladığını satıra ya da tüm dosya için yazın."))
    OVER_REFUSAL = (
        "over_refusal",
        N_("Kişi bu tarihten önce kendisi reddetti."),
        N_("Retten sonra yeniden onay verdiyse ve kanıtı elinizdeyse aktarırken işaretleyin; tarih yanlışsa düzeltin."),
    )
    REFUSED_BESIDE = (
        "refused_beside",
        N_("Bu satırda ret olabilecek bir yazı var: bir notta, parantez içinde, adın ya da adresin yanında."),
        N_("Ret ise durum sütununa RET yazın; değilse o yazıyı silip satırı yeniden yükleyin."),
    )
    REFUSED_ELSEWHERE = (
        "refused_elsewhere",
        N_("Aynı adresin başka bir satırında ret ya da anlaşılmayan bir söz var ve o satır yazılamıyor."),
        N_("O satırı düzeltin, başka markanınsa çıkarın ya da tanınmayan sözcüğü açıklayın; ret ise bu onay yazılmaz."),
    )
    REFUSAL_WITHOUT_ADDRESS = (
        "refusal_without_address",
        N_("Satır ret diyor ya da diyebilir, ama adresi yok; bu ret kimseye yazılamıyor."),
        N_("Kişinin adresini yazıp satırı yeniden yükleyin; başka bir satırda onayı varsa o satıra da RET yazın."),
    )
    OTHER_BRAND = (
        "other_brand",
        N_("Satırda bu markanın değil, başka bir markanın kodu ya da adı yazıyor."),
        N_("O markanınsa satırı o markaya aktarın, reddi de yalnız oraya yazılır; bu markanınsa markayı düzeltin."),
    )
    RETAILER = ("retailer_invalid", N_("Bayi kodu sekiz haneli bir sayı değil."),
                N_("İYS'nin bayiye verdiği sekiz haneli kodu yazın; bayi yoksa boş bırakın."))
    # fmt: on


class SkipReason(ExplainedProblem):
    """Why a good entry is skipped; nothing needs a fix."""

    # fmt: off
    REPEATED = ("repeated", N_("Aynı adres ve kanal dosyada yeniden geçiyor."),
                N_("En yenisi geçerlidir; onay ile ret aynı andaysa ret geçerli sayılır."))
    NO_ADDRESS = ("no_address", N_("Bu kanal için satırda adres yok."),
                  N_("Adresi satıra yazarsanız izin ya da ret de aktarılır."))
    NOT_REFUSED = ("not_refused", N_("Ret sütunu “hayır” diyor; bu bir onay değildir."),
                   N_("Yazılacak bir şey yok; kişinin durumu değişmez."))
    NO_SMS = ("no_sms", N_("Sabit hatta SMS gitmez."),
              N_("Bu numara için yalnız arama onayı aktarılır; ret SMS için de aktarılır."))
    GRANT_LEFT_OUT = ("grant_left_out", N_("Bu dosyadan yalnız retler aktarıldı."),
                      N_("Onaylar için engel kalkınca dosyayı yeniden yükleyin."))
    # fmt: on


# A stored byte is a position in this tuple: new results are appended, or stored bytes would change their meaning.
APPENDED = (RowProblem.CHANNEL_MISSING, RowProblem.ADDRESS_MISSING, SkipReason.NO_ADDRESS, SkipReason.NOT_REFUSED)
APPENDED_EFFECTS = (Effect.EARLIER_HOLDER, Effect.LATE_MERCHANT)
LATER = (
    RowProblem.OVER_REFUSAL, RowProblem.REFUSED_BESIDE, RowProblem.REFUSED_ELSEWHERE,
    RowProblem.REFUSAL_WITHOUT_ADDRESS, RowProblem.RETAILER,
    RowProblem.OTHER_BRAND,
)  # fmt: skip
SAME_VALUES = (Effect.UNDATED, Effect.UNSOURCED, Effect.OVER_REFUSAL)  # As a RowProblem's.
RESULTS: tuple[str, ...] = (
    *(each for each in Effect if each not in (*SAME_VALUES, *APPENDED_EFFECTS)),
    *(each.value for each in SkipReason if each not in APPENDED),
    *(each.value for each in RowProblem if each not in (*APPENDED, *LATER)),
    *(each.value for each in AddressProblem),
    *(each.value for each in APPENDED),
    *APPENDED_EFFECTS,
    *(each.value for each in LATER),
)
BYTE_OF = {result: byte for byte, result in enumerate(RESULTS, 1)}
PROBLEMS: dict[str, ExplainedProblem] = {each.value: each for kind in (RowProblem, AddressProblem) for each in kind}
IYS_CODES: dict[str, str] = {  # The code that İYS would have answered; of the others we know none.
    Effect.LATE_GRANT: "H467", Effect.OLD_REFUSAL: "H467", Effect.OLDER: "H178", Effect.SAME: "H174",
    Effect.LATE_MERCHANT: "H467",
    Effect.FIRST_REFUSAL: "H175", RowProblem.STATUS_MISSING: "H110", RowProblem.STATUS_UNKNOWN: "H115",
    RowProblem.CHANNEL_UNKNOWN: "H117", RowProblem.CHANNEL_UNFIT: "H464", RowProblem.TYPE_UNKNOWN: "H116",
    RowProblem.CHANNEL_MISSING: "H111",
    RowProblem.SOURCE_MISSING: "H113", RowProblem.SOURCE_UNKNOWN: "H119", RowProblem.SOURCE_OF_IYS: "H119",
    RowProblem.SOURCE_REFUSES: "H408", RowProblem.DATE_MISSING: "H112", RowProblem.DATE_UNREADABLE: "H158",
    RowProblem.DATE_IMPOSSIBLE: "H157", RowProblem.DATE_TO_COME: "H162", RowProblem.DATE_BEFORE_2015: "H156",
    RowProblem.DATE_NOT_2015: "H155",
    RowProblem.OVER_REFUSAL: "", RowProblem.REFUSED_BESIDE: "",  # It would take them.
    RowProblem.REFUSED_ELSEWHERE: "", RowProblem.RETAILER: "H180", RowProblem.OTHER_BRAND: "",
}  # fmt: skip

BETWEEN = " / "  # Sentences of one line in our file of bad lines.
WITHOUT_CODE = N_("İYS bu kaydı almadı."), N_("Satırı kontrol edip yeniden yükleyin.")
_CODE = re.compile(r"H\d{3}")
_OURS = {"", sentence_of(""), cure_of(""), *WITHOUT_CODE}
_OURS |= {text for each in PROBLEMS.values() for text in (each.sentence, each.cure)}
_OURS |= {text for each in CODES.values() for text in (each.sentence, each.cure)}
ADDRESS_CODES = {"phone": "H121", "email": "H120"}  # Of problems with an address, by how their values begin.
ANY_ADDRESS = "H122"


def code_of(problem: str) -> str:
    """The code that İYS would give for a problem; empty where it would give none."""
    return IYS_CODES.get(problem, ADDRESS_CODES.get(problem.partition("_")[0], ANY_ADDRESS))


def is_ours(text: str) -> bool:
    """Whether a cell of the columns that our file of bad lines adds says what we wrote: a line's number, sentences,
    codes."""
    return text.isdigit() or all(each in _OURS or _CODE.fullmatch(each) for each in text.split(BETWEEN))


def result_of(byte: int) -> str:
    """The value of a slot's byte, which is not NOTHING."""
    return RESULTS[byte - 1]


def tally_of(results: bytes | bytearray) -> dict[str, int]:
    """How many slots have each result."""
    return {result_of(byte): results.count(byte) for byte in set(results) - {NOTHING}}
