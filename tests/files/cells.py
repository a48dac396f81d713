"""Cells as people fill them: telephones, e-mail addresses, dates, channels, words of yes and no."""

from tests.files.people import FRESH, column, numbered, text


def phones() -> bytes:
    """Twelve numbers in spellings that mean one mobile number and nothing else."""
    spellings = (
        "0532 100 00 01", "'05321000002", '="05321000003"', "+9005321000004", "0090 532 100 00 05", "5321000006",
        "+90 (532) 100-00-07", "905321000008.0", "Tel: 0532.100.00.09", "0532\xa0100\xa000\xa010", "٠٥٣٢١٠٠٠٠١١",
        "\u202a+90 532 100 00 12\u202c",
    )  # fmt: skip
    return text([["Cep Telefonu"], *([spelling] for spelling in spellings)]).encode()


def bad_phones() -> bytes:
    """What is no number any more, and what never was one, beside a good one, a landline and two from abroad."""
    return column("Telefon", (
        "0532 100 00 01", "0212 345 67 89", "+49 151 23456789", "+44 20 7946 0958", "5.32E+11", "5,32123E+11",
        "O532 100 00 02", "0532 100 00", "0532 100 00 01 23", "10000000146", "0532 100 00 03 / 0533 100 00 04",
        "444 1 444", "0900 123 45 67", "+532 100 00 05", "bilmiyorum", "-", "#YOK", "0532 100 00 06 dahili 12",
    ))  # fmt: skip


def digits_lost() -> bytes:
    """A column that a spreadsheet rounded from top to bottom."""
    return column("GSM", [f"5,32{digit}E+11" for digit in range(8)])


def e_mails() -> bytes:
    """Spellings that mean one e-mail address."""
    return column("E-posta", (
        "ayse@example.com", "MAILTO:burak@example.com", "Cem Ak <cem@example.com>", " deniz@example.com. ",
        "EBRU@EXAMPLE.COM", "e-posta: fatma@example.com", '"gul@example.com"', "hale\u200b@example.com",
    ))  # fmt: skip


def bad_e_mails() -> bytes:
    """Turkish letters and blanks, which have cures, and what has none."""
    return column("E-posta", (
        "iyi@example.com", "ayşe@example.com", "çağrı@example.com", "İpek@example.com", "ad soyad@example.com",
        "elif @example.com", "elif@ example.com", "ad@example,com", "ad.example.com", "a@b@example.com", "ad@",
        "ad@localhost", "a@x.co; b@x.co", "ad!soyad@example.com",
    ))  # fmt: skip


def cured_twice() -> bytes:
    """Two spellings that are the same address once they are cured."""
    return column("E-posta", ("ayse@example.com", "ayşe@example.com", "ayse @example.com"))


def dates() -> bytes:
    """One day in nine spellings."""
    spellings = (
        FRESH, "24/11/2026", "24 Kasım 2026", "24 Kas 2026 14:02", "2026-11-24T14:02:00", "2026-11-24 14:02:00.000",
        "24-11-26", "46350", "46350,5847",
    )  # fmt: skip
    return numbered(["İzin Tarihi"], ([spelling] for spelling in spellings))


def bad_dates() -> bytes:
    """Month first among days first; days that are none, not yet, too old for İYS, or older than its rules."""
    spellings = (
        FRESH, "13.11.2026", "20.11.2026", "19.11.2026 23:59", "11/24/2026", "11.12.2026", "24.11.2027", "31.02.2026",
        "01.04.2014", "dün", "", "00.00.0000",
    )  # fmt: skip
    return numbered(["İzin Tarihi"], ([spelling] for spelling in spellings))


def month_first() -> bytes:
    """An American program wrote every date."""
    return numbered(["Consent Date"], ([f"11/{day}/2026"] for day in (20, 23, 24)))


def before_2015() -> bytes:
    """Consents from before the law: they have a source and one date of their own."""
    return numbered(["Tarih", "Kaynak"], [
        ["01.05.2015 00:00", "HS_2015"], ["01.05.2015", "HS_2015"], ["03.06.2016", "HS_2015"],
        ["30.04.2015 10:00", "HS_WEB"], ["01.05.2015 00:00", "HS_WEB"],
    ])  # fmt: skip


def date_and_time_apart() -> bytes:
    """The time of day has a column of its own."""
    return numbered(["İzin Tarihi", "Saat"], [["24.11.2026", "14:02"], ["24.11.2026", "9:05:30"], ["24.11.2026", ""]])


