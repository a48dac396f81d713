"""A column's name says consent only by words that are known: of any other its author explains each word."""

from dataclasses import replace

import pytest

from portal.core.iys_protocol import Channel
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.audience import read_address_list
from portal.services.imports.layout import Field, Layout, guess
from portal.services.imports.layout.consent_names import channels_named, is_unclear, refusal_named, speaks_of_more
from portal.services.imports.row_parser import RowParser
from portal.services.imports.row_results import SLOTS
from portal.services.imports.row_values import STATUSES
from portal.services.imports.unknown_words import unknown_words
from tests.portal.services.imports.layout.test_office_headers import HEADERS, MAILS, OF_STATES, PHONES, REFUSING
from tests.portal.services.imports.test_no_cell_lost import FACTS, NOW
from tests.portal.services.imports.test_not_understood import examine

# What shops, CRMs, offices and forms write.
CLEAR = """
Accepts Email Marketing|Accepts SMS Marketing|Accepts Marketing|accepts_marketing|Email Marketing Consent|
SMS Marketing Consent|Email Opt In|email_opt_in|Email Opt-in Status|SMS Opt-in|Marketing Opt-in|Newsletter|
Newsletter Subscription|Email Subscription Status|SMS Subscription Status|E-posta Abonelik Durumu|
SMS Abonelik Durumu|Pazarlama E-postası Onayı|MailIzinli|SmsIzinli|Üye Mail İzni|Kampanya Mail İzni|E-Posta İzni|
SMS İzni|Telefon ile bilgilendirme izni|SMS Bilgilendirme|Mail Bilgilendirme|E-bülten Üyeliği|Haber Bülteni|
SMS Üyeliği|Ticari elektronik ileti gönderilsin mi|SMS Gönderilsin|E-Mail Gönderilebilir|SMS_IZNI|EMAIL_GONDERILSIN|
SMS_GONDER|AllowSMS|Receive SMS|smsizni|emailoptin|Kampanya ve duyurulardan SMS ile haberdar olmak ister misiniz?|
Kampanyalardan haberdar olmak ister mi?|Tarafıma ticari elektronik ileti gönderilmesini kabul ediyorum|
Bana e-posta ile ulaşabilirsiniz|I want to receive newsletters|I agree to receive marketing emails|
Would you like to receive our newsletter?|Kampanyalar hakkında SMS almak ister misiniz?|Durum|Status|İzin|Onay|
İzin Durumu|İYS Durumu|İYS SMS İzni|IYS_ONAY|Ticari İleti Onayı|İletişim İzni|Müşteri SMS Onayı|SMS ve e-posta izni|
SMS izni verildi mi?|Onay verdi mi|Arama onayı alındı mı|Web sitesi SMS izni|Mağaza SMS izni|
SMS gönderme izni (E/H)|Elektronik posta izni|Elektronik postayla haberdar olmak istiyorum|
Kısa mesaj almak istiyorum|Telefonla aranmak istiyorum|Sizi arayabilir miyiz?|SMS (E/H)|Arama [E/H]|
E-posta|SMS|İzinli|Rıza|ETK Onayı|Sms Permission|Call Permission|emailPermissionStatus|SMS Onay/Ret|İzin (Var/Yok)|
Email Preferences|Phone Consent|Voice Call Consent|consent|permission|SMS kabul ediyor|Aransın mı|Mesaj alsın mı|
Mail atılsın mı|Bülten almak istiyorum|İndirim ve fırsatlardan e-posta ile haberdar olmak istiyorum|
Contact permission|Send me newsletters|Yes, I want to receive emails|Kampanyalarımızdan haberdar olmak ister misiniz?|
Telefonla aranmayı kabul ediyorum|Tarafıma SMS gönderilmesini onaylıyorum|Ticari Elektronik İleti İzni|
Benimle iletişime geçilmesini kabul ediyorum|
Müşteri arama|Beni arama izni|Müşteriyi arama onayı|Müşteri SMS bilgilendirme|Ticari arama|
Sesli arama|SMS - E-posta izni|SMS - (E/H)|smsMarketingConsent|marketing_opt_in|sms_permission|SMS onay (1/0)|
PAZARLAMA_IZIN_FLAG|SMS_IZIN_FLAG|EMAIL_YN|SMS_EH|İleti Yönetim Sistemi Onayı
"""
# Of ends in words that no list would have, and of other things.
NO_CONSENTS = """
Abonelikten ayrıldı|Left newsletter|SMS off|E-posta listesinden düştü|SMS sonlandı|Mail almayı bıraktı|
Newsletter leaver|Gone from SMS|SMS'ten ayrıldı|Bültenden ayrılan|Mail listesinden silindi|SMS'e kapattı|
SMS durdurma talebi|Newsletter dropped|Quit SMS|SMS ended|Ex-subscriber email|No longer wants SMS|SMS muted|
Mute calls|Silence SMS|Mail bırakıldı|Arama dursun|Arama son|SMS dışı|SMS hariç|Former newsletter reader|
Email lapsed|SMS paused|SMS askıda|İzin askıya alındı|İzni düştü|Onay geçersiz|Eski SMS izni|SMS izni süresi doldu|
Consent expired|Consent void|Permission lost|Aramadan muaf|SMS gönderildi|Mail okundu|SMS iletilemedi|
E-posta adresi var|E-posta var|Telefon doğrulandı|SMS kodu doğrulandı|Kargo SMS bildirimi|WhatsApp izni|
Push bildirim izni|Sipariş onayı|Üyelik onayı|Sözleşme onayı|SMS gönderim durumu|Talep|Üyelik durumu|
Kampanya durumu|SMS gönderme (E/H)|Mail atma|Opt-in pending|Onay bekliyor|SMS izni sorulacak|SMS alındı|
Arama yapıldı|İzinsizlerden SMS|Onaydan çıktı|Bülten aboneliğinden ayrılanlar|SMS aboneliği donduruldu|
Email goodbye|Farewell newsletter|Opted away from calls|SMS kara listede|Aramalardan rahatsız|
Mail aboneliği kesildi|SMS gelmesi istenmiyor|SMS'lerden kurtulmak istiyor|Telefon görüşmesi yapıldı|E-bülten terk|
Newsletter churned|SMS unwilling|Never call|Arama kapatıldı|Duyurulardan çıkmak istiyor|
Kampanyalardan haberdar olmak istemez|Mail alımı sonlandırıldı|SMS almaktan vazgeçti|SMS permission gone|
Onayını geri istedi|İzinden döndü|Rızasını çekti|Mail kotası doldu|E-posta spam bildirdi|Email complained|
SMS hakkı bitti|Consent missing|Permission pending|Abonelik dışı|SMS pass|Aramasın|Artık aramayın|SMS almasın|
Consent given up|
SMS out|SMS no|smsret|nosms|SMS'siz|SMS izin (ret)|SMS izin (iptal)|SMS iptal onay (E/H)|İzin (yok)|İzin verme SMS|
SMS -|SMS –|- SMS|SMS izni -|
Mail alma|SMS ❌|🚫 SMS|!SMS|¬SMS|SMS ≠|Silinmek istiyor|Telefon onaylandı|E-posta onaylı|Has email|
E-posta bilgisi|Evet/Hayır|Müşteri|Üye mi|
Beni arama|Müşteriyi arama|Müşterileri arama|Bizi arama|Kişiyi arama|Kişileri arama|Beni telefonla arama|Arama beni|
Kampanya için beni arama|Onları arama|SMS ile beni bilgilendirme|Müşterilerimizi arama (E/H)
"""
# Columns of hotels, clinics and dealers.
HARMLESS = """
Guest Name;Can Er|Nationality;TR|Room;204|Doktor;Dr. Ali Can|Hekim;Uzm. Dr. Elif Kaya|Mükellef Adı;Yıldız Ltd. Şti.|
Username;can.er|Lead Name;Can Er|Varış tarihi;12.11.2026
"""
GRANTS = ("E", "evet", "1", "Yes", "true", "var", "aktif", "ONAY", "Onaylandı", "+")


