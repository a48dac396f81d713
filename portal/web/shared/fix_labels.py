"""Cures and piles in words, and the form in which a person says what unknown words of a file mean."""

from collections.abc import Mapping
from dataclasses import replace

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from portal.services.imports.layout import Fix, Layout
from portal.services.imports.queries import RowGroup
from portal.services.imports.row_results import RowProblem
from portal.web.shared.column_layout_form import Word, name_of_word, word_field

CURES = {
    Fix.EMAIL_LETTERS: _l("E-postalardaki Türkçe harfleri İngilizce karşılıklarıyla değiştir"),
    Fix.EMAIL_SPACES: _l("E-postaların içindeki boşlukları sil"),
    Fix.DATE_SWAP: _l("Gün ile ayın yerini değiştir"),
}
PILES = {
    RowGroup.ACCEPTED: (_l("İYS kabul etti"), _l("İYS bu kayıtları aldı.")),
    RowGroup.WAITING: (
        _l("Bekliyor"),
        _l("Sırada, yolda ya da bir engelin kalkmasını bekliyor. Kendiliğinden bildirilir."),
    ),
    RowGroup.NOT_NEEDED: (
        _l("Bildirmeye gerek kalmadı"),
        _l("İYS bunları zaten biliyor, daha yenisini tutuyor ya da geri alınacak bir onay tutmuyor."),
    ),
    RowGroup.REFUSED: (_l("İYS kabul etmedi"), _l("İYS'nin nedenini ve çaresini her satırda görürsünüz.")),
    RowGroup.ANNULLED: (_l("Geri alındı"), _l("İYS'ye gönderilmeden geri alındı; hiçbir etkisi kalmadı.")),
}
# Problems that a person mends by saying what words mean, and the kind of words.
DISTINCT = {
    RowProblem.STATUS_UNKNOWN: "status",
    RowProblem.CHANNEL_UNKNOWN: "channel",
    RowProblem.SOURCE_UNKNOWN: "source",
    RowProblem.TYPE_UNKNOWN: "type",
}
MOST_WORDS = 40  # Of one kind; who has more chose the wrong column.


class WordsForm(FlaskForm):
    """Made by words_form(), which adds a select for each word."""

    words: list[Word] = []

    def taught(self, layout: Layout) -> Layout:
        """The layout with what the person said."""
        known = {kind: dict(of_kind) for kind, of_kind in layout.words.items()}
        for each in self.words:
            if each.chosen.data:
                known.setdefault(each.kind, {})[each.text] = each.chosen.data
        return replace(layout, words=known)


def words_form(unknown: Mapping[str, Mapping[str, int]]) -> WordsForm:
    """A select for each word, the most frequent first."""
    named = {
        name_of_word(kind, text): (kind, text, count)
        for kind, texts in unknown.items()
        for text, count in list(texts.items())[:MOST_WORDS]
    }
    fields = {name: word_field(kind, text) for name, (kind, text, _) in named.items()}
    form = type("FormOfWords", (WordsForm,), fields)()
    form.words = [Word(kind, text, form[name], count) for name, (kind, text, count) in named.items()]
    return form
