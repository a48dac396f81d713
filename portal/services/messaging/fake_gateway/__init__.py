"""A gateway that sends nothing and shows messages like a phone, for demonstrations and tests."""

from portal.services.messaging.fake_gateway.app import create_gateway, create_gateway_from_environment

__all__ = ["create_gateway", "create_gateway_from_environment"]
