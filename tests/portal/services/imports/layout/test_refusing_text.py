"""Notes that refuse, and notes that speak of something else."""

import pytest

from portal.services.imports.layout.refusing_text import refuses

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
]  # fmt: skip


@pytest.mark.parametrize("note", REFUSING)
def test_a_note_refuses(note):
    assert refuses(note) and refuses(note.upper()) and refuses(f"12.03.2026 {note}")


@pytest.mark.parametrize("note", HARMLESS)
def test_a_note_speaks_of_something_else(note):
    assert not refuses(note)


def test_a_refusal_at_the_end_of_a_long_note_counts():
    assert refuses("Müşteri memnun. " * 2000 + "SMS istemiyor")
