"""What a person wrote in a mail: all its texts, quotations last, and what else is attached."""

import re
from collections.abc import Iterator
from email.message import Message
from html import unescape

from portal.services.messaging.gateways import push_text

BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table")
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,11})[^<>]{0,2000}>")
UNSEEN = ("style", "script", "title")
QUOTED = ">"


def read(mail: Message) -> str:
    """Without the texts of mails that are attached: they are named by their types."""
    texts, attached = [], []
    for part in _own_parts(mail):
        kind, body = part.get_content_type(), part.get_payload(decode=True)
        if part.get_content_maintype() not in ("text", "multipart") and part is not mail:
            attached.append(f"[+ {kind}]")
        elif isinstance(body, bytes):
            text = push_text.decode(body, str(part.get("Content-Type", "")))
            texts.append(_as_text(text) if kind == "text/html" else text)
    lines = [line for text in texts for line in map(str.strip, text.splitlines()) if line]
    own, quoted = [[line for line in lines if line.startswith(QUOTED) is is_quoted] for is_quoted in (False, True)]
    return "\n".join([*own, *attached, *quoted])


def _own_parts(mail: Message) -> Iterator[Message]:
    is_group = mail.is_multipart() and mail.get_content_maintype() == "multipart"
    inner = mail.get_payload() if is_group else ()
    if not is_group:
        yield mail
    for part in inner:
        if isinstance(part, Message):
            yield from _own_parts(part)


def _as_text(page: str) -> str:
    """What a page shows, with a mark before each line that it quotes."""
    found, line, unseen, quoted, end = list[str](), "", 0, 0, 0
    for tag in TAG.finditer(f"{page}<br>"):
        shown = "" if unseen else unescape(page[end : tag.start()]).replace("\n", " ")
        name, step, end = tag[2].lower(), -1 if tag[1] else 1, tag.end()
        line += shown
        unseen = max(0, unseen + step * (name in UNSEEN))
        if name in BREAKS:
            found.append(f"{QUOTED} {line.strip()}" if quoted and line.strip() else line)
            line = ""
        quoted = max(0, quoted + step * (name == "blockquote"))
    return "\n".join(found)
