"""Notes that refuse, and notes that speak of something else."""

import pytest

from portal.services.imports.layout.plain_words import is_address_alone
from portal.services.imports.layout.refusals import refuses, refuses_in_name

REFUSING = [
    "SMS istemiyor", "RET", "bir daha aramayın", "abonelikten çıkmak istiyor", "unsubscribed by phone",
    "Müşteri kampanya mesajı almak istemediğini söyledi", "aranmasın", "Kesinlikle aranmak istemiyor!!",
    "Mail gönderilmesin", "e-bülten listesinden çıkarıldı", "izin vermedi", "Onayını geri aldı", "opt-out 12.03.2026",
    "Do not call", "DON'T EMAIL", "vazgeçti", "SMS: hayır, arama: hayır", "Listeden ayrıldı", "İYS RET",
    "mesaj atmayınız", "Reklam gelmesin dedi", "bana bir daha SMS göndermeyin", "İPTAL", "rahatsız etmeyin",
    "kampanya SMS'i iptal", "onay yok", "iletişim izni kaldırıldı",
    # Written after the rule:
    "Bizi aramasınlar dedi, çok kızgın", "Tanıtım SMS'lerini durdurun", "telefonla görüşüldü, reklam istemezmiş",
    "Pls remove from mailing list", "He no longer wants emails", "artık mail atmayalım",
    "Kaydının silinmesini talep etti",
    "İYS üzerinden ret vermiş", "Kampanyalardan haberdar olmak istememekte", "e-posta göndermeyi kesin",
    "numaramı silin lütfen", "izni 03.2024'te iptal edilmiş", "listenizden çıkarın", "WhatsApp'tan yazmayın",
    "Müşterinin ticari ileti onayı bulunmamaktadır",
    "SMS izni yoktur", "rızasını çekti", "SMS tercih etmiyor", "gönderim yapılmayacak", "müşteri iptal etti",
    "izni bulunmuyor", "izni çekildi", "onay alınamadı", "rıza göstermedi", "kabul etmemiştir", "muvafakati yok",
    "yasaklı", "bloklu", "sms=0", "sms=0;arama=1", "SMS:H Arama:E", '{"sms":false,"call":true}', "Ret etti",
    "SMS istemedi", "bir daha SMS istemiyor, ret verdi", "kişi kabul etmiyor", "e-posta: hayır", "izin verilmemiştir",
    "Hücre notu:\nAyşe:\niptal etti", "Üstü çizili", "arama izni mevcut değildir", "ileti almayı tercih etmemektedir",
]  # fmt: skip
HARMLESS = [
    "zili çalmasın", "iade iptal edildi", "Fatura reddedildi", "Ayşe Yılmaz", "Ali Korkmaz - SMS gönderildi",
    "Gül Sokak No: 5 D: 3 Kadıköy", "Telefonla arandı, ulaşılamadı", "kapıya bırakmayın", "Telefonu kapalı",
    "VIP müşteri, 2 çocuğu var", "E-posta adresi hatalı, mail geri döndü", "Sipariş SMS ile onaylandı",
    "Otoyol çıkışı, 2. sokak", "Red Bull standı", "Kredi kartı ile ödeme yapıldı", "işten ayrıldı", "",
    # Written after the rule:
    "Aramadan gelmeyin", "Bizi aramasını istedi", "kurye kapıda zile basmasın, telefonla arasın",
    "Sipariş iptali için aradı", "Fatura göndermeyin, e-arşiv yeterli", "Yeni kampanyalardan haberdar olmak istiyor",
    "SMS ile onay verdi", "Durmaz Apt. Retimo Cad. 12/5 İzmir", "çiçek kabul etmedi",
    "WhatsApp'tan yazdı, cevap verildi",
    "SMS ile çekilişe katıldı", "Onay verdi, sonra ulaşılamadı", "Ayşe Yılmaz onay verdi", "Arama: 0 532 123 45 67",
    "Yokuş Sok. SMS ile onaylı", "Mesaj ulaşmadı", "Aramaya cevap vermedi", "Tel: 0 212 555 00 00", "5 bloklu site",
    "izin formu dosyada", "SMS=1", "email: h.can@example.com", "mail: n@example.com",
]  # fmt: skip


@pytest.mark.parametrize("note", REFUSING)
def test_a_note_refuses(note):
    assert refuses(note) and refuses(note.upper()) and refuses(f"12.03.2026 {note}")


@pytest.mark.parametrize("note", HARMLESS)
def test_a_note_speaks_of_something_else(note):
    assert not refuses(note)


def test_a_refusal_at_the_end_of_a_long_note_counts():
    assert refuses("Müşteri memnun. " * 2000 + "SMS istemiyor")


NAMES = [
    "Ayşe Yılmaz (RET)", "Can Er - SMS İSTEMİYOR", "ARAMAYIN! Ece Ak", "Ece Ak ARAMAYIN", "(aboneliği iptal etti) Can",
    "RET - Ayşe", "Ayşe Yılmaz RET", "Ayşe Yılmaz, ret", "Can Er SMS yok", "Can Er [izinsiz]", "Can Er / iptal",
    "Ece Ak e-posta izni yoktur", "Ece Ak iptal etti", "*RET* Ece", "Can Er (mail atmayın)", "RET", "Can Er–ret verdi",
    "Ece Ak do not call",
]  # fmt: skip
SURNAMES = """
    Ret Çıkar Durmaz Yılmaz Solmaz Korkmaz Almaz Vermez Bakmaz Sönmez Dönmez Bilmez Görmez Geçmez Kaçmaz Yatmaz Susmaz
    Eğilmez Bükülmez Yenilmez Çekmez İstemez Aramaz Kesmez Kırılmaz Utanmaz Usanmaz Bıkmaz Doymaz Tükenmez Ölmez Gülmez
    Sevmez Değer Değil Hayır Yok Kapalı Silgi Siler Silmez Kaldırım Keser Engel Engin Yasak İptalci Çekiç Çeker Geri
    Durdu Kalkmaz Atmaz Satmaz Yazmaz Düşmez Şaşmaz Sarsılmaz Yıkılmaz Onay İzin Kabul Red Stop Redif
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_a_refusal(name):
    assert refuses_in_name(name) and not is_address_alone(f"{name} <kisi142@example.com>")
    assert not refuses_in_name("Ece Ak") and is_address_alone("Ece Ak <kisi142@example.com>")


@pytest.mark.parametrize("surname", SURNAMES.split())
def test_a_surname_says_no_refusal(surname):
    for name in ("Ayşe {}", "{} Ayşe", "{}, Ayşe", "Ayşe Yılmaz-{}", "{} İletişim Reklam Ltd. Şti."):
        assert not refuses_in_name(name.format(surname)), name
    assert not refuses_in_name(f"AYŞE NUR {surname.upper()}")


def test_only_the_words_beside_an_address_count():
    for cell in ("ret@example.com", "Ayşe <iptal.etti@example.com>", "0532 123 45 67", "Cep: 0532 123 45 67"):
        assert is_address_alone(cell), cell
    for cell in ("RET<a@example.com>", "a@example.com (RET)", "mailto:a@example.com?subject=unsubscribe", "RET 0532 1"):
        assert not is_address_alone(cell), cell
