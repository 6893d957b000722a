"""Search in a conversation: its texts are sealed, so the server looks, and answers numbers of turns, never a text.

That it was asked is recorded, and committed, before any text is decrypted; the words are not: they may be the very
words of a message.
"""

import unicodedata
from collections.abc import Iterable, Sequence

from django.db import transaction

from accounts.models import User
from audit.record import record
from audit.verbs import Verb
from review.models import Case
from review.policies import check_holds_live_claim, open_claim
from review.workflow import lock_and_ask
from scoring.evidence import open_texts
from scoring.models import Message


def search_revealed(*, case_id: int, words: str, by: User) -> list[int]:
    """Turns that this person has revealed on this case, and that have the words."""
    with transaction.atomic():
        read = Message.objects.filter(reveals__case=case_id, reveals__revealed_by=by)
        case, answers = lock_and_ask(case_id, by, messages=read)
        messages = answers["messages"]
        _record(case, messages, by)
    return _with_words(case, messages, words)


def search_all(*, case_id: int, words: str, by: User) -> list[int]:
    """All turns that have the words, for who holds the claim."""
    with transaction.atomic():
        case, answers = lock_and_ask(
            case_id, by, messages=Message.objects.filter(conversation__cases=case_id)
        )
        check_holds_live_claim(case, open_claim(case), by)
        messages = answers["messages"]
        _record(case, messages, by)
    return _with_words(case, messages, words)


def _record(case: Case, messages: Sequence[Message], by: User) -> None:
    record(Verb.EVIDENCE_SEARCHED, by=by, about=case.about(), payload={"turns": len(messages)})


def _with_words(case: Case, messages: Iterable[Message], words: str) -> list[int]:
    texts, wanted = open_texts(case.conversation, messages), _plain(words)
    return sorted(message.number for message in messages if wanted in _plain(texts[message.pk]))


def _plain(text: str) -> str:
    """Capitals, widths of letters and line breaks make no difference."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
