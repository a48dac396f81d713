"""Where things stand in the sample answers and pushes of a description, to choose from."""

from collections.abc import Mapping

from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.description_parts import list_places
from portal.services.messaging.gateways.protocol import Push
from portal.services.messaging.gateways.vendor_rows import parse_push


def answer_places(samples: Mapping[str, str], split: str) -> dict[str, str]:
    """Where something stands in the sample answers, with what; "" is the whole one."""
    found: dict[str, str] = {}
    for text in filter(None, (samples.get("answer"), samples.get("error"))):
        document = parse_answer(text, split)
        found = list_places(document) | found if isinstance(document, (dict, list)) else {"": str(document)} | found
    return found


def push_places(text: str) -> dict[str, str]:
    """The same of a sample push; nothing where it cannot be read."""
    try:
        return list_places(parse_push(Push(text.strip().lstrip("?").encode())), is_xml=text.lstrip().startswith("<"))
    except ValueError:
        return {}
