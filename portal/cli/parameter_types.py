"""Parameter types that several commands share."""

from typing import Any

import click

from portal.core.iys_protocol import Channel


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
