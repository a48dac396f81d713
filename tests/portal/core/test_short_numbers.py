"""Short numbers in texts that nobody reviewed."""

from portal.core.short_numbers import find_short_number

NUMBERS = [
    "IADE yazıp 3838'e SMS gönderin", "3838 numaralı hattı arayın", "SIL yazıp 46 07'ye gönderin; ücreti 49 TL'dir",
    "118 80'i arayın", "1585'i arayın", "3838 yıldız tuşlayın", "3838 ayarlayın", "46.07'ye gönderin", "4-6-0-7",
    "38/38", "2058'e gönderin", "2026'ya yazın", "kırk altı sıfır yedi", "➌➑➌➑", "l1880'i arayın", "20.58'e gönderin",
    "5 Mart 2026 3838", "3838, 12.03.2026", "99.99.9999", "SIL 3838", "12.03.2026 14:30 3838", "٣٨٣٨", "3\u200b838",
    "3838 TL'lik hattı arayın", "3838 adet", "%3838'e yazın", "yüzde 3838", "3838 yılında", "3838/24 saat",
    "3838 sayılı hat", "3838 • arayın", "3838 ••", "38 38 TL", "12.03.2026 20.58'e gönderin", "2058 ve 2025'e gönderin",
    "12.03.2026 46.07", "₺3838", "₺38 38'e", "₺38-38", "₺3.838'e gönderin", "3838 sayılı KVKK", "KVKK (3838)",
    "20.58-20.59'a gönderin", "12.03.2026 20.58'den arayın", "12.03.2026 20.58 numaralı hattı arayın",
    "₺3.838'den arayın",
]  # fmt: skip
OTHERS = [
    "12.03.2026 tarihinde", "12.03.2026 14:30", "5 Mart 2026'da saat 14.30'da", "14-15 Mayıs arasında",
    "10, 11 ve 12 Mayıs 2026", "Mart 2026'dan beri", "March 5, 2026", "2026 yılında, 2025'te değil", "%100, yüzde 12,5",
    "1.500 TL ya da 1.500,00 ₺, 49,90 TL", "24-48 saat, 48/72 saat içinde, 10-15 iş günü", "6563 sayılı Kanun",
    "6563 sayılı Elektronik Ticaretin Düzenlenmesi Hakkında Kanun",
    "5•• ••• •• 67 ve +90 5•• ••• •• 67", "+49 1••••••• 23",
    "155'i, 100 kişi, 1.250 kişiye", "Hafta içi 09:00-18:00", "3 iş günü, 30 gün",
    "yirmi dört saat içinde, on beş gün", "7/24, 7/1",
    "12/03/2026 14.30, 12.03.2026 09.15'te, 2026-03-12, 2026-03-12 14:30", "12/03/2026 14.30 tarihinde",
    "2024 ve 2025 yıllarında", "10.00-18.00 arası", "₺1.500, ₺49,90 ve ₺ 1.500,00", "6698 sayılı KVKK, KVKK (6698)",
]  # fmt: skip


def test_a_short_number_is_told_however_it_is_written():
    assert [each for each in NUMBERS if not find_short_number(each)] == []


def test_days_hours_amounts_laws_and_masked_numbers_are_none():
    assert [(each, found) for each in OTHERS if (found := find_short_number(each))] == [("7/24, 7/1", "7/24, 7/1")]
