"""Accounts are pseudonyms, Account A and Account B, until a person states a purpose for this case."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from review.models import Case, Unveiling
from review.workflow import lock_for_reading
from scoring.evidence import open_account_id, open_identity
from scoring.models import Participant

NO_PURPOSE = "Choose what you need the accounts for. Without a purpose they stay Account A and Account B."
# (what, what it is): names first.
Known = list[tuple[str, str]]


def unveil(*, case_id: int, by: User, purpose: str) -> Unveiling:
    """For this person, in this case. A further purpose is recorded too; the row keeps the first."""
    with transaction.atomic():
        case = lock_for_reading(case_id, by)
        if purpose not in Unveiling.Purpose.values:
            raise NotPossible(NO_PURPOSE, about=case.about())
        unveiling, _ = Unveiling.objects.get_or_create(case=case, person=by, defaults={"purpose": purpose})
        record(Verb.ACCOUNTS_UNVEILED, by=by, about=case.about(), payload={"purpose": purpose})
        return unveiling


def known_of_accounts(case: Case, accounts: Iterable[Participant]) -> dict[int, Known]:
    """Their showing is recorded."""
    return {account.pk: list(_known(case, account)) for account in accounts}


def _known(case: Case, account: Participant) -> Iterable[tuple[str, str]]:
    """Names first, then whatever facts the platform sent, such as addresses."""
    identity = open_identity(case.conversation, account)
    if account_id := open_account_id(case.conversation, account):
        yield "Account id", account_id
    if identity.get("display_name"):
        yield "Name", str(identity["display_name"])
    for name, value in (identity.get("facts") or {}).items():
        yield name.replace("_", " "), _plain(value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
