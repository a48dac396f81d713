"""Texts that ask are looked through for promotion: a word of the list warns, and going on with it needs a tick."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from portal.core.lazy_text import N_
from portal.domain.campaigns.promotion_words import Principle, find_promotion
from portal.web.shared.forms import BaseForm

PRINCIPLES = {
    Principle.PRICE: N_("fiyat ya da indirim"),
    Principle.GIFT: N_("hediye ya da çekiliş"),
    Principle.HURRY: N_("acele ettirme"),
    Principle.PRAISE: N_("övgü ya da fırsat"),
    Principle.SALE: N_("satın almaya çağrı"),
}


class PromotionForm(BaseForm):
    """A form some of whose texts, named by `searched`, may hold no promotion where they ask."""

    promotion_accepted = BooleanField(_l("Sözcükleri gördüm: tanıtım amacı yok, metin böyle kalsın"))
    searched: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the texts ask for consent; what offers refusal is not searched."""
        return True

    @property
    def is_searchable(self) -> bool:
        """Whether no text is too long or otherwise wrong."""
        return not any(self[name].errors for name in self.searched)

    def promotion_words(self) -> list[tuple[str, str]]:
        """(word, msgid of why it promotes)."""
        if not self.asks or not self.is_searchable:
            return []
        found = find_promotion(*(self[name].data or "" for name in self.searched))
        return [(each.text, PRINCIPLES[each.principle]) for each in found]

    def promotion_facts(self) -> dict[str, list[str]]:
        """For the audit entry: the words that somebody accepted."""
        words = [text for text, _why in self.promotion_words()]
        return {"promotion": words} if words else {}

    def accepts_promotion(self) -> bool:
        """Call once the other fields are validated: whether there is no such word, or it was seen."""
        if self.promotion_words() and not self.promotion_accepted.data:
            self.promotion_accepted.errors = [_("Metinde tanıtım sayılabilecek sözcükler var.")]
        return not self.promotion_accepted.errors
