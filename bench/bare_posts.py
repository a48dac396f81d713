"""Yardstick of forwarding: a bare `requests` loop. `python -m bench.bare_posts FILE THREADS`; a line is URL, body."""

import sys
import threading
from pathlib import Path

import requests


def post(lines: list[str]) -> None:
    session = requests.Session()
    session.trust_env = False
    headers = {"Content-Type": "application/json", "Authorization": "Bearer a"}
    for line in lines:
        url, body = line.split("\t")
        session.post(url, data=body.encode(), headers=headers, timeout=10).raise_for_status()


if __name__ == "__main__":
    everything, count = Path(sys.argv[1]).read_text().splitlines(), int(sys.argv[2])
    threads = [threading.Thread(target=post, args=(everything[share::count],)) for share in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