def names(text):
    return [name.strip() for name in text.split("|")]


def parser_of(name, layout):
    return RowParser(layout, at=NOW, header_line=1, header=["CEP", "MAIL", name])


def line_of(cell):
    return 2, ["0532 123 45 67", "ayse@example.com", cell]


def statuses(parser, cell):
    """{channel: status, or what is wrong} of a line with this cell."""
    found = parser.parse(line_of(cell))
    return {SLOTS[slot]: str(what.status if isinstance(what, Entry) else what) for slot, what in found}


def by_hand(field, **more):
    columns = {Field.PHONE: 0, Field.EMAIL: 1, field: 2}
    return Layout(columns=columns, channels=tuple(Channel), **{**FACTS, **more})


def guessed(name, cells):
    lines = [
        (line, [phone, mail, cell])
        for line, (phone, mail, cell) in enumerate(zip(PHONES, MAILS, cells, strict=True), 2)
    ]
    return replace(by_hand(Field.STATUS), columns=guess(["CEP", "MAIL", name], lines).columns)


@pytest.mark.parametrize("name", names(NO_CONSENTS))
def test_no_yes_is_read_under_a_name_with_an_unknown_word(name):
    layouts = [guessed(name, ["E", "H"] * 10), guessed(name, ["Onaylandı", "Ret"] * 10), *map(by_hand, STATUSES)]

    for parser in (parser_of(name, layout) for layout in layouts):
        assert not [cell for cell in GRANTS if "ONAY" in statuses(parser, cell).values()]


