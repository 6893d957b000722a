"""An organisation licensed to use the technique, its keys and its policy."""

from licensees.models.api_key import ApiKey
from licensees.models.licensee import Licensee
from licensees.models.policy import Policy

__all__ = ["ApiKey", "Licensee", "Policy"]
