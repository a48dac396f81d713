"""Labels of fixes and row groups, and the form for the meanings of a file's unknown words."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from portal.services.imports.layout import Fix, Layout
from portal.services.imports.queries import RowGroup
from portal.services.imports.row_results import RowProblem
from portal.web.shared.column_layout_form import Word, build_word_field, word_field_name

FIX_LABELS = {
    Fix.EMAIL_LETTERS: _l("E-postalardaki Türkçe harfleri İngilizce karşılıklarıyla değiştir"),
    Fix.EMAIL_SPACES: _l("E-postaların içindeki boşlukları sil"),
    Fix.DATE_SWAP: _l("Gün ile ayın yerini değiştir"),
}
GROUP_LABELS = {
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
# Problems that are solved by explaining words, with the kind of words.
WORD_KINDS: dict[str, str] = {
    RowProblem.STATUS_UNKNOWN: "status",
    RowProblem.CHANNEL_UNKNOWN: "channel",
    RowProblem.SOURCE_UNKNOWN: "source",
    RowProblem.TYPE_UNKNOWN: "type",
}
MOST_WORDS = 40  # Of one kind; with more, the wrong column was chosen.


class WordsForm(FlaskForm):
    """Built by build_words_form(), which adds a select for each word."""

    words: Sequence[Word] = ()

    def apply_to(self, layout: Layout) -> Layout:
        """The layout with these meanings."""
        known = {kind: dict(of_kind) for kind, of_kind in layout.words.items()}
        for each in self.words:
            if each.chosen.data:
                known.setdefault(each.kind, {})[each.text] = each.chosen.data
        return replace(layout, words=known)


def build_words_form(unknown: Mapping[str, Mapping[str, int]]) -> WordsForm:
    """A select for each word, the most frequent first."""
    named = {
        word_field_name(kind, text): (kind, text, count)
        for kind, texts in unknown.items()
        for text, count in list(texts.items())[:MOST_WORDS]
    }
    fields = {name: build_word_field(kind, text) for name, (kind, text, _) in named.items()}
    form = type("BuiltWordsForm", (WordsForm,), fields)()
    form.words = [Word(kind, text, form[name], count) for name, (kind, text, count) in named.items()]
    return form
