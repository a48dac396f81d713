"""Words that make a trap of a page that asks for consent: it asks for nothing else, and threatens with nothing."""

import re

from portal.core import display_names
from portal.domain.campaigns.word_search import find_words

# In plain small letters; endings may follow.
TRAPS = re.compile(
    r"\b(?:sifre|parola|pin kod|kart\w{0,9} (?:no|numara|bilgi|sifre|arka|on yuz|uzerinde|son kullan)|kredi kart"
    r"|banka kart|cvv|cvc|iban|tckn|tek kullanimlik|(?:on alti|16|uc) (?:hane|rakam|sayi)|son gecerlilik"
    r"|kimlik\w{0,6} (?:no|numara|bilgi|dogrula)"
    r"|t\.? ?c\.? ?(?:kimlik|no|numara)|e ?-? ?devlet|(?:onay|dogrulama|sms|gelen|gonderilen) kod"
    r"|kod\w{0,5} (?:gir|yaz(?!\d)|gonder|bize)|paketiniz (?:bekli|gumruk|tesl)"
    r"|giris yap|oturum ac|hesab\w* (?:ask|kapat|kapan|dondur|dogrula|guncelle)|askiya al|bloke|icra (?:takip|dosya)"
    r"|password|passcode|credit card|card number|log ?-?in|sign ?-?in(?!g)|verification code"
    r"|account (?:is |was |has been )?(?:suspend|lock|block))"
)


def find_deception(text: str) -> str:
    """The first words that ask for more than consent or threaten, as they were written, or else as they are read in
    spite of blanks, signs and letters of other scripts; empty where there are none.

    Call with a text of a bounded length.
    """
    written = next((words for words, _ in find_words(text, {"": TRAPS})), "")
    read = written or TRAPS.search(display_names.fold(text))
    return written or (read[0] if read else display_names.mixed_word(text))


def is_persons_name(name: str) -> bool:
    """Whether a name is of letters, leads nowhere and asks for nothing; of a bounded length, as above."""
    is_plain = display_names.is_of_letters(name) and not display_names.leads_elsewhere(name)
    return is_plain and not find_deception(name)
