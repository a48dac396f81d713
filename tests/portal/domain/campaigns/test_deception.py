"""What no text of a page that asks for consent may say."""

import pytest

from portal.domain.campaigns.deception import find_deception
from portal.domain.campaigns.default_texts import WORDINGS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("e-Devlet: hesabınız askıya alındı", "e-Devlet"),
        ("Hesabınız askıya alındı", "Hesabınız ask"),
        ("sayfadan giriş yapın, kart bilginizi doğrulayın", "giriş yap"),
        ("ŞİFRENİZİ yenileyin", "ŞİFRE"),
        ("T.C. kimlik numaranızı yazın", "T.C. kimlik"),
        ("Your account has been locked", "account has been lock"),
        ("Please log in", "log in"),
        ("IBAN bilginiz", "IBAN"),
        ("Kartınızın numarasını yazın", "Kartınızın numara"),
        ("SMS ile gelen kodu ad alanına yazın", "gelen kod"),
        ("T.C. numaranızı yazın", "T.C. numara"),
        ("Kartinizin arkasindaki uc rakami yazin", "Kartinizin arka"),
        ("Ödeme kartınızın ön yüzündeki sayıları", "kartınızın ön yüz"),
        ("küçük üç sayıyı ekleyin", "üç sayı"),
        ("son geçerlilik ayını", "son geçerlilik"),
        ("PTT: paketiniz bekliyor", "paketiniz bekli"),
        ("kart  numaranızı yanıtlayın", "kart numara"),
        ("kart\nnumaranızı", "kart numara"),
        ("kart_numarası", "kart numara"),
        ("şif\u200bre", "sifre"),
        ("şi\u00adfre", "sifre"),
        ("ｓｉｆｒｅ", "sifre"),
        ("s\u0323ifr\u0301e", "sifre"),
        ("ş.i.f.r.e", "sifre"),
        ("Şimdi CV V yazın", "cvv"),
        ("IB AN yazın", "iban"),
        ("e\u2011devlet", "e devlet"),
        ("şіfrenizi yazın", "şіfrenizi"),  # Its і is Cyrillic.
    ],
)
def test_who_asks_for_more_than_consent_is_named(text, words):
    assert find_deception(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "Kampanya ve yeniliklerimizi size bildirmek için izninizi soruyoruz.",
        "Üyeliğinizle ilgili duyurular, kartınıza özel fırsatlar ve signing events",
        "Açık mı? Bu da ne ya! İyi ki varsınız, tabi bana da yazın. Şu an 5 € ya da 3 $.",
        "Спасибо, мы вам пишем: Mavi",
        "Promosyon kodu: YAZ25",
        *(getattr(each, name) for each in WORDINGS.values() for name in ("title_tr", "body_tr", "title_en", "body_en")),
    ],
)
def test_what_only_asks_may_be_said(text):
    assert find_deception(text) == ""
