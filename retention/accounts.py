"""What an account may ask: filed, then answered with a file or an erasure, refused or withdrawn, each recorded.

No conversation is half erased: other people's words in it go with those of whoever asked, since all are sealed under
one key (docs/retention.md). What the law or an inquiry still needs stays, and the answer says how much and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import Licensee
from retention.account_file import file_of
from retention.facts import Facts, facts_of
from retention.keeping import Standing, standing_of
from retention.models import AccountRequest, Due, Terms
from retention.permissions import check_may_answer, check_may_file
from retention.sweep import record_erasures
from review.models import Case
from scoring.blind_index import is_account
from scoring.erasing import Doomed, erase
from scoring.models import Conversation, Erasure, Participant
from scoring.vault import new_data_key, open_data_key

Kind = Due.Kind
State = AccountRequest.State
ANSWER_WITHIN = timedelta(days=30)
LONGEST_ACCOUNT = 200
AT_ONCE = 100
# {how it stands: why it is kept from an erasure}
KEPT: dict[str, str] = {
    Kind.HELD: "a preservation hold stands (legal obligation)",
    Kind.OPEN: "a case is open",
    Kind.BUSY: "a review, a session, a delivery or an answer is under way",
    Kind.UNSCORED: "the machine has not read it yet",
    Kind.ACTED: "the account may still appeal against an act of the platform",
    Kind.MONITORED: "it is monitored until a day",
    Kind.REFERRED: "it was referred (legal obligation)",
}
# What is not told to the account: that anybody looks, or did.
WITHHELD: frozenset[str] = frozenset(
    {Kind.HELD, Kind.OPEN, Kind.BUSY, Kind.UNSCORED, Kind.MONITORED, Kind.REFERRED}
)


@dataclass(frozen=True)
class Held:
    """One conversation in which the account takes part."""

    facts: Facts
    standing: Standing

    @property
    def why_kept(self) -> str:
        return KEPT.get(self.standing.kind, "")

    @property
    def is_withheld(self) -> bool:
        return self.standing.kind in WITHHELD


def file_request(*, licensee: Licensee, kind: str, account: str, reference: str, by: User) -> AccountRequest:
    """`account` is the platform's exact id. It is sealed, and stands in no trail and on no page."""
    check_may_file(by, licensee)
    if not 1 <= len(account) <= LONGEST_ACCOUNT:
        raise NotPossible("Give the platform's id of the account, whole.", about=licensee.about())
    with transaction.atomic():
        key, cipher = new_data_key(licensee_id=licensee.pk)
        key.save()
        now = timezone.now()
        request = AccountRequest.objects.create(
            licensee=licensee,
            kind=AccountRequest.Kind(kind),
            data_key=key,
            account_sealed=cipher.encrypt(
                account.encode("utf-8", "surrogatepass"),
                table="account_request",
                column="account",
                row=str(key.pk),
            ),
            reference=reference,
            filed_by=by,
            filed_at=now,
            due_at=now + ANSWER_WITHIN,
        )
        payload = {"kind": kind, "reference": reference, "due": request.due_at.isoformat()}
        record(Verb.ACCOUNT_REQUEST_FILED, by=by, about=request.about(), payload=payload)
    return request


