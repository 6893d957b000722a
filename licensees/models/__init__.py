"""An organisation licensed to use the technique, its keys, its policy, and what takes two admins."""

from licensees.models.api_key import ApiKey, SignedCall
from licensees.models.licensee import Licensee
from licensees.models.policy import Policy
from licensees.models.proposal import Proposal

__all__ = ["ApiKey", "Licensee", "Policy", "Proposal", "SignedCall"]
