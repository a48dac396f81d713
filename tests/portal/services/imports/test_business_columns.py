"""Columns about a state, a request or business, whose words are no consents and no refusals until a person says so."""

from dataclasses import replace

import pytest

from portal.core.iys_protocol import Channel
from portal.services.imports.audience import read_address_list
from portal.services.imports.layout import Field, guess
from portal.services.imports.layout.consent_names import is_unclear
from portal.services.imports.unknown_words import unknown_words
from tests.portal.services.imports.layout.test_office_headers import PHONES
from tests.portal.services.imports.test_not_understood import examine
from tests.portal.services.imports.test_unclear_names import by_hand, guessed, line_of, names, parser_of, statuses

# Of a line, a mailbox, a delivery or a call.
STATES = """
Telefon durumu|Cep telefonu durumu|GSM durumu|Phone status|Arama durumu|Çağrı durumu|E-posta durumu|Mail durumu|
Email status|Mesaj durumu|SMS status|SMS durumu|SMS bildirim durumu|SMS marketing status|SMS durumu (1/0)|
SMS ve arama durumu
"""
# Of a request for a consent, or of the message that confirms one.
REQUESTS = """
SMS onay isteği|SMS izni istek durumu|SMS onay gönderimi|Onay SMS gönderimi|Onay mesajı|Onay mesajı durumu|Onay maili|
Onay SMS'i|İzin SMS'leri|Onay araması|SMS onayı için arama|SMS onay bildirimi|SMS izni istedi
"""
OF_ANY_STATE = (
    "Aktif|Pasif|Açık|Kapalı|OK|Tamam|1|0|Evet|Hayır|Var|Yok|active|inactive|Reddedildi|İptal edildi|Evet, aktif"
)
# Of goods, offers, subscriptions and wishes of anything.
BUSINESS = """
Ürün alıyor|Hizmet alıyor|Hizmet alan|Kampanya ürünü alan|Teklif istedi|Teklif istiyor|Ürün istiyor|
Hizmet almak istiyor|Teklif durumu|Abonelik|Abonelik durumu|Abone|Subscription status|Is Subscribed|Subscriber|İstek|
İstek durumu|İstiyor|Hizmet onayı|Teklif onayı|Abonelik onayı|İzin isteği|Onay bildirimi|Ürün istemiyor|
Hizmet almıyor|Sipariş durumu
"""
CONSENTS = """
Onay SMS|İzin Mesaj|SMS gönderim izni|SMS onayı|SMS Abonelik Durumu|SMS izin durumu|SMS tercihi|İYS SMS durumu|
E-bülten aboneliği|Kampanya izni|Ürün ve hizmet tanıtımlarına izin|İndirimlerden haberdar olmak istiyorum|
Haber almak istiyor|SMS ile ürün ve hizmetlerden haberdar olmak istiyorum|Alsın mı?|Gönderim izni
"""


@pytest.mark.parametrize("name", [*names(STATES), *names(REQUESTS)])
def test_words_of_any_state_say_nothing_until_a_person_explains_them(name):
    layout = guessed(name, ["Aktif", "Pasif"] * 10)
    for cell in OF_ANY_STATE.split("|"):
        asked = unknown_words([line_of(cell)], parser := parser_of(name, layout))
        told = replace(layout, words={"status": dict.fromkeys(asked["status"], "ONAY")})

        assert asked == {"status": {f"{name}: {cell}": 1}}
        assert {"ONAY", "RET"}.isdisjoint(statuses(parser, cell).values())
        assert "ONAY" in statuses(parser_of(name, told), cell).values()


@pytest.mark.parametrize("name", ["Durum", "DURUMU", "Status"])
def test_a_bare_state_is_asked_where_it_may_be_an_accounts(name):
    parser = parser_of(name, guessed(name, ["ONAY", "RET"] * 10))

    for cell in ("Aktif", "Pasif", "inactive", "Açık", "Kapalı", "OK"):
        assert unknown_words([line_of(cell)], parser) == {"status": {f"{name}: {cell}": 1}}
    for cell, said in {"ONAY": "ONAY", "Evet": "ONAY", "1": "ONAY", "RET": "RET", "Hayır": "RET", "0": "RET"}.items():
        assert said in statuses(parser, cell).values()


@pytest.mark.parametrize("name", [*names(STATES), *names(REQUESTS)])
def test_a_word_that_speaks_of_a_consent_counts_beside_any_state(name):
    parser = parser_of(name, guessed(name, ["ONAY", "RET"] * 10))

    for cell in ("RET", "İzinsiz", "İstemiyor", "opt-out"):
        assert "RET" in statuses(parser, cell).values()
    for cell in ("ONAY", "İzinli", "opt-in") if name in names(STATES) and not is_unclear(name) else ():
        assert "ONAY" in statuses(parser, cell).values()


