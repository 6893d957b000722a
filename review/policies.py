"""Can this happen to this case now? Each check raises NotPossible with what happened and what to do next."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from audit.transitions import NotPossible
from review.models import Annotation, Case, Claim, Decision, Reveal
from scoring.characteristics import BY_KEY
from scoring.models import Conversation, Message

TAKE_ANOTHER = "Take another from the queue."
REVEALED_AT_ONCE = 200


def open_claim(case: Case) -> Claim | None:
    """The claim that has not ended; its lease may have passed, see `is_live`."""
    return case.claims.filter(ended_at=None).select_related("holder").first()


def is_live(claim: Claim | None) -> bool:
    """A lease that has passed counts as ended, even before the sweep has come by."""
    return claim is not None and claim.ended_at is None and claim.expires_at > timezone.now()


def check_claimable(case: Case, claim: Claim | None) -> None:
    if case.state == Case.State.WAITING:
        return
    check_undecided(case)
    raise NotPossible(_held_by_another(claim), about=case.about())


def check_hands_free(by: User, held: Case | None) -> None:
    if held is not None:
        raise NotPossible(
            f"You hold {held.reference}. Decide or release it before you claim another.", about=held.about()
        )


def check_holds_live_claim(case: Case, claim: Claim | None, by: User) -> Claim:
    """The claim may have lapsed, or gone to somebody else, since the page was drawn. Answers the claim."""
    check_undecided(case)
    if claim is None:
        raise NotPossible(_never_or_no_longer_held(case, by), about=case.about())
    if claim.holder_id != by.pk:
        raise NotPossible(_held_by_another(claim), about=case.about())
    if not is_live(claim):
        raise NotPossible(_lapsed(claim), about=case.about())
    return claim


def check_undecided(case: Case) -> None:
    if case.state == Case.State.ESCALATED:
        sentence = f"This case was escalated and waits for a second person's answer. {TAKE_ANOTHER}"
        raise NotPossible(sentence, about=case.about())
    if case.is_closed:
        decision = case.decisions.select_related("decided_by").latest("decided_at", "id")
        sentence = f"{decision.decided_by} decided this case {moment(decision.decided_at)}. {TAKE_ANOTHER}"
        raise NotPossible(sentence, about=case.about())


def check_read_to_the_end(
    case: Case, conversation: Conversation, *, seen_revision: int, seen_messages: int | None
) -> None:
    """Messages may have arrived, or been edited, while the person was judging."""
    if seen_revision == conversation.revision:
        return
    arrived = conversation.message_count - seen_messages if seen_messages is not None else None
    raise NotPossible(f"{_what_changed(arrived)}, then decide.", about=case.about())


def _what_changed(arrived: int | None) -> str:
    if arrived is None:
        return "The conversation changed since you opened this case. Read what is new"
    if arrived <= 0:
        return "A message was changed since you opened this case. Read it"
    read = "Read it" if arrived == 1 else "Read them"
    return f"{count(arrived, 'message')} arrived since you opened this case. {read}"


def check_complete(case: Case, *, disposition: str, reason: str, platform_action: str) -> None:
    """The same that the database holds; said in words."""
    if (disposition == Decision.Disposition.NO_ACTION) != bool(reason):
        sentence = (
            "No action needs the reason why the flag was mistaken, and only no action has one. Choose again."
        )
        raise NotPossible(sentence, about=case.about())
    if (disposition == Decision.Disposition.PLATFORM_ACTION) != bool(platform_action):
        sentence = (
            "A platform action names what the platform shall do, and no other outcome does. Choose again."
        )
        raise NotPossible(sentence, about=case.about())


def check_readable(case: Case) -> None:
    """Destroying its key erases a conversation for good; what was done with it stays in the trail."""
    erased_at = case.conversation.data_key.destroyed_at
    if erased_at is not None:
        sentence = f"The text of this conversation was erased {moment(erased_at)}. It cannot be read again."
        raise NotPossible(sentence, about=case.about())


def check_revealable(case: Case, numbers: Collection[int], messages: Collection[Message]) -> None:
    if len(numbers) > REVEALED_AT_ONCE:
        sentence = f"At most {REVEALED_AT_ONCE} turns are revealed at once. Choose fewer."
        raise NotPossible(sentence, about=case.about())
    missing = set(numbers) - {message.number for message in messages}
    if missing:
        sentence = f"This conversation has no turn {min(missing)}. Reload the page to see which there are."
        raise NotPossible(sentence, about=case.about())


def check_revealed(case: Case, message: Message, by: User) -> None:
    """What nobody has read, nobody can label."""
    if not Reveal.objects.filter(case=case, message=message, revealed_by=by).exists():
        raise NotPossible(f"Reveal turn {message.number} before you annotate it.", about=case.about())


def check_characteristic(case: Case, key: str) -> None:
    if key not in BY_KEY:
        raise NotPossible("This characteristic is not in the list. Choose one that is.", about=case.about())


def find_annotation(case: Case, annotation_id: int) -> Annotation:
    annotation = case.annotations.filter(pk=annotation_id).select_related("message").first()
    if annotation is None:
        sentence = "There is no such annotation on this case. Reload the page to see which there are."
        raise NotPossible(sentence, about=case.about())
    return annotation


def check_not_superseded(case: Case, annotation: Annotation) -> None:
    """Somebody else may have superseded it since the page was drawn."""
    newer = Annotation.objects.filter(supersedes=annotation).select_related("annotated_by").first()
    if newer is not None:
        by_whom = f"{newer.annotated_by} superseded this annotation {moment(newer.annotated_at)}."
        sentence = f"{by_whom} Reload the page to see the newer one."
        raise NotPossible(sentence, about=case.about())


def find_span(case: Case, text: str, words: str) -> tuple[int, int] | None:
    """Where the quoted words stand, in characters; None for the message as a whole."""
    if not words:
        return None
    if words not in text:
        sentence = "These words are not in the message as they are written here. Copy them from the message."
        raise NotPossible(sentence, about=case.about())
    if text.count(words) > 1:
        sentence = "These words stand in the message more than once. Quote a few more of them."
        raise NotPossible(sentence, about=case.about())
    start = text.index(words)
    return start, start + len(words)


def moment(at: datetime) -> str:
    """“at 14:02” today, “on 3 March at 14:02” on another day."""
    local = timezone.localtime(at)
    time = f"at {local:%H:%M}"
    return time if local.date() == timezone.localdate() else f"on {local.day} {local:%B} {time}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _held_by_another(claim: Claim | None) -> str:
    if claim is None:
        return f"This case cannot be claimed now. {TAKE_ANOTHER}"
    return f"{claim.holder} claimed this case {moment(claim.claimed_at)}. {TAKE_ANOTHER}"


def _lapsed(claim: Claim) -> str:
    return f"Your claim ended {moment(claim.expires_at)}. Claim the case again to go on."


def _never_or_no_longer_held(case: Case, by: User) -> str:
    last = case.claims.filter(holder=by, ending=Claim.Ending.EXPIRED).order_by("-claimed_at").first()
    return (
        _lapsed(last) if last else "You have not claimed this case. Claim it, then nobody else works on it."
    )
