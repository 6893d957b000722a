"""The questions that an auditor puts to the trail."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import User
from audit.queries import Mark, Question
from audit.verbs import Verb

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MarkField(forms.CharField):
    widget = forms.HiddenInput

    def clean(self, value: Any) -> Mark | None:
        text = super().clean(value)
        try:
            return Mark.read(text) if text else None
        except ValueError:
            raise forms.ValidationError(
                "The link to this page is damaged: here is the newest page."
            ) from None


class TrailForm(forms.Form):
    """Sent by GET, so that an auditor can keep the address of an answer."""

    first_day = forms.DateField(label="From day", required=False, widget=DAY)
    last_day = forms.DateField(label="To day", required=False, widget=DAY)
    case = forms.CharField(
        label="Case", required=False, max_length=40, widget=forms.TextInput(attrs={"size": 12})
    )
    older_than = MarkField(required=False)
    newer_than = MarkField(required=False)

    def __init__(self, *arguments: Any, licensees: Iterable[Any], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._licensees = {str(licensee.pk): licensee.name for licensee in licensees}
        served = [("", "any"), *self._licensees.items(), ("none", "no licensee")]
        self.fields["licensee"] = _choice("Licensee", served)
        self.fields["verb"] = _choice("Act", [("", "any"), *Verb.choices])
        self.fields["actor"] = _choice("By whom", [("", "anybody"), *_actors()])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "This day lies before the first one.")
        return cleaned

    def question(self) -> Question:
        """Of a valid form only: half an answer would be read as the whole."""
        given = self.cleaned_data
        return Question(
            scopes=self._scopes(given["licensee"]),
            verb=given["verb"],
            actor=given["actor"],
            case_reference=given["case"].strip().upper(),
            first_day=given["first_day"],
            last_day=given["last_day"],
            older_than=given["older_than"],
            newer_than=given["newer_than"],
        )

    def _scopes(self, chosen: str) -> frozenset[int | None]:
        if chosen == "none":
            return frozenset({None})
        if chosen:
            return frozenset({int(chosen)})
        return frozenset({None, *(int(key) for key in self._licensees)})


def _actors() -> list[Any]:
    people = [(person.actor_name, person.name) for person in User.objects.order_by("name", "pk")]
    kinds = [("machine:", "the machine itself"), ("key:", "a platform's key")]
    return [("People", people), ("Others", kinds)]


def _choice(label: str, choices: list[Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False)
