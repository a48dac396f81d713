"""The codes and names of a provider's brands, as files and rows write them: those of the chosen one and the others'."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import Brand, Provider
from portal.services.imports.layout.normalization import LONGEST_NAME, folded
from portal.services.imports.layout.plain_words import is_plain

CODE = re.compile(r"[1-9][0-9]{5,6}")
_GROUPED, _DECIMALS = re.compile(r"(?<=[0-9])[. ](?=[0-9]{3}\b)"), re.compile(r"(?<=[0-9])[.,]0+$")  # 700.002, 700002.0
_NUMBERED = re.compile(rf"\b(?:marka\w*|brand)(?: (?:kod\w*|code|no|id))? ({CODE.pattern})\b")


@dataclass(frozen=True)
class BrandNames:
    """The codes and names of the chosen brand, of its provider and of the provider's other brands, folded and without
    blanks. Without any, nothing names another brand."""

    own: frozenset[str] = frozenset()
    provider: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()  # Of the others' those that are no ordinary words: not "Mobil".
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
        return cls(of_brand, _keys(provider), of_others, clear, words, is_sandbox)

    def mentions_others(self, text: str) -> bool:
        """Whether a heading, or the name of a file or a sheet, names another brand, or a brand by another code."""
        if not self.own:
            return False
        words = _joined(text)
        named = {_key(each) for each in self._names.findall(words)}
        return bool(named & self.clear) or not self.own.union(self.provider).issuperset(_NUMBERED.findall(words))

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


def name_words(text: str) -> list[str]:
    """The folded words of a text, as names of brands are compared; each number is one."""
    return [word for word in _joined(text).split() if word.isalnum()]


def _joined(text: str) -> str:
    """Folded words, in which each number is one."""
    return folded(_DECIMALS.sub("", _GROUPED.sub("", text[:LONGEST_NAME])))


def _key(text: str) -> str:
    return _joined(text).replace(" ", "")


def _keys(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_key, texts)) - {""}
