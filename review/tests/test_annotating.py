"""A label with a place, on what one has read; superseded, never edited."""

import pytest

from accounts.models import User
from audit.append_only import AppendOnlyError
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from review.models import Annotation, Case
from review.notes import open_annotation_note
from review.queue import claim, release
from review.workflow import annotate, reveal, supersede_annotation
from tests.factories import TEXTS

KEY = "secrecy_request"


@pytest.fixture
def read(case: Case, mara: User) -> Case:
    """Mara holds the case and has read turns 5 and 6."""
    claim(case_id=case.pk, by=mara)
    reveal(case_id=case.pk, numbers=[5, 6], by=mara)
    return case


def test_the_quoted_words_are_where_the_label_goes(read: Case, mara: User):
    words = "between the two of us"

    made = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY, words=words)

    assert TEXTS[4][made.start : made.end] == words
    assert made.annotated_by == mara
    event = AuditEvent.objects.get(verb=Verb.CASE_ANNOTATED)
    assert event.payload["characteristic"] == KEY
    assert event.payload["message"] == made.message_id
    assert words not in event.entry


def test_without_words_the_whole_message_is_meant(read: Case, mara: User):
    made = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)

    assert (made.start, made.end) == (None, None)


def test_the_note_is_sealed_and_can_be_opened(read: Case, mara: User):
    made = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY, note="asked twice")

    made = Annotation.objects.select_related("case__conversation__data_key").get(pk=made.pk)
    assert b"asked twice" not in bytes(made.note_sealed)
    assert open_annotation_note(made) == "asked twice"
    assert not AuditEvent.objects.filter(entry__contains="asked twice").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"number": 1}, "Reveal turn 1 before you annotate it."),
        ({"number": 99}, "This conversation has no turn 99. Reload the page to see which there are."),
        ({"characteristic": "guilt"}, "This characteristic is not in the list. Choose one that is."),
        ({"words": "something else"}, "These words are not in the message as they are written here."),
        ({"words": "t"}, "These words stand in the message more than once. Quote a few more of them."),
    ],
)
def test_what_cannot_be_annotated_is_refused(read: Case, mara: User, changes: dict, sentence: str):
    with pytest.raises(NotPossible) as refusal:
        annotate(case_id=read.pk, by=mara, **{"number": 5, "characteristic": KEY, **changes})

    assert refusal.value.sentence.startswith(sentence)
    assert not Annotation.objects.exists()
    assert not AuditEvent.objects.filter(verb=Verb.CASE_ANNOTATED).exists()


def test_only_the_holder_annotates(read: Case, mara: User, ines: User):
    with pytest.raises(NotPossible, match="Mara claimed this case at"):
        annotate(case_id=read.pk, by=ines, number=5, characteristic=KEY)
    release(case_id=read.pk, by=mara)
    with pytest.raises(NotPossible, match="You have not claimed this case"):
        annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)

    assert not Annotation.objects.exists()


def test_a_newer_annotation_takes_the_place_of_an_older_one(read: Case, mara: User):
    old = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)

    new = supersede_annotation(case_id=read.pk, by=mara, annotation_id=old.pk, characteristic="exclusivity")

    assert new.supersedes == old
    assert new.message == old.message
    assert AuditEvent.objects.get(verb=Verb.ANNOTATION_SUPERSEDED).payload["supersedes"] == old.pk


def test_without_a_characteristic_it_takes_back(read: Case, mara: User):
    old = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)

    assert supersede_annotation(case_id=read.pk, by=mara, annotation_id=old.pk).characteristic == ""


def test_an_annotation_is_superseded_once(read: Case, mara: User):
    old = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)
    supersede_annotation(case_id=read.pk, by=mara, annotation_id=old.pk)

    with pytest.raises(NotPossible, match=r"Mara superseded this annotation at .* Reload the page"):
        supersede_annotation(case_id=read.pk, by=mara, annotation_id=old.pk, characteristic=KEY)
    assert Annotation.objects.count() == 2


def test_an_annotation_of_another_case_is_not_found(read: Case, mara: User):
    with pytest.raises(NotPossible, match="There is no such annotation on this case"):
        supersede_annotation(case_id=read.pk, by=mara, annotation_id=12345)


def test_an_annotation_is_never_edited(read: Case, mara: User):
    made = annotate(case_id=read.pk, by=mara, number=5, characteristic=KEY)
    made.characteristic = "exclusivity"

    with pytest.raises(AppendOnlyError):
        made.save()
