"""How long what is kept, when it is looked at next."""

from retention.models.due import Due
from retention.models.terms import Terms

__all__ = ["Due", "Terms"]