@pytest.mark.parametrize("name", [*names(CLEAR), *(name for name in HEADERS if name not in REFUSING | OF_STATES)])
def test_what_offices_write_needs_no_explanation(name):
    assert refusal_named(name) is None and not is_unclear(name)
    assert "ONAY" in statuses(parser_of(name, guessed(name, ["ONAY", "RET"] * 10)), "ONAY").values()
    assert {"ONAY"} <= set(statuses(parser_of(name, by_hand(Field.STATUS)), "E").values()) <= {"ONAY", "status_missing"}


@pytest.mark.parametrize("column", names(HARMLESS))
def test_usual_columns_of_hotels_clinics_and_dealers_are_not_asked_about(column):
    name, cell = column.split(";")
    content = "".join(f"0532 700 0{n} 11;{said};ONAY\n" for n, said in enumerate(["İstemiyor", cell, cell]))

    columns = examine(f"Telefon;{name};SMS izni\n{content}".encode(), channels=(Channel.SMS,)).unread.columns

    assert [(each.header, each.strange) for each in columns] == [(name, 1)]


def test_a_word_is_explained_for_its_column_alone():
    header, columns = ["CEP", "SMS off", "Arama izni"], {Field.PHONE: 0, Field.STATUS_SMS: 1, Field.STATUS_CALL: 2}
    words = {"SMS off: E": "RET", "SMS off: H": "ONAY"}

    def said(sms, call, **more):
        layout = Layout(columns=columns, channels=(), **FACTS, **more)
        parser, line = RowParser(layout, at=NOW, header_line=1, header=header), (2, ["0532 123 45 67", sms, call])
        found = [str(what.status if isinstance(what, Entry) else what) for _, what in parser.parse(line)]
        return found, unknown_words([line], parser)

    assert said("E", "E") == (["status_unknown"] * 2, {"status": {"SMS off: E": 1}})
    assert said("H", "H") == (["status_unknown", "RET"], {"status": {"SMS off: H": 1}})
    assert said("belki", "") == (["status_unknown"], {"status": {"SMS off: belki": 1}})
    assert said("RET", "E") == (["RET", "ONAY"], {})
    assert said("E", "E", words={"status": words}) == (["RET", "ONAY"], {})
    assert said("h", "H", words={"status": words}) == (["ONAY", "RET"], {})
    assert said("E", "E", words={"status": {"SMS off: E": ""}}) == (["ONAY"], {})
    assert said("E", "E", words={"status": {"e": "ONAY"}})[0] == ["status_unknown"] * 2


def test_the_words_of_long_names_can_be_explained():
    name = f"Şubelerimizde {'daima ' * 20}geçerli olmak üzere SMS gönderilsin mi"
    asked = unknown_words([line_of("Evet")], parser_of(name, by_hand(Field.STATUS_SMS)))["status"]
    told = by_hand(Field.STATUS_SMS, words={"status": dict.fromkeys(asked, "ONAY")})

    assert [len(each) for each in asked] == [87]
    assert statuses(parser_of(name, told), "Evet")[Channel.SMS] == "ONAY"


def test_a_clear_name_goes_before_an_unclear_one_whatever_they_hold():
    lines = [(line, [phone, "E", "" if line % 3 else "belki"]) for line, phone in enumerate(PHONES, 2)]

    assert guess(["CEP", "SMS off", "SMS izni"], lines).columns == {Field.PHONE: 0, Field.STATUS_SMS: 2}


def test_whom_an_unclear_column_may_say_no_of_is_not_asked():
    found = read_address_list("Telefon;SMS off\n0532 123 45 67;\n0533 234 56 78;E\n0534 234 56 78;H\n")

    assert ([row[0] for row in found.refused], [row[0] for row in found.good]) == ([3, 4], [2])


