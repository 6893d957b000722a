"""A licensee's thresholds: seen before and after, set with a reason, never over another admin's head."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.models import Licensee, Policy
from licensees.onboarding import set_policy

pytestmark = pytest.mark.django_db
PAGE = "/licensees/northwind/policy"


def in_force(licensee: Licensee) -> Policy:
    return Policy.objects.in_force(licensee.pk)


def filled_in(licensee: Licensee, **changes: Any) -> dict[str, Any]:
    policy = in_force(licensee)
    values = {
        "flag_threshold": policy.flag_threshold,
        "imminent_threshold": policy.imminent_threshold,
        "standard_due_hours": policy.standard_due_hours,
        "imminent_due_hours": policy.imminent_due_hours,
        "second_review_percent": policy.second_review_percent,
        "second_review_due_hours": policy.second_review_due_hours,
        "golden_percent": policy.golden_percent,
        "reason_text": "Fewer false alarms",
        "seen": policy.pk,
    }
    return values | changes


def test_the_first_answer_shows_before_and_after_and_sets_nothing(
    adams_browser: Client, northwind: Licensee
) -> None:
    answer = adams_browser.post(PAGE, filled_in(northwind, flag_threshold=0.8))
    assert answer.status_code == 200
    flag = answer.context["form"].changes()[0]
    assert (flag["before"], flag["after"], flag["is_changed"]) == ("0.70", "0.80", True)
    assert "Nothing is set yet." in answer.content.decode()
    assert Policy.objects.count() == 1


def test_the_second_answer_sets_it_and_records_it(
    adams_browser: Client, adam: User, northwind: Licensee
) -> None:
    values = filled_in(northwind, flag_threshold=0.8, standard_due_hours=12, confirmed="1")
    answer = adams_browser.post(PAGE, values)
    assert (answer.status_code, answer["Location"]) == (302, "/licensees/northwind/")
    policy = in_force(northwind)
    assert (policy.flag_threshold, policy.standard_due_hours, policy.set_by) == (0.8, 12, adam)
    assert policy.reason == "Fewer false alarms"
    event = AuditEvent.objects.get(verb=Verb.POLICY_SET)
    assert event.actor == adam.actor_name
    assert event.licensee_id == northwind.pk
    assert event.payload["flag_threshold"] == 0.8


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"reason_text": " "}, "reason_text", "This field is required."),
        (
            {"flag_threshold": 0.98},
            "imminent_threshold",
            "This cannot lie under the probability at which a person looks.",
        ),
        ({"flag_threshold": 0}, "flag_threshold", "Ensure this value is greater than or equal to 0.01."),
        ({"imminent_threshold": 1.5}, "imminent_threshold", "Ensure this value is less than or equal to 1."),
        ({"flag_threshold": "nan"}, "flag_threshold", "Enter a number."),
        (
            {"imminent_due_hours": 48},
            "imminent_due_hours",
            "Imminent cases cannot be due later than standard ones.",
        ),
        (
            {"flag_threshold": 0.705},
            "flag_threshold",
            "Ensure this value is a multiple of step size 0.01, starting from 0.01, e.g. 0.01, 0.02, 0.03, and so on.",
        ),
        ({}, "__all__", "Nothing here differs from the policy in force."),
    ],
)
def test_a_policy_that_makes_no_sense_is_given_back(
    adams_browser: Client, northwind: Licensee, change: dict[str, Any], field: str, sentence: str
) -> None:
    answer = adams_browser.post(PAGE, filled_in(northwind, confirmed="1", **change))
    assert answer.status_code == 422
    assert answer.context["form"].errors == {field: [sentence]}
    assert Policy.objects.count() == 1


def test_a_policy_set_meanwhile_by_somebody_else_is_not_overwritten(
    adams_browser: Client, otto: User, northwind: Licensee
) -> None:
    values = filled_in(northwind, flag_threshold=0.8, confirmed="1")
    others = set_policy(
        licensee=northwind,
        by=otto,
        reason="Earlier",
        flag_threshold=0.6,
        imminent_threshold=0.9,
        standard_due_hours=24,
        imminent_due_hours=1,
    )
    answer = adams_browser.post(PAGE, values)
    assert answer.status_code == 409
    assert "Otto set another policy on" in answer.content.decode()
    assert "Fewer false alarms" in answer.content.decode()
    assert in_force(northwind) == others
    assert AuditEvent.objects.latest("at").verb == Verb.ATTEMPT_REFUSED


def test_the_verb_itself_refuses_a_policy_seen_too_early(adam: User, northwind: Licensee) -> None:
    with pytest.raises(NotPossible, match="Somebody set another policy"):
        set_policy(
            licensee=northwind,
            by=adam,
            reason="x",
            flag_threshold=0.6,
            imminent_threshold=0.9,
            standard_due_hours=24,
            imminent_due_hours=1,
            instead_of=in_force(northwind).pk - 1,
        )
    assert Policy.objects.count() == 1
