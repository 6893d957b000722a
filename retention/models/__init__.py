"""How long what is kept, when it is looked at next, and what accounts ask."""

from retention.models.account_request import AccountRequest
from retention.models.due import Due
from retention.models.terms import Terms

__all__ = ["AccountRequest", "Due", "Terms"]