@pytest.mark.parametrize("name", ["Durum", "Status", "DURUMU"])
def test_states_of_sales_are_named_and_leave_nobody_out_of_a_list(name):
    def listed(text):
        return read_address_list("".join(f"{line}\n" for line in text.split("|")))

    people = f"Telefon;{name}|0532 700 01 11;Sıcak|0532 700 02 11;Soğuk"
    known = f"{people}|0532 700 03 11;Pasif|0532 700 04 11;Aktif"
    states, noted, mixed = map(listed, (people, f"{people}|0532 700 03 11;RET istedi", known))
    beside = listed(f"Telefon;SMS izni;{name}|0532 700 01 11;E;Sıcak|0532 700 02 11;H;Soğuk")

    below = listed(f"Telefon;{name}|0532 700 01 11;Bloke|0532 700 02 11;|0532 700 03 11;Yeni")

    orders = listed(f"{people}|0532 700 03 11;Kargoda|0532 700 04 11;İptal edildi|0532 700 05 11;Teslim edildi")

    assert not below.good
    assert ([line for line, _, _ in orders.refused], len(orders.unread)) == ([5], 1)
    assert ([line for line, _ in states.good], [mark.text for mark in states.unread]) == ([2, 3], [name])
    assert ([line for line, _, _ in noted.refused], len(noted.unread)) == ([4], 1)
    assert [line for line, _, _ in mixed.refused] == [4]
    assert ([line for line, _ in beside.good], len(beside.unread)) == ([2], 1)


@pytest.mark.parametrize("name", ["Abonelikten çıktı", "Telefon ve diğer yollarla aranmasın", "SMS istemiyor (güncel)"])
def test_a_no_to_a_further_refusal_leaves_nobody_out(name):
    cells = "Hayır", "0", "", "Evet", "1", "RET", "belki"
    lines = [f"0532 700 0{n} 11;Evet;Evet;{cell}" for n, cell in enumerate(cells)]

    found = read_address_list("\n".join((f"Telefon;Ticari ileti izni;SMS istiyor;{name}", *lines)))

    assert ([line for line, _ in found.good], [mark.text for mark in found.unread]) == ([2, 3, 4], [name])


def test_guests_who_came_and_left_are_asked_once_somebody_vouches():
    """Of a hotel; one who left alone ("Çıkış tarihi") may have left the list."""
    days = ["10.11.2026;12.11.2026", "13.11.2026;14.11.2026", "13.11.2026;"]
    guests = [f"0532 700 0{n} 11;{each}" for n, each in enumerate(days)]

    stays, bare, some, ends = (
        read_address_list("\n".join((f"Telefon;{header}", *lines)))
        for header, lines in (
            ("Giriş tarihi;Çıkış tarihi", guests[:2]), ("Giriş;Çıkış", guests[:2]),
            ("Giriş tarihi;Çıkış tarihi", guests), ("Kayıt tarihi;Çıkış tarihi", guests[:2]),
        )
    )  # fmt: skip

    assert ([line for line, _ in stays.good], [mark.text for mark in stays.unread]) == ([2, 3], ["Çıkış tarihi"])
    assert ([line for line, _ in bare.good], [mark.text for mark in bare.unread]) == ([2, 3], ["Çıkış"])
    assert ([line for line, _ in some.good], ends.good) == ([4], [])


# Of one channel and of more; and of all but one.
OF_MORE = """
Bülten ve kampanyalardan haberdar olmak istiyorum|Kampanya ve bülten izni|Kampanya, duyuru ve bülten almak istiyorum|
E-bülten aboneliği ve ticari ileti onayı|Newsletter / marketing consent|Duyuru ve mailing izni|İleti ve arama izni|
SMS ve kampanya bildirimleri almak istiyorum|Ticari elektronik mesaj izni|Pazarlama mesajları almak istiyor|
Bülten ve kampanya iletisi almak istemiyorum|Reklam ve e-posta istemiyor|SMS vb. istemiyor|
SMS ve diğer iletileri istemiyor|SMS dahil hiçbir ileti istemiyor|E-posta dahil tüm kanallardan çıktı|
Pazarlama aramaları ve iletileri istemiyor|E-posta aboneliğinden ve tüm listelerden çıktı|
Newsletter & promos opt out|Unsubscribed from newsletter and marketing|Email and other marketing opt-out|
Opted out of newsletter and all communications|Do not email or contact|
Telefon ve diğer yollarla aranmasın|Telefonla veya başka bir yolla aranmasın|Hiçbir şekilde aranmasın|
Telefon/diğer aranmasın|Do not contact (email)|İletişim istemiyor (SMS)|
Unsubscribe by email or any other means
"""
# By this channel, though they speak of more.
OF_THIS_WAY = """
SMS ile ticari ileti istemiyor|E-posta yoluyla iletişim kurulmasın|Do not contact by email|Kampanya istemiyor (SMS)|
Arama ile kampanya istemiyor|Tüm telefon aramalarını reddediyor|Unsubscribed (email)
"""
ALL_BUT = """
E-posta dışında bilgilendirilmek istemiyorum|SMS dışında iletişim kurulmasın|SMS'ten başka kanal istemiyorum|
Do not contact except by email|SMS hariç istemiyor
"""


