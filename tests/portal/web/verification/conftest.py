import pytest

from portal.core.models import Delivery
from tests import make


@pytest.fixture
def code(app) -> str:
    return make.codes(app, delivery=Delivery.GATEWAY)[make.PHONE]