def statuses() -> bytes:
    """Every word that people write for yes and no, and some that are neither."""
    yes = ["ONAY", "onaylı", "Onaylandı", "Evet", "E", "1", "TRUE", "izin var", "yes", "✓"]
    no = ["RET", "Ret", "reddetti", "Hayır", "H", "0", "FALSE", "izin yok", "no"]
    return numbered(["İzin Durumu"], ([word] for word in [*yes, *no, "belki", "?", "X", ""]))


def sources() -> bytes:
    """Sources as İYS calls them, as people do, and those that nobody here may write."""
    words = ["HS_WEB", "hs web", "Web", "Islak imza", "Çağrı merkezi", "HS_KARAR", "IYS_WEB", "IYS_CM", "komşudan", ""]
    return numbered(["Kaynak"], ([word] for word in words))


def merchants() -> bytes:
    """Merchants need neither date nor source; people do."""
    return text([
        ["E-posta", "Alıcı Tipi", "Durum", "Tarih", "Kaynak", "Dayanak"],
        ["a@example.com", "TACIR", "ONAY", "", "", "Form"], ["b@example.com", "Tacir", "RET", "", "", ""],
        ["c@example.com", "TACİR", "ONAY", "03.06.2020", "HS_WEB", "Form"],
        ["d@example.com", "BİREYSEL", "ONAY", "", "", "Form"],
        ["e@example.com", "Bireysel", "RET", FRESH, "HS_WEB", ""],
        ["f@example.com", "dernek", "RET", FRESH, "HS_WEB", ""],
    ]).encode()  # fmt: skip


def column_per_channel() -> bytes:
    """A yes or no for each channel; a blank says nothing of it, unless it stands beside a no."""
    return text([
        ["Telefon", "E-posta", "SMS İzni", "Arama İzni", "E-posta İzni", "Tarih"],
        ["0532 100 00 01", "a@example.com", "Evet", "Hayır", "Evet", FRESH],
        ["0532 100 00 02", "b@example.com", "Hayır", "", "", FRESH],
        ["0532 100 00 03", "", "Evet", "Evet", "Evet", FRESH],
        ["0212 345 67 89", "c@example.com", "Evet", "Evet", "Hayır", FRESH],
    ]).encode()  # fmt: skip


def channels_in_a_cell() -> bytes:
    """Several channels in one cell, however they are spelled and parted."""
    return text([
        ["Adres", "Kanal", "Durum"],
        ["0532 100 00 01", "SMS, Arama", "ONAY"], ["0532 100 00 02", "MESAJ+ARAMA", "RET"],
        ["0532 100 00 03", "Sms", "ONAY"], ["a@example.com", "E-Posta", "ONAY"], ["b@example.com", "MESAJ", "ONAY"],
        ["0532 100 00 04", "EPOSTA", "RET"], ["0532 100 00 05", "faks", "ONAY"], ["0532 100 00 06", "hepsi", "ONAY"],
    ]).encode()  # fmt: skip


def iys_spelling() -> bytes:
    """As İYS's own files have it: a line for each key, its own names for columns."""
    return text([
        ["consentDate", "source", "recipient", "recipientType", "status", "type"],
        ["2026-11-24 14:02:00", "HS_WEB", "+905321000001", "BIREYSEL", "ONAY", "MESAJ"],
        ["2026-11-24 14:02:00", "HS_WEB", "+905321000001", "BIREYSEL", "RET", "ARAMA"],
        ["2026-11-24 14:02:00", "HS_CAGRI_MERKEZI", "a@example.com", "BIREYSEL", "RET", "EPOSTA"],
    ], ",").encode()  # fmt: skip


def unexplained() -> bytes:
    """Grants without a word on what proves them, beside a refusal, which needs no proof."""
    return text([
        ["E-posta", "Durum", "Tarih", "Kaynak", "Dayanak"],
        ["a@example.com", "ONAY", FRESH, "HS_WEB", "Sipariş 17"], ["b@example.com", "ONAY", FRESH, "HS_WEB", ""],
        ["c@example.com", "RET", FRESH, "HS_WEB", ""],
    ]).encode()  # fmt: skip


def formulas_as_text() -> bytes:
    """Cells that a spreadsheet would reckon with: harmless in a name, and a telephone may begin with a sign."""
    names = ("=cmd|' /C calc'!A0", "+SUM(1;1)", "-2+3", "@SUM(1)", '=HYPERLINK("http://example.com")')
    phones = ("+905321000001", "=+905321000002", "-05321000003", "+0532 100 00 04", '="05321000005"')
    return text([["Ad Soyad", "Telefon"], *zip(names, phones, strict=True)]).encode()
