"""What replies say by their words: a table of what people write, and properties of any text."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.domain.replies import (
    LONGEST,
    ReplyOutcome,
    classify_reply,
    find_names,
    fold,
    names_brand,
    only_asks,
    speaks_of_calls,
    word_lists,
)

REFUSAL = """
ÝPTAL|ÇIKIÞ|beni listeden çýk
İP\u200bTAL|ret ?|iptal ? ?|Lütfen bu mesajları artık iptal edin|MESAJ RED|red.|RED EDİYORUM|hayir istemem
RET|ret|Ret.|RED|red|İPTAL|iptal|IPTAL|ıptal|iptal!|İptal et|iptal edin lütfen|İPTAL EDİYORUM|STOP|Stop.|STOPALL
STOP ALL|unsubscribe|UNSUBSCRİBE|unsubscrıbe|opt-out|OPT OUT|optout|Cancel|END|quit|remove|REMOVE PLEASE|please stop
ARRET|TD|ÇIK|çıkış|CIKIS|dur|Dur artık|DURDUR|HAYIR|hayır|Hayır lütfen|HAYİR|NO|No.|no sms|istemiyorum|İSTEMİYORUM
Istemıyorum|SMS istemiyorum|Artık SMS almak istemiyorum|reklam mesajları almak istemiyorum|istemem|reddediyorum
Hayır, istemiyorum|RET RET RET|R E T|r.e.t.|İ P T A L|N O|R E T ?|RET B038|ret b001|B038 RET|RETB038|R E T B038
RET B123|ret?|İptal?|?PTAL|??PTAL|�PTAL|��ptal|?STEM?YORUM|istem�yorum|SMS almak ?stemiyorum l?tfen|?IKI?|??k????
IPTAL 😡|❌ RET ❌|RET 👍|“RET”|*ret*|ret\u200b|\ufeffRET|r\u00ade\u00adt|ＲＥＴ|rét|tüm mesaj ret|beni listeden çık
İptal et lütfen beni|dur lutfen|UNSUBSCRIBE ME PLEASE ALL?|hayır teşekkürler|RЕТ
"""
LIKELY_REFUSAL = """
numaram? s?l?n?|kayd?m? siliniz|İSTEMİYO|mesaj almayacağım|sms gönderilmesin
siparişimi iptal edin|siparisimi iptal edin|evet istemiyorum|RET değil ONAY|onay değil|ONAY DEGIL|kabul etmiyorum
onay vermiyorum|mesaj atmayın|bana mesaj atma|Lütfen mesaj göndermeyin|mesaj gönderme|onaylamıyorum|onaylamam
izin vermiyorum|vazgeçtim|Beni rahatsız etmeyin|numaramı silin|listeden çıkarın lütfen|reddettim zaten
mesaj almak istemediğimi söyledim|istemiyoruz|istemiyom ya|İSTEMEZ|Bir daha aramayın|yeter artık|spam
stop sending me these messages|please remove my number|I don't want this|ONAY RET|evet ret|EVET HAYIR|hayır onay
RET nasıl yaparım|ret 3338|örnek mağaza ret|RET Ahmet Yılmaz|iptal etmeyin|neden mesaj atıyorsunuz?iptal edin
ret?lütfen|g?ndermey?n mesaj|onay de??l|onay de?il|kabul etm?yorum|bu siparişi iptal ettim ama param gelmedi
opt out of everything|onaylama|dur, ret gönderdim|RETT|beni sil|listeden çıkar|çıkmak istiyorum|redetmek istiyorum
onayımı geri çekiyorum|KABUL ETMEM|onay vermem
"""
CONSENT = """
ONAY|onay|Onay.|EVET|evet|Evet!|KABUL|kabul|ONAYLIYORUM|onaylıyorum|ONAYLİYORUM|kabul ediyorum|KABUL EDIYORUM
Kabul Ediyorum.|ONAY VERİYORUM|onay veriyorum|  onay  |"ONAY"|“Evet”|ONAY B038|evet b001|O N A Y
"""
REVIEW = """
KABUL B038EDİYORUM|ONAY, kampanya nedir|Evet Mobilya adres|Onay Optik kaçta kapanıyor|Kabul Market sipariş
TAMAM|tamam|OK|ok|PEKI|peki|👍|YES|yes|START|BASLAT|başlat|UNSTOP|Yes please|onay kodum gelmedi|onay kodu nedir|ONAY?
evet?|Evet mi|evet ?|onay �|bereket|retro koleksiyon|red elbise kaldı mı|sipariş no 123 nerede|sipariş no 12|Tel no
retorik|stopaj ne kadar|İptalci|durak nerede|Duru Gıda|cikolata|Hayırlı cumalar|hayırlı olsun|no frost buzdolabı
end of season|Evet Market'in adresi|evet evet|onay onay|evet onay|onaylıyorum evet|evet tamam|evet ama fiyat ne
onay verdim|ONAY 👍|ONAY 👎|evet 😡|onay :(|ONAY/|(onay)|ONAYLA|onaylar mısınız|kabul mü|kabul ettik|onay1|1 onay
ONAY 3338|onayl?yorum|KABUL ED?YORUM|ev?t|onay B03|onay B0381|on ay|ok evet|merhaba|Kargom nerede|fiyat?|?|???|...|1
1 2 3|0850|B038|SMS|lütfen|SMS lütfen|こんにちは|привет|إلغاء|нет|sipariş vermek isterim|2 adet kahve lütfen
Silindir şapka var mı|yeterli stok var mı|cevap yazarsanız sevinirim
O\u0336N\u0336A\u0336Y\u0336|\u0334E\u0334V\u0334E\u0334T|ONAY\u0335|O\u0338NAY|evet\u0337
"""
CASES = {
    ReplyOutcome.REFUSAL: REFUSAL, ReplyOutcome.LIKELY_REFUSAL: LIKELY_REFUSAL, ReplyOutcome.CONSENT: CONSENT,
    ReplyOutcome.REVIEW: REVIEW,
}  # fmt: skip
FORMS = ("ONAY", "EVET", "KABUL", "ONAYLIYORUM", "KABULEDIYORUM", "ONAYVERIYORUM")
WORDS = [
    "ret",
    "İPTAL",
    "istemiyorum",
    "değil",
    "evet",
    "ONAY",
    "kabul",
    "ediyorum",
    "hayır",
    "no",
    "sms",
    "?",
    "B038",
    "R",
    "E",
]
TEXTS = st.text() | st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)


@pytest.mark.parametrize("outcome", CASES)
def test_a_reply_says_what_its_words_say(outcome):
    for text in CASES[outcome].strip("\n").replace("\n", "|").split("|"):
        for written in (text, unicodedata.normalize("NFD", text), f" {text}\r\n"):
            assert classify_reply(written) == outcome, written


def test_every_word_of_the_lists_says_what_its_list_says():
    for word in word_lists.STRONG + word_lists.ALONE:
        assert classify_reply(word) == classify_reply(word.lower()) == ReplyOutcome.REFUSAL, word
    for word in word_lists.STRONG + word_lists.NEGATIVE + word_lists.NEGATIONS:
        assert classify_reply(f"merhaba {word} bugün") == ReplyOutcome.LIKELY_REFUSAL, word
    for word in word_lists.ALONE:
        assert classify_reply(f"merhaba {word} bugün") == ReplyOutcome.REVIEW, word
    for form in word_lists.CONSENTS:
        assert classify_reply(form) == ReplyOutcome.CONSENT, form
        assert classify_reply(f"{form} bugün") == ReplyOutcome.REVIEW, form


def test_keywords_of_the_brand_say_nothing():
    keywords = ["ÖRNEK", "Örnek Mağaza", "H&M", "", "Club360", "RETB038 Club", "Don't Panic", "Opt Out Shop"]

    for text, outcome in {
        "ORNEK RET": ReplyOutcome.REFUSAL, "örnek mağaza ret": ReplyOutcome.REFUSAL, "RET Örnek": ReplyOutcome.REFUSAL,
        "ornek ornek ret": ReplyOutcome.REFUSAL, "örnek: ONAY": ReplyOutcome.CONSENT, "H&M evet": ReplyOutcome.CONSENT,
        "başka RET": ReplyOutcome.LIKELY_REFUSAL, "başka ONAY": ReplyOutcome.REVIEW,
        "örnekler ONAY": ReplyOutcome.REVIEW,
        "ÖRNEK": ReplyOutcome.REVIEW, "Mağaza ONAY": ReplyOutcome.REVIEW,
        "club360 RET B038": ReplyOutcome.REFUSAL, "RETB038 Club360": ReplyOutcome.REFUSAL,
        "Don't Panic RET": ReplyOutcome.LIKELY_REFUSAL, "don't": ReplyOutcome.LIKELY_REFUSAL,
        "Opt Out Shop ONAY": ReplyOutcome.LIKELY_REFUSAL,
    }.items():  # fmt: skip
        assert classify_reply(text, keywords) == outcome, text


def test_a_keyword_that_refuses_still_refuses():
    for keyword, text in {"İptal": "İPTAL", "Dur": "dur", "STOP": "stop", "No": "NO"}.items():
        assert classify_reply(text, [keyword]) == ReplyOutcome.REFUSAL
    assert classify_reply("Stop Shop ONAY", ["Stop Shop"]) == ReplyOutcome.LIKELY_REFUSAL


def test_a_name_of_words_that_refuse_agree_or_fill_names_no_brand():
    for name in (
        *("Ret", "İptal", "STOP", "R.E.T", "istemiyorum", "SMS", "Lütfen beni", "RET B038", "Onay", "Tamam", "Son"),
        *("Yok", "VERMEM", "VERMEDİM", "OLMAZ", "ASLA", "ETMEDİM", "KAPAT", "KALDIR", "BİTTİ", "DURDURUN", "BIRAKIN"),
        *("Merhaba", "Selamlar", "Sayın", "Ben", "BİZ", "Bundan Sonra", "İyi günler", "Merhaba lütfen"),
    ):
        assert not names_brand(name), name
        assert classify_reply(f"ONAY {name}", [name]) != ReplyOutcome.CONSENT or name == "RET B038", name
    for name in (
        "Örnek Mağaza",
        "Moda",
        "Ev",
        "Son Moda",
        "Kes Kuaför",
        "Redkit",
        "Pasifik",
        "H&M",
        "Reklam Evi",
        "Biz Kuaför",
    ):
        assert names_brand(name), name


NAMES = [
    *("Örnek", "Örnek Mağaza", "Mağaza", "Ev", "Stop Shop", "Shop", "Opt", "Ret", "Merhaba"),
    *("Don't Panic", "Club360", "B360 Kafe", "Kitap", "Çiçek", "Sanat", "Renk", "Koç"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Örnek Mağaza RET", {"ORNEK MAGAZA"}), ("örnek, Örnek Mağaza ret", {"ORNEK", "ORNEK MAGAZA"}),
        ("ben Mağazadan bıktım", {"MAGAZA"}), ("Örnek Mağaza'nın mesajı", {"ORNEK MAGAZA"}),
        ("RET B038 ev", {"EV"}), ("merhaba evet", {"MERHABA"}), ("evimi aramayın", {"EV"}), ("RET", set()),
        ("Stop Shop", {"STOP SHOP", "SHOP"}), ("bereket evrak?", {"EV"}), ("yeniev", set()),
        ("ret club360 B038", {"CLUB360"}), ("Club360B038, Club360tan", {"CLUB360"}), ("klub360 clubB360", set()),
        ("B360 kafe ret b001", {"B360 KAFE"}), ("Don’t Panicten bıktım", {"DON T PANIC"}), ("don't", set()),
        ("kitabın, çiçeğe", {"KITAP", "CICEK"}), ("Kitab'ın sanatı, sanada", {"KITAP", "SANAT"}), ("rengi", {"RENK"}),
        ("kitabevinden", {"KITAP"}), ("kitabla sanad", set()), ("koçtaşı", {"KOC"}), ("KOÇTAŞ, Koçluk", {"KOC"}),
        ("Koçtaş Kitabevi", set()),
    ],
)  # fmt: skip
def test_names_count_anywhere_and_with_endings(text, found):
    assert find_names(text, NAMES, others=["Koçtaş", "Kitabevi"]) == found


@given(
    st.lists(st.sampled_from([*" ".join(NAMES).split(), "ret", "istemiyorum", "B038", "sms", "opt out"]), max_size=7)
)
def test_all_that_is_left_out_of_a_refusal_is_found(words):
    text = " ".join(words)

    found = find_names(text, NAMES)
    assert classify_reply(text, found) == classify_reply(text, NAMES)


def test_of_a_long_text_the_beginning_is_read_and_nothing_consents():
    assert classify_reply("ONAY" + " " * (LONGEST - 4)) == ReplyOutcome.CONSENT
    assert classify_reply("ONAY" + " " * LONGEST + "istemiyorum") == ReplyOutcome.REVIEW
    assert classify_reply("RET " + "x" * 10 * LONGEST) == ReplyOutcome.LIKELY_REFUSAL


@given(TEXTS)
@example("ONAY\u0338")
def test_a_consent_is_one_form_and_nothing_else(text):
    outcome = classify_reply(text)

    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text.replace("ı", "i")).upper()))
    consents = re.sub(r"B\d{3}", "", letters) in FORMS
    assert outcome != ReplyOutcome.CONSENT or consents


@given(TEXTS, st.sampled_from(word_lists.STRONG), TEXTS)
def test_a_word_of_refusal_stops_whatever_stands_beside_it(before, word, after):
    text = f"{before[:700]} \n{word}. {after[:700]}"

    assert classify_reply(text) in (ReplyOutcome.REFUSAL, ReplyOutcome.LIKELY_REFUSAL)


@given(TEXTS)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert fold(text.upper()) == fold(text) or not text.isascii()


CALLS = """
Beni bir daha aramayın|ARAMA RET|Ne arayın ne mesaj atın, reddediyorum|arama ve sms almak istemiyorum|hepsi ret
tüm reklamları iptal et|T?M REKLAM RET|Beni rahatsız etmeyin|don't call me again|numaramı silin
"""
MESSAGES_ONLY = "RET|STOP ALL|tüm mesaj ret|Bütün SMS'leri durdurun|Hepsi Burada RET|mesaj atmayın|Çağrı Market RET"


@pytest.mark.parametrize(("texts", "speaks"), [(CALLS, True), (MESSAGES_ONLY, False)])
def test_a_reply_speaks_of_calls_or_of_everything_but_no_brands_name_does(texts, speaks):
    words = [each for line in texts.strip().splitlines() for each in line.split("|")]
    assert [each for each in words if speaks_of_calls(each, ["Hepsi Burada"]) != speaks] == []


@pytest.mark.parametrize(
    "text", ["Siparişim nerede?", "SIPARISIM NERDE", "sipari?im nerede", "12345 kargom ne zaman gelir B038"]
)
def test_a_question_about_an_order_only_asks(text):
    assert only_asks(text)


def test_what_has_any_other_word_or_sign_or_no_order_does_not_only_ask():
    others = "siparişim nerede 🚫|👎|x|0|1|tamam|merhaba|teşekkürler|nerede|не хочу|kargom yeter|siparişim nerde atmyn"
    said = [*others.split("|"), "", f"kargo{' kargo' * LONGEST}", "s\u0336iparişim", "siparişim nerede ❌"]
    listed = [each for many in (REFUSAL, LIKELY_REFUSAL) for line in many.splitlines() for each in line.split("|")]

    assert [each for each in (*said, *listed) if only_asks(each)] == []
