"""Messages as the component message_bubble shows them; what nobody asked for stays masked and out of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Length
from django.urls import reverse

from accounts.models import User
from review.models import Annotation, Case, Reveal
from review.notes import open_annotation_note
from review.timeline import in_words
from review.views.marks import label_of, level_of, marks_on, parts_of
from scoring.characteristics import BY_KEY
from scoring.characteristics import level as in_level_words
from scoring.models import Message, MessageRating, Participant, Score
from scoring.weighing import Weighing

SEALING_BYTES = 28  # nonce and tag
SHORT_BYTES, LONG_BYTES = 30, 110
MINORS = {Participant.AgeBand.UNDER_13, Participant.AgeBand.FROM_13, Participant.AgeBand.FROM_16}
UNNAMED = "This turn weighed much in the score, but no characteristic is rated clearly enough to name."


@dataclass(frozen=True)
class Reading:
    """What is needed to show any of this case's messages to one person."""

    case: Case
    subject_id: int | None
    weighing: Weighing
    may_reveal: bool
    texts: Mapping[int, str] = field(default_factory=dict)


def messages_of(case: Case, person: User, *, rated: bool = True) -> QuerySet[Message]:
    """In order, each with its sender, its rating, whether this person has revealed it (`is_seen`) and then its sealed
    text. Of the others the text stays in the database; only its length is read, for the mask."""
    return masked(Message.objects.filter(conversation_id=case.conversation_id), case, person, rated=rated)


def masked(messages: QuerySet[Message], case: Case, person: User, *, rated: bool) -> QuerySet[Message]:
    seen = Reveal.objects.filter(case=case, revealed_by=person, message=OuterRef("pk"))
    return (
        messages.select_related("sender", "erasure", *(["rating"] if rated else []))
        .annotate(sealed_length=Length("text_sealed"), is_seen=Exists(seen))
        .annotate(text_seen=models.Case(models.When(is_seen=True, then=F("text_sealed"))))
        .defer("text_sealed")
        .order_by("number")
    )


def weighed(messages: list[Message], score: Score | None) -> list[Message]:
    """The same; `weighed` is the rating with its `contribution` to this score, as `MessageRatingQuerySet.weighed_by`
    has it: ratings of another model never mix in."""
    for message in messages if score is not None else []:
        rating = getattr(message, "rating", None)
        if rating is None or score is None or rating.model_id != score.model_id:
            continue
        if message.number <= score.message_count:
            rating.contribution = score.contribution(message.number, rating.evidence)
            message.weighed = rating  # type: ignore[attr-defined]
    return messages


def annotations_of(case: Case) -> QuerySet[Annotation]:
    """Oldest first."""
    rows = Annotation.objects.filter(case=case).select_related("annotated_by", "superseded_by")
    return rows.order_by("annotated_at", "id")


def bubble(message: Message, reading: Reading, annotations: list[Annotation]) -> dict[str, Any]:
    text = reading.texts.get(message.number)
    rating = rating_of(message) if is_flagged(message, reading.weighing) else None
    return {
        "pk": message.pk,
        "number": message.number,
        "sent_at": message.sent_at,
        "sender": str(message.sender),
        "role": role_of(message.sender, reading.subject_id),
        "role_detail": message.sender.get_declared_age_band_display(),
        "is_deleted": message.deleted_at is not None,
        "is_edited": message.edited_at is not None,
        "erased": message.erasure.sentence if message.erasure else "",
        "is_revealed": text is not None,
        "parts": _parts(message, text, annotations, rating),
        "length": _length(message),
        "reveal_url": _reveal_url(reading),
        "annotations": [_annotation(one, with_note=text is not None) for one in annotations],
        **_why(message, reading.weighing),
    }


def _parts(
    message: Message, text: str | None, annotations: list[Annotation], rating: MessageRating | None
) -> list[Any]:
    if text is None or message.erasure_id is not None:
        return []
    return list(parts_of(_printable(text), marks_on(text, annotations, rating)))


def _why(message: Message, weighing: Weighing) -> dict[str, Any]:
    """What the machine has to say of a flagged turn; of others, nothing."""
    rating = rating_of(message)
    if rating is None or not is_flagged(message, weighing):
        return {}
    return {
        "contribution": _contribution(rating, weighing.strongest),
        "characteristics": _characteristics(rating),
        "reason": _reason(rating),
    }


def rating_of(message: Message) -> MessageRating | None:
    """None where no score weighed it."""
    return getattr(message, "weighed", None)


def is_flagged(message: Message, weighing: Weighing) -> bool:
    """The machine found a characteristic worth showing, or the turn weighed much beside the strongest one."""
    rating = rating_of(message)
    return rating is not None and (bool(rating.ratings) or weighing.is_weighty(weight_of(rating)))


def weight_of(rating: MessageRating) -> float:
    """Its contribution to the score on the page, in log-odds."""
    contribution: float = rating.contribution  # type: ignore[attr-defined]  # set by weighed
    return contribution


def role_of(account: Participant, subject_id: int | None) -> str:
    if account.declared_age_band in MINORS:
        return "minor"
    return "subject" if account.pk == subject_id else "other"


def age_of_account(account: Participant, case: Case) -> str:
    """As it was when the conversation began."""
    began = case.conversation.first_message_at
    if account.account_created_at is None or began is None or began < account.account_created_at:
        return ""
    return in_words(began - account.account_created_at)


def _reveal_url(reading: Reading) -> str:
    if not reading.may_reveal:
        return ""
    return reverse("review:reveal", args=[reading.case.reference])


def _length(message: Message) -> str:
    size = message.sealed_length - SEALING_BYTES  # type: ignore[attr-defined]  # annotated by messages_of
    return "short" if size < SHORT_BYTES else "long" if size > LONG_BYTES else "medium"


def _contribution(rating: MessageRating, strongest: float) -> dict[str, Any]:
    """The bar compares a turn with the strongest one of its conversation."""
    share = max(0.0, weight_of(rating) / strongest) if strongest > 0 else 0.0
    value = f"{weight_of(rating):+.1f}".replace("-", "−")
    return {"percent": round(share * 100), "value": value, "level": level_of(share)}


def _sorted(rating: MessageRating) -> list[tuple[str, float]]:
    return sorted(rating.ratings.items(), key=lambda pair: -pair[1])


def _characteristics(rating: MessageRating) -> list[dict[str, str]]:
    return [{"label": label_of(key)} for key, _ in _sorted(rating)]


def _reason(rating: MessageRating) -> str:
    named = [(BY_KEY[key], value) for key, value in _sorted(rating) if key in BY_KEY]
    return " ".join(f"{one.description} ({in_level_words(value)})" for one, value in named) or UNNAMED


def _annotation(annotation: Annotation, *, with_note: bool) -> dict[str, Any]:
    """A note may quote the message: it is shown with the message and not without it."""
    return {
        "pk": annotation.pk,
        "label": label_of(annotation.characteristic) if annotation.characteristic else "taken back",
        "note": open_annotation_note(annotation) if with_note else "",
        "by": annotation.annotated_by.name,
        "at": annotation.annotated_at,
        "superseded": hasattr(annotation, "superseded_by"),
    }


def _printable(text: str) -> str:
    """A platform may send half of a surrogate pair; it is kept as sent, but no page can hold it."""
    return text.encode("utf-8", "replace").decode()
