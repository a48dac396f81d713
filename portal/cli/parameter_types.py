"""Parameters that several commands share."""

from typing import Any

import click
from sqlalchemy import select

from portal.core.extensions import read_session
from portal.core.ids import LARGEST_ID
from portal.core.iys_protocol import Channel
from portal.core.models import Brand

brand_option = click.option(
    "--brand", "brand_code", type=click.IntRange(1, LARGEST_ID), required=True, help="The brand's İYS code."
)


class Channels(click.ParamType):
    """A comma-separated list of İYS channels."""

    name = "CHANNELS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[Channel]:
        if isinstance(value, list):
            return value
        words = [word.strip().upper() for word in value.split(",") if word.strip()]
        unknown = [word for word in words if word not in set(Channel)]
        if unknown or not words:
            self.fail(f"{value!r}: use some of {', '.join(Channel)}", param, ctx)
        return [Channel(word) for word in dict.fromkeys(words)]


def find_brand(brand_code: int) -> Brand:
    """Raises UsageError where there is none."""
    brand = read_session().scalar(select(Brand).where(Brand.brand_code == brand_code))
    if brand is None:
        raise click.UsageError(f"There is no brand {brand_code} here.")
    return brand
