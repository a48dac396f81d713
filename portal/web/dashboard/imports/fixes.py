"""What a problem's page offers: a fix that would change something and is not applied yet, or the meanings of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _l

from portal.core.extensions import read_session, vault
from portal.core.models import ImportBatch
from portal.core.vault import CannotOpen
from portal.services.imports import queries
from portal.services.imports.fixes import FIXES, apply_fix
from portal.services.imports.layout import Fix, Layout
from portal.services.imports.queries import Sample
from portal.services.imports.row_results import RowProblem
from portal.services.imports.store import layout_of
from portal.web.shared.column_layout_form import Word, add_meanings, build_word_field, word_field_name
from portal.web.shared.forms import BaseForm

SAMPLE_LINES = 50  # Lines of a problem, to see whether its fix would change any.
SHOWN = 5
FIX_LABELS = {
    Fix.EMAIL_LETTERS: _l("E-postalardaki Türkçe harfleri İngilizce karşılıklarıyla değiştir"),
    Fix.EMAIL_SPACES: _l("E-postaların içindeki boşlukları sil"),
    Fix.DATE_SWAP: _l("Gün ile ayın yerini değiştir"),
}
# Problems that are solved by explaining words, with the kind of words.
WORD_KINDS: dict[str, str] = {
    RowProblem.STATUS_UNKNOWN: "status",
    RowProblem.CHANNEL_UNKNOWN: "channel",
    RowProblem.SOURCE_UNKNOWN: "source",
    RowProblem.TYPE_UNKNOWN: "type",
}
MOST_WORDS = 40  # Of one kind; with more, the wrong column was chosen.


@dataclass(frozen=True)
class FixedCell:
    line: int
    before: str
    after: str


def available_fix(batch: ImportBatch, problem: str) -> Fix | None:
    """The fix for a problem that is not applied to the file yet."""
    fix = FIXES.get(problem)
    return fix if fix and fix not in layout_of(vault(), batch).fixes else None


def preview_fix(samples: Sequence[Sample], fix: Fix) -> list[FixedCell]:
    """The first cells that the fix changes."""
    cells = [(each.line, cell.value) for each in samples for cell in each.cells]
    changed = [FixedCell(line, value, apply_fix(value, fix)) for line, value in cells]
    return [each for each in changed if each.before != each.after][:SHOWN]


def is_fixable(batch: ImportBatch, problem: str) -> bool:
    """Whether the problem's page will offer a fix."""
    try:
        fix = available_fix(batch, problem)
        samples = queries.result_samples(read_session(), vault(), batch, problem, limit=SAMPLE_LINES) if fix else []
        return bool(fix and preview_fix(samples, fix))
    except CannotOpen:
        return False


class WordsForm(BaseForm):
    """Built by build_words_form(), which adds a select for each word."""

    words: Sequence[Word] = ()

    def apply_to(self, layout: Layout) -> Layout:
        return replace(layout, words=add_meanings(layout.words, self.words))


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
