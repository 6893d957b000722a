"""What a page shows a person once more of what they have seen before: texts, private notes, accounts. One record."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from review.models import Reveal, Unveiling
from review.notes import Noted, Notes
from review.policies import check_still_revealed, check_unveiled
from review.unveiling import Known, known_of_accounts
from review.workflow import lock_and_ask
from scoring.evidence import open_texts
from scoring.models import Message, Participant


@dataclass(frozen=True)
class Sealed:
    """What shall be shown, as it was read: nothing of it is decrypted."""

    messages: Sequence[Message] = ()
    noted: Noted = field(default_factory=Noted)
    accounts: Sequence[Participant] = ()

    def named(self) -> dict[str, list[int]]:
        kinds = {
            "messages": [message.pk for message in self.messages],
            **self.noted.named(),
            "accounts": [account.pk for account in self.accounts],
        }
        return {kind: rows for kind, rows in kinds.items() if rows}


@dataclass(frozen=True)
class Opened:
    texts: dict[int, str] = field(default_factory=dict)
    notes: Notes = field(default_factory=dict)
    accounts: dict[int, Known] = field(default_factory=dict)


def read_again(*, case_id: int, by: User, sealed: Sealed) -> Opened:
    """That this person sees it is recorded, and committed, before any of it is decrypted."""
    named = sealed.named()
    if not named:
        return Opened()
    with transaction.atomic():
        revealed = Reveal.objects.filter(case=case_id, revealed_by=by, message__in=named.get("messages", []))
        case, answers = lock_and_ask(
            case_id,
            by,
            revealed=revealed.values_list("message_id", flat=True),
            unveiled=Unveiling.objects.filter(case=case_id, person=by).values_list("pk", flat=True),
        )
        check_still_revealed(case, sealed.messages, answers["revealed"])
        if sealed.accounts:
            check_unveiled(case, answers["unveiled"])
        record(Verb.EVIDENCE_VIEWED, by=by, about=case.about(), payload=named)
    texts = open_texts(case.conversation, sealed.messages)
    return Opened(
        texts={message.number: texts[message.pk] for message in sealed.messages},
        notes=sealed.noted.opened(case),
        accounts=known_of_accounts(case, sealed.accounts),
    )
