"""Keywords of brands: the word by which a reply to a number of several brands is for one of them."""

import re

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from portal.core.models import Brand
from portal.domain.replies.classification import fold, names_brand

KEYWORD = re.compile(r"[A-Z0-9]{2,11}")


class BadKeyword(ValueError):
    """No single word of 2 to 11 letters and digits, or one that says something in a reply, such as RET."""


def parse_keyword(text: str) -> str:
    """A keyword as it is stored: folded, so `moda` and `MÖDA` are the same. Raises BadKeyword.

    A word that stands beside a refusal without changing it (SMS), or is an operator's code (B038), names no brand."""
    keyword = fold(text)
    if not KEYWORD.fullmatch(keyword) or not names_brand(keyword):
        raise BadKeyword
    return keyword


def is_taken(session: Session, brand: Brand, keyword: str | None) -> bool:
    """Whether another brand of the provider has the keyword, at any number, or asks for it. The caller has locked the
    provider."""
    is_same = or_(Brand.keyword == keyword, Brand.requested_keyword == keyword)
    others = exists().where(Brand.provider_id == brand.provider_id, is_same, Brand.id != brand.id)
    return keyword is not None and bool(session.scalar(select(others)))
