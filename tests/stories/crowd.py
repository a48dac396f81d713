"""Thousands of people with a link each, who decide over real HTTP, many at a time; each remembers what they chose."""

import random
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

AT_ONCE = 12
BREATH = 1.1  # Seconds between two decisions of one person: İYS tells two dates of a key apart by the second.
TIRED = 300.0  # Seconds of trying again before a person gives up, on the busiest machine.
FORM = re.compile(r'name="form"[^>]*value="([^"]+)"')
OFFERED = re.compile(r'<input type="radio" name="(\w+)" value="ONAY"')
GRANT, REFUSE = "ONAY", "RET"

# What a person does, a POST after the other: all channels alike, or the first one otherwise than the rest.
WAYS = [
    [[GRANT]],
    [[GRANT]],
    [[GRANT]],
    [[REFUSE]],
    [[REFUSE]],
    [[GRANT, REFUSE]],
    [[REFUSE, GRANT]],
    [[GRANT], [REFUSE]],
    [[GRANT], [REFUSE]],
    [[REFUSE], [GRANT]],
    [[GRANT], [GRANT]],
    [[REFUSE], [REFUSE]],
    [[GRANT], [REFUSE], [GRANT]],
    [[REFUSE], [GRANT], [REFUSE]],
    [[GRANT], [REFUSE, GRANT], [GRANT, REFUSE]],
]

_here = threading.local()


@dataclass
class Member:
    """One person: their address and link, what they are going to do, and what they have had confirmed."""

    address: str
    link: str
    origin: list[list[str]]
    posts_twice: bool
    chose: list[dict[str, str]] = field(default_factory=list)
    _not_before: float = 0.0

    def act(self, step: int) -> None:
        """Open the page, choose, post, and see the receipt; the same form again where an answer does not come."""
        if step >= len(self.origin):
            return
        time.sleep(max(0.0, self._not_before - time.monotonic()))
        page = persistently(lambda: browser().get(self.link, timeout=40))
        assert page.status_code == 200, page.status_code
        filled = {"form": FORM.search(page.text)[1], **self._choices(page.text, self.origin[step])}
        assert len(self._receipts(filled)) == 1, "one form has one receipt"
        self._not_before = time.monotonic() + BREATH
        del filled["form"]
        self.chose.append(filled)

    def _receipts(self, filled: dict[str, str]) -> set[str]:
        if not self.posts_twice:
            return {self._post(filled)}
        with ThreadPoolExecutor(2) as both_taps:
            return set(both_taps.map(self._post, [filled, filled]))

    def _post(self, filled: dict[str, str]) -> str:
        answer = persistently(lambda: browser().post(self.link, data=filled, timeout=40, allow_redirects=False))
        assert answer.status_code == 303, answer.status_code
        return answer.headers["Location"]

    def _choices(self, page: str, statuses: list[str]) -> dict[str, str]:
        channels = OFFERED.findall(page)
        return {channel: statuses[min(place, len(statuses) - 1)] for place, channel in enumerate(channels)}


def gather(links: list[tuple[str, str]], count: int) -> list[Member]:
    """That many of those with a link ((address, link) pairs), each with a way of their own; always the same."""
    dice = random.Random(count)
    return [
        Member(address, link, WAYS[place % len(WAYS)], posts_twice=dice.random() < 0.2)
        for place, (address, link) in enumerate(dice.sample(links, count))
    ]


def decide(members: list[Member]) -> None:
    """Let all of them act, step by step; raises what went wrong for any."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for step in range(max(len(member.origin) for member in members)):
            for _ in threads.map(lambda member, step=step: member.act(step), members):
                pass


def browser() -> requests.Session:
    """This thread's browser; it keeps no cookie that anybody else could see."""
    if not hasattr(_here, "browser"):
        _here.browser = requests.Session()
        _here.browser.trust_env = False
    return _here.browser


def persistently(call: Callable[[], requests.Response]) -> requests.Response:
    """Try until an answer comes, as people do whose connection breaks."""
    give_up_at = time.monotonic() + TIRED
    while True:
        try:
            return call()
        except requests.RequestException:  # Also an answer that breaks off in its middle.
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.2)


def decisions_of(member: Member) -> dict[str, list[str]]:
    """What they decided, by channel."""
    decided: dict[str, list[str]] = {}
    for choices in member.chose:
        for channel, status in choices.items():
            decided.setdefault(channel, []).append(status)
    return decided