@pytest.mark.parametrize("name", names(OF_MORE))
def test_a_no_under_a_name_of_more_than_a_channel_is_one_to_all(name):
    layout, no = replace(guessed(name, ["E", "H"] * 10), channels=()), "E" if refusal_named(name) else "H"
    lines = "".join(f"0532 700 0{n} 11;a{n}@example.com;{'EH'[n % 2]}\n" for n in range(4))

    asked = read_address_list(f"CEP;MAIL;{name}\n{lines}").good

    assert set(layout.columns) - {Field.PHONE, Field.EMAIL} < {*STATUSES}
    assert statuses(parser_of(name, layout), no) == dict.fromkeys(Channel, "RET")
    assert [line for line, _ in asked] == ([3, 3, 5, 5] if no == "E" else [2, 2, 4, 4])


@pytest.mark.parametrize("name", names(OF_THIS_WAY))
def test_a_refusal_by_one_way_is_of_its_channel(name):
    parser = parser_of(name, replace(guessed(name, ["E", "H"] * 10), channels=()))

    assert list(statuses(parser, "E").values()) == ["RET"]


def test_where_each_channel_has_a_column_of_its_own_no_other_one_speaks_of_it():
    header, lines = "CEP;MAIL;Do not contact (SMS);Do not contact (phone);Do not contact (email)", "E;H;H|H;H;E"
    cells = [f"0532 700 0{n} 11;a{n}@example.com;{line}" for n, line in enumerate(lines.split("|"))]

    found = examine("\n".join((header, *cells)).encode(), channels=tuple(Channel)).results

    assert [str(getattr(what, "status", what)) for _, _, what in found] == [
        "RET", "not_refused", "not_refused", "not_refused", "not_refused", "RET",
    ]  # fmt: skip


def test_beside_a_yes_of_another_column_such_a_no_is_unclear():
    header = ["CEP", "MAIL", "İleti ve arama izni", "SMS izni"]
    columns = {Field.PHONE: 0, Field.EMAIL: 1, Field.STATUS_CALL: 2, Field.STATUS_SMS: 3}
    parser = RowParser(Layout(columns=columns, channels=(), **FACTS), at=NOW, header_line=1, header=header)

    found = dict(parser.parse((2, ["0532 123 45 67", "a@example.com", "H", "E"])))

    said = {SLOTS[slot]: str(getattr(what, "status", what)) for slot, what in found.items()}
    assert said == {Channel.SMS: "status_unknown", Channel.CALL: "RET", Channel.EMAIL: "RET"}


@pytest.mark.parametrize("name", [*names(ALL_BUT), "Sadece e-posta", "Only email"])
def test_of_a_name_of_all_but_one_channel_nobody_tells_who_refuses(name):
    found = read_address_list(f"CEP;MAIL;{name}\n0532 123 45 67;a@example.com;E\n")

    assert is_unclear(name)
    assert found.unread or not found.good


@pytest.mark.parametrize("name", names(CLEAR))
def test_usual_names_of_a_channel_speak_of_no_more(name):
    assert not (channels_named(name) and speaks_of_more(name))


@pytest.mark.parametrize("name", ["GSM izni", "Cep izni", "Mobil izin", "Tel onay"])
def test_a_no_to_the_number_is_one_to_messages(name):
    content = f"GSM;Durum;{name}\n0532 700 02 11;ONAY;Hayır\n"

    found, calls, alone = (
        [str(getattr(what, "status", what)) for _, _, what in examine(each.encode(), channels=channels).results]
        for each, channels in (
            (content, (Channel.SMS,)),
            (content.replace(name, "Arama"), (Channel.SMS,)),
            (f"GSM;{name}\n0532 700 02 11;Hayır\n", (Channel.CALL,)),
        )
    )

    assert (found, calls, alone) == (["status_unknown", "RET"], ["ONAY", "RET"], ["RET", "RET"])
