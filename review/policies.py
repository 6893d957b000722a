"""Can this happen to this case now? Each check raises NotPossible with what happened and what to do next."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.models import User
from audit.transitions import NotPossible
from review.models import Annotation, Case, Claim, Decision, Hold
from review.models.hold import LONGEST_HOLD
from review.models.known import known_of
from scoring.characteristics import BY_KEY
from scoring.models import Conversation, Message, Participant

TAKE_ANOTHER = "Take another from the queue."
REVEALED_AT_ONCE = 200
LONGEST_WATCH = timedelta(days=90)
# Until then nothing of a decision leaves the building.
TAKEN_BACK_WITHIN = timedelta(seconds=10)


def open_claim(case: Case) -> Claim | None:
    """The claim that has not ended; its lease may have passed, see `is_live`."""
    known = known_of(case, "claims")
    if known is not None:
        return next((claim for claim in known if claim.ended_at is None), None)
    return case.claims.filter(ended_at=None).select_related("holder").first()


def open_hold(case: Case) -> Hold | None:
    known = known_of(case, "holds")
    if known is not None:
        return next((held for held in known if held.ended_at is None), None)
    return case.holds.filter(ended_at=None).select_related("held_by").first()


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


def check_hands_of(case: Case, to: User, held: Case | None) -> None:
    if held is not None:
        raise NotPossible(_hands_full(to), about=case.about())


def check_not_passed_on_by(case: Case, to: User) -> None:
    """A case that somebody released does not come back to them, whoever sends it."""
    if any(one.holder_id == to.pk and one.ending == Claim.Ending.RELEASED for one in case.claims.all()):
        raise NotPossible(
            f"{to} released this case before, so it does not go back to them. Choose somebody else.",
            about=case.about(),
        )


def check_practice_is_for(case: Case, by: User) -> None:
    """A golden case is given to one person; to others it is like one that nobody offers them."""
    if case.is_golden and case.practice_for_id != by.pk:
        raise NotPossible(f"This case cannot be claimed now. {TAKE_ANOTHER}", about=case.about())


def check_practice_stays(case: Case, to: User) -> None:
    """It is nobody's work, and the other person may know it. The sentence is the one of who rests."""
    if case.is_golden:
        raise NotPossible(takes_no_further(to), about=case.about())


def takes_no_further(to: User) -> str:
    return f"{to} takes no further case at the moment. Choose somebody else, or release the case."


def check_no_practice(case: Case) -> None:
    """The database refuses the same: nothing ever comes of practice."""
    if case.is_practice:
        raise NotPossible("This case is for practice: nothing is decided on it.", about=case.about())


def refuse_full_hands(case: Case, to: User) -> NotPossible:
    """They took another case in the same instant; the database noticed."""
    return NotPossible(_hands_full(to), about=case.about())


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
    """Nor on hold: then nobody works on it."""
    if case.state == Case.State.HELD:
        raise NotPossible(_on_hold(case), about=case.about())
    if case.state == Case.State.ESCALATED:
        sentence = f"This case was escalated and waits for a second person's answer. {TAKE_ANOTHER}"
        raise NotPossible(sentence, about=case.about())
    if case.is_closed and case.is_practice:
        raise NotPossible(f"This case is answered. {TAKE_ANOTHER}", about=case.about())
    if case.is_closed:
        decision = _last_decision(case)
        sentence = f"{decision.decided_by} decided this case {moment(decision.decided_at)}. {TAKE_ANOTHER}"
        raise NotPossible(sentence, about=case.about())


def _last_decision(case: Case) -> Decision:
    last = standing_decision(case)
    assert last is not None  # noqa: S101 - the database holds a closed case to have one
    return last


def standing_decision(case: Case) -> Decision | None:
    """The newest that was not taken back."""
    known = known_of(case, "decisions")
    if known is None:
        newest: Decision | None = (
            case.decisions.standing().select_related("decided_by").order_by("decided_at", "id").last()
        )
        return newest
    standing = [decision for decision in known if not hasattr(decision, "withdrawal")]
    return max(standing, key=lambda decision: (decision.decided_at, decision.pk), default=None)


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


def check_on_hold(case: Case) -> None:
    """Somebody may have taken it back, or its time may have come, since the page was drawn."""
    if case.state != Case.State.HELD:
        sentence = "This case is not on hold any more. Reload the page to see how it stands."
        raise NotPossible(sentence, about=case.about())


def check_hold_until(case: Case, until: datetime) -> None:
    now = timezone.now()
    if not now < until <= now + LONGEST_HOLD:
        sentence = (
            f"A hold ends in the future, at most {LONGEST_HOLD.days} days from now. Choose another time."
        )
        raise NotPossible(sentence, about=case.about())


def check_says_why(case: Case, reason: str) -> None:
    if not reason.strip():
        raise NotPossible("Say in a few words what the case waits for.", about=case.about())


def check_watch_until(case: Case, *, disposition: str, until: date | None) -> None:
    """The same that the database holds, and how far ahead."""
    if (disposition == Decision.Disposition.MONITOR) != (until is not None):
        sentence = (
            "To monitor needs the day on which the conversation comes back, and only to monitor has one."
        )
        raise NotPossible(f"{sentence} Choose again.", about=case.about())
    days = (until - timezone.localdate()).days if until else 1
    if not 1 <= days <= LONGEST_WATCH.days:
        sentence = f"A conversation is monitored from 1 to {LONGEST_WATCH.days} days. Choose another day."
        raise NotPossible(sentence, about=case.about())


