"""The demonstration's gateway: it shows what it is given, like a telephone."""

import requests

from portal.services.messaging.gateways import OutgoingMessage

TIMEOUT = (3.05, 6.0)


class DemoGateway:
    """Speaks with portal.services.messaging.demo_gateway over HTTP."""

    def __init__(self, url: str):
        self.url = url

    def send(self, parcels: list[OutgoingMessage]) -> bool:
        """Give it parcels; whether it took them. One that cannot be reached took none."""
        body = {"messages": [parcel.spelled() for parcel in parcels]}
        try:
            answer = requests.post(f"{self.url}/messages", json=body, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return False
        return answer.status_code == 202
