"""Several questions in one statement answer what each would have answered alone."""

from datetime import UTC, datetime

from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import AuditEvent
from licensees.models import Licensee
from licensees.together import Shape, Statement, ask
from review.models import Annotation, Case, Claim, Decision
from review.queue import claim
from review.workflow import annotate, reveal
from scoring.models import DataKey, Message, Score
from tests.factories import make_case


def read(case: Case, by: User) -> None:
    claim(case_id=case.pk, by=by)
    reveal(case_id=case.pk, numbers=range(1, 9), by=by)
    annotate(case_id=case.pk, by=by, number=3, characteristic="age_probe", note="seen")


def values(row: object) -> dict[str, object]:
    """Of all columns, with bytes as bytes: the driver may give views of them."""
    named = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in named.items()}


def test_objects_of_every_kind_of_column_are_the_same(case: Case, mara: User):
    read(case, mara)
    questions = {
        "keys": DataKey.objects.all(),
        "messages": Message.objects.order_by("-number"),
        "scores": Score.objects.all(),
        "annotations": Annotation.objects.all(),
        "events": AuditEvent.objects.order_by("at", "id"),
        "claims": Claim.objects.annotate(called=F("holder__name")),
    }
    with CaptureQueriesContext(connection) as captured:
        answers = ask(**questions)
    assert len(captured) == 1
    for name, question in questions.items():
        assert [values(one) for one in answers[name]] == [values(one) for one in question.all()], name
        assert answers[name], name


def test_what_is_joined_comes_along_and_nothing_is_asked_again(case: Case, mara: User):
    read(case, mara)
    (found,) = ask(found=Annotation.objects.select_related("annotated_by", "superseded_by"))["found"]
    with CaptureQueriesContext(connection) as captured:
        assert found.annotated_by == mara
        assert not hasattr(found, "superseded_by")
    assert len(captured) == 0


def test_columns_that_were_left_out_are_read_when_they_are_needed(case: Case):
    (first, *_) = ask(messages=Message.objects.defer("text_sealed"))["messages"]
    assert "text_sealed" in first.get_deferred_fields()
    assert bytes(first.text_sealed)


def test_values_and_what_has_no_rows(case: Case, northwind: Licensee):
    answers = ask(
        flat=Case.objects.values_list("reference", flat=True),
        counted=Case.objects.values("licensee")
        .annotate(number=Count("pk"))
        .values_list("licensee", "number"),
        none=Decision.objects.none(),
        empty=Decision.objects.all(),
    )
    assert answers == {
        "flat": [case.reference],
        "counted": [(northwind.pk, 1)],
        "none": [],
        "empty": [],
    }


def test_what_is_written_in_sql_keeps_its_parameters_apart(case: Case):
    facts = {"text": "50 %s of it; '); --", "at": datetime(2026, 3, 3, tzinfo=UTC)}
    answers = ask(
        written=Statement("SELECT %(text)s, %(at)s::timestamptz, %(text)s", facts, 3),
        cases=Case.objects.filter(reference=case.reference),
    )
    assert answers["written"] == [[facts["text"], "2026-03-03T00:00:00+00:00", facts["text"]]]
    assert answers["cases"] == [case]


def test_a_shape_is_compiled_once_and_answers_each_value(case: Case, northwind: Licensee):
    other, built = make_case(northwind, external_id="other"), []

    def build(pk: int) -> QuerySet[Case]:
        built.append(pk)
        found: QuerySet[Case] = Case.every.filter(pk=pk).select_related("licensee")
        return found

    shape = Shape(build)
    for one in (case, other, case):
        assert ask(found=shape.about(one.pk))["found"] == [one]
    assert built == [Shape.PLACE]


def test_a_row_of_more_than_a_hundred_columns_travels_in_parts(case: Case):
    many = Case.every.annotate(**{f"place{place}": Value(place) for place in range(150)})
    (found,) = ask(found=many)["found"]
    assert found == case
    assert [getattr(found, f"place{place}") for place in range(150)] == list(range(150))