def find_decision_to_take_back(case: Case) -> Decision:
    """It may have been taken back already: the same key pressed twice."""
    if case.state == Case.State.ESCALATED:
        sentence = "An escalation is not taken back here. Withdraw it on its own page."
        raise NotPossible(sentence, about=case.about())
    decision = standing_decision(case)
    if decision is None or case.state != Case.State.DECIDED:
        sentence = "There is no decision here to take back. Open the case to see how it stands."
        raise NotPossible(sentence, about=case.about())
    return decision


def check_can_be_taken_back(case: Case, decision: Decision) -> None:
    if timezone.now() - decision.decided_at > TAKEN_BACK_WITHIN:
        passed = f"The {TAKEN_BACK_WITHIN.seconds} seconds to take it back are over, and the decision stands."
        raise NotPossible(f"{passed} Tell a supervisor if it was a mistake.", about=case.about())
    _check_did_not_come_back(case)


def _check_did_not_come_back(case: Case) -> None:
    newer = Case.objects.filter(conversation_id=case.conversation_id, closed_at=None).first()
    if newer is not None:
        sentence = f"The conversation has come back as {newer.reference}. Judge it there."
        raise NotPossible(sentence, about=case.about())


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


def find_subjects(
    case: Case, *, disposition: str, subjects: Collection[int], found: Sequence[Participant]
) -> list[Participant]:
    """`subjects` are places in the conversation, Account A is 0; `found` the accounts that stand there."""
    if (disposition == Decision.Disposition.PLATFORM_ACTION) != bool(subjects):
        sentence = "A platform action concerns one or more subject accounts, and no other outcome does. Choose again."
        raise NotPossible(sentence, about=case.about())
    if set(subjects) != {account.position for account in found}:
        sentence = "One of these accounts is not in this conversation. Choose from those that the page names."
        raise NotPossible(sentence, about=case.about())
    return list(found)


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


def not_erased(case: Case, messages: Collection[Message]) -> list[Message]:
    """Those that still say something; there has to be one. A text that is gone is never counted as read."""
    kept = [message for message in messages if message.erasure_id is None]
    erasures = [message.erasure for message in messages if message.erasure is not None]
    if erasures and not kept:
        raise NotPossible(f"{erasures[0].sentence} It cannot be read again.", about=case.about())
    return kept


def check_revealed(case: Case, message: Message, revealed: Collection[int]) -> None:
    """What nobody has read, nobody can label."""
    if message.pk not in revealed:
        raise NotPossible(f"Reveal turn {message.number} before you annotate it.", about=case.about())


def check_still_revealed(case: Case, messages: Collection[Message], revealed: Collection[int]) -> None:
    """What is shown once more was revealed before."""
    missing = [message.number for message in messages if message.pk not in revealed]
    if missing:
        raise NotPossible(f"Reveal turn {min(missing)} before you read it.", about=case.about())


def check_unveiled(case: Case, unveilings: Collection[object]) -> None:
    if not unveilings:
        sentence = "State a purpose before you see the accounts of this case."
        raise NotPossible(sentence, about=case.about())


def check_characteristic(case: Case, key: str) -> None:
    if key not in BY_KEY:
        raise NotPossible("This characteristic is not in the list. Choose one that is.", about=case.about())


def find_annotation(case: Case, found: Sequence[Annotation]) -> Annotation:
    if not found:
        sentence = "There is no such annotation on this case. Reload the page to see which there are."
        raise NotPossible(sentence, about=case.about())
    return found[0]


def check_not_superseded(case: Case, annotation: Annotation) -> None:
    """Somebody else may have superseded it since the page was drawn."""
    newer: Annotation | None = getattr(annotation, "superseded_by", None)
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


def on_day(at: datetime) -> str:
    """“14:02” today, “3 March, 14:02” on another day: what stands after “until”."""
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local.day} {local:%B, %H:%M}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _held_by_another(claim: Claim | None) -> str:
    if claim is None:
        return f"This case cannot be claimed now. {TAKE_ANOTHER}"
    return f"{claim.holder} claimed this case {moment(claim.claimed_at)}. {TAKE_ANOTHER}"


def _hands_full(to: User) -> str:
    return f"{to} holds another case now. Choose somebody else, or ask them to decide or release it first."


def _on_hold(case: Case) -> str:
    held = open_hold(case)
    if held is None:
        return f"This case is on hold. {TAKE_ANOTHER}"
    return f"{held.held_by} put this case on hold until {on_day(held.until)}. Take it off hold to go on."


def _lapsed(claim: Claim) -> str:
    return f"Your claim ended {moment(claim.expires_at)}. Claim the case again to go on."


def _never_or_no_longer_held(case: Case, by: User) -> str:
    known = known_of(case, "claims")
    if known is None:
        lapsed = case.claims.filter(holder=by, ending=Claim.Ending.EXPIRED).order_by("-claimed_at")
        last = lapsed.first()
    else:
        own = [one for one in known if one.holder_id == by.pk and one.ending == Claim.Ending.EXPIRED]
        last = max(own, key=lambda one: one.claimed_at, default=None)
    return (
        _lapsed(last) if last else "You have not claimed this case. Claim it, then nobody else works on it."
    )
