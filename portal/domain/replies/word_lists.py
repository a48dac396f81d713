"""Words of replies by what they say, in Turkish capitals. Those without another origin are our own judgement."""

# Refusals as a whole reply; in a longer one a person decides. RET is the word of İYS and all vendors, İPTAL a Turkish
# habit of SMS; the English ones stand in the lists of AWS, Telnyx, Braze and Twilio.
STRONG = [
    "RET", "İPTAL", "STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT", "REMOVE", "İSTEMİYORUM", "İSTEMEM", "REDDEDİYORUM",
]  # fmt: skip

# Refusals as a whole reply only: in a longer one they are a colour, a number, the end of something. RED is seen with a
# vendor in place of RET; END, CANCEL, QUIT, ARRET and TD are of the English lists.
ALONE = ["RED", "END", "CANCEL", "QUIT", "ARRET", "TD", "ÇIK", "ÇIKIŞ", "DUR", "DURDUR", "HAYIR", "NO"]

# Beginnings of words that negate, and whole words that do: a longer reply with one of them may refuse.
NEGATIONS = [
    "İSTEMİ", "İSTEMEZ", "İSTEMEY", "İSTEMEDİ", "REDDED", "REDDET", "ONAYLAMI", "ONAYLAMA", "ETMİYOR", "VERMİYOR",
    "DEĞİL", "GÖNDERME", "GÖNDERİLME", "ATMAY", "ARAMAY", "YAZMAY", "ALMIYOR", "ALMAYACA", "VAZGEÇ", "RAHATSIZ",
    "ÇIKAR", "ÇIKMAK", "SİLİNİZ", "SİLİNSİN", "REDET", "ÇEKİYORUM", "ÇEKTİM",
]  # fmt: skip
NEGATIVE = ["RETT", "SİL", "SİLİN", "ATMA", "ETMEM", "VERMEM", "VERMEDİM", "SPAM", "YETER", "DONT"]

# These say nothing beside a refusal.
FILLERS = [
    "SMS", "MESAJ", "MESAJI", "MESAJLARI", "REKLAM", "REKLAMLARI", "LÜTFEN", "BENİ", "LİSTEDEN", "ARTIK", "BU", "TÜM",
    "EDİYORUM", "EDİN", "ET", "ALMAK", "PLEASE", "ALL", "ME", "TEŞEKKÜRLER", "TEŞEKKÜR", "EDERİM", "THANKS",
]  # fmt: skip

# These answer anything, or end it: no refusal, no consent, and nobody's name.
ANSWERS = ["TAMAM", "OK", "PEKİ", "OLUR", "YES", "START", "SON"]

# What people ask about in a reply, and the words of such a question. With nothing else beside them they refuse nothing.
ORDERS = [
    "SİPARİŞ", "SİPARİŞİM", "SİPARİŞİMİZ", "SİPARİŞLERİM", "KARGO", "KARGOM", "KARGOMUZ", "PAKETİM", "ÜRÜNÜM",
    "TESLİMAT", "TESLİMATIM", "FATURA", "FATURAM", "RANDEVU", "RANDEVUM",
]  # fmt: skip
ASKING = [
    "NEREDE", "NERDE", "NE", "ZAMAN", "NASIL", "HANGİ", "KAÇ", "GÜN", "GÜNDE", "SAAT", "SAATTE", "GELİR", "GELECEK",
    "GELİYOR", "GELDİ", "GELMEDİ", "ULAŞIR", "VAR", "Mİ", "MU", "BENİM", "ACABA", "MERHABA", "MERHABALAR",
    "SELAM", "İYİ", "GÜNLER", "AKŞAMLAR", "GÜNAYDIN", "KOLAY", "GELSİN", "LÜTFEN",
]  # fmt: skip

# With these people begin, or call what they got: no refusal, and nobody's name.
OPENINGS = [
    "MERHABA", "MERHABALAR", "SELAM", "SELAMLAR", "SELAMÜN", "ALEYKÜM", "ALO", "İYİ", "GÜNLER", "AKŞAMLAR", "GECELER",
    "ÇALIŞMALAR", "GÜNAYDIN", "KOLAY", "GELSİN", "HELLO", "HI", "DEAR", "SAYIN", "DEĞERLİ", "SEVGİLİ", "YETKİLİ",
    "BEYEFENDİ", "HANIMEFENDİ", "EFENDİM", "BEY", "HANIM", "ARKADAŞLAR", "KARDEŞİM", "BEN", "BENİM", "BANA", "BENDEN",
    "BİZ", "BİZİM", "BİZE", "BİZİ", "BİZDEN", "SİZ", "SİZİN", "SİZE", "SİZİ", "SİZDEN", "BUNDAN", "BUNU", "BUNLAR",
    "BUNLARI", "BUNLARDAN", "BURADAN", "BÖYLE", "BUGÜN", "SONRA", "BİR", "DAHA", "HİÇ", "HİÇBİR", "HEMEN", "ŞİMDİ",
    "ACİL", "ACİLEN", "DERHAL", "KESİNLİKLE", "ZATEN", "HALA", "NEDEN", "NİYE", "RİCA", "EDERSENİZ", "SEVİNİRİM",
    "MESAJLAR", "SMSLER", "SMSLERİ", "REKLAMLAR", "İLETİ", "İLETİLER", "İLETİLERİ", "BİLDİRİM", "BİLDİRİMLER",
    "KAMPANYA", "KAMPANYALAR", "KAMPANYALARI", "TANITIM", "DUYURU", "NUMARAMI", "TELEFONUMU", "ARAMA", "ARAMALAR",
    "ARAMALARI",
]  # fmt: skip

# Beginnings of words about calls, of words about everything, and of words about messages: who says "all messages" means
# no calls. STOPALL and STOP ALL, the words of SMS, are of neither.
CALLS = ["ARAMA", "ARANM", "ARAYI", "ARIYO", "ARATM", "ARARSA", "ARADI", "ÇAĞRILA", "CALL"]
EVERYTHING = [
    "HEP", "TÜM", "BÜTÜN", "HİÇBİR", "RAHAT", "İLETİŞİM", "ULAŞ", "NUMARAM", "TELEFONUM", "KAYDIM", "KVKK", "EVERY",
    "CONTACT",
]  # fmt: skip
MESSAGES = ["SMS", "MESAJ", "MSJ", "MESSAGE", "TEXT"]

# ONAY is İYS's word, EVET that of operators.
CONSENTS = ["ONAY", "EVET", "KABUL", "ONAYLIYORUM", "KABUL EDİYORUM", "ONAY VERİYORUM"]

SPELLINGS = {"OPT OUT": "OPTOUT", "DON T": "DONT"}