def held_about(request: AccountRequest, *, locked: bool = False) -> list[Held]:
    """Every conversation of the licensee in which the account takes part, and how each stands."""
    terms, now = Terms.objects.in_force(request.licensee), timezone.now()
    ids = list(_participants(request).order_by("conversation").values_list("conversation_id", flat=True))
    if locked:
        # In the order of the house: cases, then conversations.
        list(Case.every.select_for_update(of=("self",)).filter(conversation__in=ids).order_by("pk"))
        list(Conversation.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
    rows = list(Conversation.objects.select_related("data_key", "licensee").filter(pk__in=ids).order_by("pk"))
    found = [
        facts for first in range(0, len(rows), AT_ONCE) for facts in _facts(rows[first : first + AT_ONCE])
    ]
    return [Held(facts, standing_of(facts, terms, now=now)) for facts in found]


def export(*, request_id: int, by: User) -> bytes:
    """The file for the account. That this person takes it out is recorded, and committed, before any text is opened."""
    with transaction.atomic():
        request = AccountRequest.objects.lock(request_id)
        check_may_answer(by, request)
        _check(request, AccountRequest.Kind.ACCESS, also_answered=True)
        held = held_about(request)
        given = [one for one in held if not one.is_withheld]
        outcome = {"given": len(given), "withheld": _reasons([one for one in held if one.is_withheld])}
        payload = {"conversations": [one.facts.conversation.pk for one in given], **outcome}
        if request.is_open:
            _close(request, State.ANSWERED, Verb.ACCOUNT_REQUEST_EXPORTED, by, outcome, payload)
        else:
            record(Verb.ACCOUNT_REQUEST_EXPORTED, by=by, about=request.about(), payload=payload)
    return file_of(request.licensee, account_of(request), [one.facts.conversation for one in given])


def erase_account(*, request_id: int, by: User) -> AccountRequest:
    """Erase what nothing needs any more, at once and for good; the rest goes by its rule when that ends."""
    with transaction.atomic():
        request = AccountRequest.objects.lock(request_id)
        check_may_answer(by, request)
        _check(request, AccountRequest.Kind.ERASURE)
        held = held_about(request, locked=True)
        gone = {one.facts.conversation.pk: one.facts for one in held if not one.why_kept}
        doomed = [Doomed(facts.conversation, Erasure.Rule.REQUESTED) for facts in gone.values()]
        erasures = erase(doomed, by=by)
        record_erasures(erasures, gone, {}, by=by)
        unnamed = _forget_names(request, list(gone))
        Due.objects.filter(conversation__in=gone).update(kind=Kind.DONE, look_at=None)
        outcome = {
            "erased": len(erasures),
            "messages": sum(erasure.messages for erasure in erasures),
            "names": unnamed,
            "kept": _reasons([one for one in held if one.why_kept]),
        }
        return _close(request, State.ANSWERED, Verb.ACCOUNT_REQUEST_ERASED, by, outcome, outcome)


def refuse_request(*, request_id: int, why: str, by: User) -> AccountRequest:
    with transaction.atomic():
        request = AccountRequest.objects.lock(request_id)
        check_may_answer(by, request)
        _check(request)
        outcome = {"why": AccountRequest.Refusal(why)}
        return _close(request, State.REFUSED, Verb.ACCOUNT_REQUEST_REFUSED, by, outcome, outcome)


def withdraw_request(*, request_id: int, by: User) -> AccountRequest:
    with transaction.atomic():
        request = AccountRequest.objects.lock(request_id)
        check_may_answer(by, request)
        _check(request)
        return _close(request, State.WITHDRAWN, Verb.ACCOUNT_REQUEST_WITHDRAWN, by, {}, {})


def account_of(request: AccountRequest) -> str:
    """Callers show it to nobody, or record that first."""
    cipher = open_data_key(request.data_key)
    row = str(request.data_key_id)
    opened = cipher.decrypt(request.account_sealed, table="account_request", column="account", row=row)
    return opened.decode("utf-8", "surrogatepass")


def _participants(request: AccountRequest) -> QuerySet[Participant]:
    own = is_account([request.licensee_id], account_of(request))
    return Participant.objects.filter(own, conversation__licensee=request.licensee_id)


def _facts(rows: Sequence[Conversation]) -> list[Facts]:
    return list(facts_of(rows).values())


def _forget_names(request: AccountRequest, ids: Sequence[int]) -> int:
    """The platform's id of the account, where its words are gone. If the platform sends more, it is somebody new."""
    rows = list(_participants(request).filter(conversation__in=ids))
    for person in rows:
        person.external_id_sealed = person.account_index = person.index_key = None
    columns = ["external_id_sealed", "account_index", "index_key"]
    Participant.objects.bulk_update(rows, columns, batch_size=AT_ONCE)
    return len(rows)


def _reasons(held: Sequence[Held]) -> list[dict[str, Any]]:
    """How many for each reason, and when the last of them ends, where a day is known."""
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.why_kept, []).append(one)
    return [
        {"why": why, "conversations": len(own), "until": _last_end(own)} for why, own in sorted(found.items())
    ]


def _last_end(held: Sequence[Held]) -> str | None:
    ends: list[datetime] = [
        one.standing.until
        for one in held
        if one.standing.until and (one.standing.rule or one.facts.held_until)
    ]
    return max(ends).isoformat() if ends else None


def _check(request: AccountRequest, kind: str = "", *, also_answered: bool = False) -> None:
    allowed = {State.RECEIVED, State.ANSWERED} if also_answered else {State.RECEIVED}
    if request.state not in allowed:
        day = f"{request.closed_at:%d %B %Y}" if request.closed_at else ""
        sentence = f"This request was {request.get_state_display().lower()} on {day}. Nothing is left to do."
        raise NotPossible(sentence, about=request.about())
    if kind and request.kind != kind:
        sentence = (
            f"This is a request for {request.get_kind_display().lower()}. File another for something else."
        )
        raise NotPossible(sentence, about=request.about())


def _close(
    request: AccountRequest, to: str, verb: Verb, by: User, outcome: dict[str, Any], payload: dict[str, Any]
) -> AccountRequest:
    return transition(
        request,
        to=to,
        by=by,
        verb=verb,
        payload=payload,
        outcome=outcome,
        closed_by=by,
        closed_at=timezone.now(),
    )
