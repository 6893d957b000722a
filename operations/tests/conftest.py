"""A case that was referred and approved, as the tests of referrals make it."""

from referrals.tests.conftest import desk, escalation, packet, set_once, signing_key

__all__ = ["desk", "escalation", "packet", "set_once", "signing_key"]