def test_of_an_address_whatever_says_that_it_was_verified_is_no_consent():
    found = {name: statuses(parser_of(name, guessed(name, ["Onaylı", "Onaysız"] * 10)), "Onaylı")
             for name in ("E-posta durumu", "Telefon durumu", "SMS durumu", "Arama durumu")}  # fmt: skip

    assert [name for name, said in found.items() if "ONAY" in said.values()] == ["SMS durumu", "Arama durumu"]


@pytest.mark.parametrize("name", names(CONSENTS))
def test_consents_are_read_as_before(name):
    parser = parser_of(name, guessed(name, ["Evet", "Hayır"] * 10))

    assert "ONAY" in statuses(parser, "Evet").values() and "RET" in statuses(parser, "Hayır").values()


@pytest.mark.parametrize("name", names(BUSINESS))
@pytest.mark.parametrize("said", ["Evet;Hayır", "Aktif;Pasif", "Onaylandı;Reddedildi"])
def test_a_column_of_business_is_named_and_no_general_status(name, said):
    yes, no = said.split(";")
    header = f"Telefon;E-posta;SMS izni;Arama izni;E-posta izni;{name}"
    lines = [f"0532 700 0{n} 11;a{n}@example.com;{'Evet;' * 3 if n % 2 else 'Hayır;' * 3}{no if n % 2 else yes}"
             for n in range(6)]  # fmt: skip

    found = examine("\n".join((header, *lines)).encode(), channels=tuple(Channel))

    refused = [line for _, line, what in found.results if str(getattr(what, "status", what)) == "RET"]
    granted = [line for _, line, what in found.results if str(getattr(what, "status", what)) == "ONAY"]
    assert refused == sorted([2, 4, 6] * 3)
    assert {*granted} <= {3, 5, 7}
    assert [(each.header, each.strange) for each in found.unread.columns] == [(name, 6)]
    assert Field.STATUS not in guess(["Telefon", name], [(n, [PHONES[n], yes]) for n in range(2, 9)]).columns


@pytest.mark.parametrize("name", names(BUSINESS))
def test_where_a_person_chose_a_column_of_business_each_yes_and_no_is_asked(name):
    parser = parser_of(name, by_hand(Field.STATUS))

    assert is_unclear(name)
    for cell in ("Evet", "Hayır", "Var", "Yok", "Aktif", "Pasif"):
        assert {*statuses(parser, cell).values()} == {"status_unknown"}


@pytest.mark.parametrize("name", ["Arayın", "Beni arayın", "Arasın", "Arasınlar mı?", "Kampanyalar için arayın"])
def test_who_asks_to_be_called_is_called_only(name):
    parser = parser_of(name, replace(guessed(name, ["Evet", "Hayır"] * 10), channels=()))

    assert statuses(parser, "Evet").keys() == statuses(parser, "Hayır").keys() == {Channel.CALL}


@pytest.mark.parametrize("name", ["Telefon durumu", "SMS status", "E-posta durumu"])
def test_a_list_leaves_out_whom_a_state_may_refuse_and_names_the_column(name):
    lines = [f"0532 700 0{n} 11;{each}" for n, each in enumerate(["Aktif", "Pasif", "Doğrulandı", "Kapalı", "Aktif"])]

    found = read_address_list("\n".join((f"Telefon;{name}", *lines)))

    assert ([line for line, _ in found.good], [mark.text for mark in found.unread]) == ([2, 4, 6], [name])


@pytest.mark.parametrize("name", names("Subscribed|Is Subscribed|Abonelik|Abonelik durumu|Fırsat izni|Ürün alıyor"))
@pytest.mark.parametrize("no", ["Hayır", "Pasif", "Ayrıldı", "Engellendi", "0"])
def test_whom_a_column_of_business_may_refuse_is_left_out_of_a_list(name, no):
    lines = [f"0532 700 0{each} 11;{no if each == 3 else 'Evet'}\n" for each in range(6)]

    assert [line for line, _ in read_address_list(f"Telefon;{name}\n{''.join(lines)}").good] == [2, 3, 4, 6, 7]


@pytest.mark.parametrize(
    "name", names("Fırsat izni|İndirim izni|Etkinlik izni|Kampanya fırsatları izni|Bilgilendirme hizmeti onayı")
)
def test_a_permission_is_read_also_of_goods(name):
    assert {"ONAY"} == set(statuses(parser_of(name, guessed(name, ["Evet", "Hayır"] * 10)), "Evet").values()) - {None}
