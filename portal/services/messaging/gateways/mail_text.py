"""What a person wrote in a mail: all its texts, quotations last, and what else is attached."""

import re
from collections.abc import Iterator
from email.message import Message
from html import unescape

from portal.services.messaging.gateways import push_text

BREAKS = ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "table")
TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,11})[^<>]*+>")
# What a page does not show, unless it lacks its end. No pattern goes back, as html.parser does: a mail may mean harm.
UNSEEN = re.compile(
    r"<!--(?:(-?>)|.*?(?:(-->)|\Z))|<(style|script|title)\b[^<>]*+(?<!/)>.*?(?:(</\3[^<>]*+>)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
QUOTED = ">"


def read(mail: Message) -> str:
    """Without the texts of mails that are attached: they are named by their types."""
    texts, attached = [], []
    for part in _own_parts(mail):
        kind, body = part.get_content_type(), part.get_payload(decode=True)
        is_text = part is mail or part.get_content_maintype() in ("text", "multipart")
        if not is_text or not isinstance(body, bytes):
            attached.append(f"[+ {kind}]")
        else:
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
    page = UNSEEN.sub(lambda each: "" if each[1] or each[2] or each[4] else each[0].removeprefix("<!--"), page)
    found, line, quoted, end = list[str](), "", 0, 0
    for tag in TAG.finditer(f"{page}<br>"):
        line += unescape(page[end : tag.start()]).replace("\n", " ")
        name, end = tag[2].lower(), tag.end()
        if name in BREAKS:
            found.append(f"{QUOTED} {line.strip()}" if quoted and line.strip() else line)
            line = ""
        if name == "blockquote":
            quoted = max(0, quoted + (-1 if tag[1] else 1))
    return "\n".join(found)
