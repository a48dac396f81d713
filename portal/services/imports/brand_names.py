"""The codes and names of a provider's brands, as files and rows write them: those of the chosen one and the others'."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Provider
from portal.services.imports.layout.normalization import LONGEST_NAME, folded, plain_letters
from portal.services.imports.layout.plain_words import is_plain

CODE = re.compile(r"[1-9][0-9]{5,6}")
_GROUPED, _DECIMALS = (
    re.compile(r"(?<=[0-9])[. ](?=[0-9]{3}\b)"),
    re.compile(r"(?<=[0-9])[.,]0+\b"),
)  # 700.002, 700002.0
_LINE_BREAKS = re.compile(r"[\r\n\t]+")
_NUMBERED = re.compile(rf"\b(?:marka\w*|brand)(?: (?:kod\w*|code|no|id))? ({CODE.pattern})\b")


@dataclass(frozen=True)
class BrandNames:
    """The codes and names of the chosen brand, of its provider and of the provider's other brands, folded and without
    blanks. Without any, nothing names another brand."""

    own: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()  # Of the others' those that are no ordinary words: not "Mobil".
    written: frozenset[str] = frozenset()  # All of these in plain letters, with their blanks and signs.
    words: frozenset[str] = frozenset()  # Of the names of brand and provider, which stand in names of their files.
    is_sandbox: bool = False  # Its code is ours: files have İYS's.

    @classmethod
    def of_brand(cls, session: Session, brand: Brand, others: Sequence[str] | None = None) -> "BrandNames":
        """Beside these others, or those that the provider has now."""
        provider = session.get_one(Provider, brand.provider_id)
        return cls.of_names(
            [str(brand.brand_code), brand.name],
            [str(provider.iys_code), provider.title],
            other_brands(session, brand) if others is None else others,
            former=[brand.header or "", *brand.former_names.splitlines()],
            is_sandbox=brand.is_sandbox,
        )

    @classmethod
    def of_names(
        cls, own: Sequence[str], provider: Sequence[str], others: Sequence[str], *, former: Sequence[str] = (),
        is_sandbox: bool = False,
    ) -> "BrandNames":  # fmt: skip
        """Of codes and names as they are written; another brand may have a former name by now."""
        of_others = _keys(others) - _keys(own)
        clear = _keys(each for each in others if each.isdigit() or not is_plain(each)) & of_others
        words = frozenset(word for name in (*own, *provider) for word in folded(name).split())
        of_brand = _keys(own) | (_keys(former) - of_others)
        written = frozenset(_written(each) for each in (*own, *former, *provider, *others) if _key(each))
        return cls(of_brand, _keys(provider), of_others, clear, written, words, is_sandbox)

    def tokens(self, cell: str) -> list[str]:
        """A cell's names and other words, folded and without blanks, and its signs, among them marks on letters (M̶o̶d̶a̶);
        a sign within a name is one of these where the name has none."""
        text = unicodedata.normalize("NFC", _LINE_BREAKS.sub(";", cell)).replace("i\u0307", "i")
        marks = [each for each in text if unicodedata.combining(each)]
        return [_key(each) or each for each in self._tokens.findall(_written(text))] + marks

    def mentions_others(self, text: str) -> bool:
        """Whether a heading, or the name of a file or a sheet, names another brand, or a brand by another code."""
        if not self.own:
            return False
        words = _joined(text)
        named = {_key(each) for each in self._names.findall(words)}
        return bool(named & self.clear) or not self.own.union(self.provider).issuperset(_NUMBERED.findall(words))

    @cached_property
    def _tokens(self) -> re.Pattern[str]:
        """Any whole name, the longest first, whose own blanks and signs may be left out; else a word or a sign."""
        names = ["".join(map(_spelled, each)) for each in sorted(self.written, key=len, reverse=True)] or ["(?!)"]
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(names)})(?![^\W_])|[^\W_]+|[^\w ]|_")

    @cached_property
    def _names(self) -> re.Pattern[str]:
        """Any name, with or without its blanks, and ours with an ending ("Örnek Mağazası"); the longest first, since
        one may begin with another."""
        names = sorted(self.own | self.provider | self.clear, key=len, reverse=True)
        ends = {each: r"\b" if each in self.clear else r"\w*" for each in names}
        return re.compile(rf"\b(?:{'|'.join(' ?'.join(map(re.escape, each)) + ends[each] for each in names)})")


NO_BRANDS = BrandNames()


def other_brands(session: Session, brand: Brand) -> tuple[str, ...]:
    """The codes and names of the other brands of a brand's provider."""
    of_provider = select(Brand.brand_code, Brand.name).where(Brand.provider_id == brand.provider_id)
    found = session.execute(of_provider.where(Brand.id != brand.id, Brand.has_not_ended()).order_by(Brand.id))
    return tuple(str(name) for other in found for name in other)


def _joined(text: str) -> str:
    """Folded words, in which each number is one."""
    return folded(_join_numbers(text))


def _written(text: str) -> str:
    return " ".join(plain_letters(_join_numbers(text)).split())


def _spelled(sign: str) -> str:
    """A pattern of a letter, or of a blank or a sign that may be left out, and of a blank behind it."""
    return f"{sign} ?" if sign.isalnum() else "" if sign == " " else f"(?:{re.escape(sign)} ?)?"


def _join_numbers(text: str) -> str:
    return _DECIMALS.sub("", _GROUPED.sub("", text[:LONGEST_NAME]))


def _key(text: str) -> str:
    return _joined(text).replace(" ", "")


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_key, texts)) - {""}
