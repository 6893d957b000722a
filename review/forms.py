"""What people send: checked here for form, in policies.py for whether it can be."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from review.models import Case, Decision
from review.models.hold import LONGEST_HOLD
from review.policies import LONGEST_WATCH, REVEALED_AT_ONCE
from review.turn_numbers import whole
from scoring.characteristics import CHARACTERISTICS

LONGEST_NOTE = 4_000
ESCALATE_APART = "To escalate, choose “Escalate…”: it asks for the evidence and the grounds."
DECIDABLE = [
    (value, label) for value, label in Decision.Disposition.choices if value != Decision.Disposition.ESCALATE
]


class NextForm(forms.Form):
    """From which queue; both empty: the most urgent of all."""

    licensee = forms.IntegerField(required=False, min_value=1)
    lane = forms.ChoiceField(required=False, choices=[("", ""), *Case.Lane.choices])


class LeaveOutForm(forms.Form):
    """What the queue shall not offer, and for how long. No reason is asked."""

    what = forms.ChoiceField(
        label="What to leave out",
        choices=[
            ("", "Choose one"),
            *((f"lane:{value}", f"The {label.lower()} lane") for value, label in Case.Lane.choices),
            *((f"characteristic:{one.key}", one.label) for one in CHARACTERISTICS),
        ],
        error_messages={"required": "Choose what to leave out.", "invalid_choice": "Choose one of the list."},
    )
    until = forms.ChoiceField(
        label="For how long",
        choices=[("day", "Today"), ("week", "Seven days"), ("always", "Until you take it back")],
    )


class RevealForm(forms.Form):
    """The numbers of the turns: repeated `number`, as fields or in the address; or a range, both ends included."""

    number = forms.MultipleChoiceField(required=False)
    first = forms.IntegerField(label="From turn", required=False, min_value=1, max_value=99_999_999)
    last = forms.IntegerField(label="To turn", required=False, min_value=1, max_value=99_999_999)

    def __init__(self, data: Any, turns: int) -> None:
        self.is_range = "first" in data or "last" in data
        super().__init__(data or None, auto_id="range_%s")
        self.turns = turns
        # Any number may be asked for; whether the conversation has it is for the policy to say.
        sent = data.getlist("number")
        self.fields["number"].choices = [(text, text) for text in sent if whole(text) is not None]  # type: ignore[attr-defined]

    @property
    def numbers(self) -> list[int]:
        """One more than may be revealed at once is enough for the policy to refuse."""
        said = self.cleaned_data
        if not self.is_range:
            return sorted({int(text) for text in said["number"]})
        first, last = sorted((said["first"], said["last"]))
        return list(range(first, min(last, first + REVEALED_AT_ONCE) + 1))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.is_range and not cleaned.get("number"):
            self.add_error("number", "Choose a turn.")
        for name in ("first", "last") if self.is_range else ():
            if name not in self.errors and cleaned.get(name) is None:
                self.add_error(name, "Write the number of a turn.")
            elif (cleaned.get(name) or 0) > self.turns:
                self.add_error(name, f"The last turn is {self.turns}.")
        return cleaned


class SearchForm(forms.Form):
    REVEALED, ALL = "revealed", "all"

    # What is looked for may be what a message says: the panic key empties the field.
    words = forms.CharField(
        label="Words",
        min_length=2,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-quotes": ""}),
        error_messages={"required": "Write what to look for.", "min_length": "Write at least two letters."},
    )
    scope = forms.ChoiceField(required=False, choices=[(REVEALED, REVEALED), (ALL, ALL)])

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="search_%s")


class FindForm(forms.Form):
    text = forms.CharField(max_length=200, error_messages={"required": "Write what to look for."})


class AnnotateForm(forms.Form):
    # Two forms stand on the case page, so each names its fields after itself.
    def __init__(self, data: Any = None, **named: Any) -> None:
        super().__init__(data, auto_id="annotate_%s", **named)

    number = forms.IntegerField(label="Turn", min_value=1, max_value=99_999_999)
    characteristic = forms.ChoiceField(
        label="What you see",
        required=False,
        choices=[
            ("", "Choose one"),
            *((one.key, one.label) for one in CHARACTERISTICS if one.kind == "read"),
        ],
    )
    words = forms.CharField(
        label="Words",
        required=False,
        max_length=2_000,
        help_text="Copied from the message; empty for all of it.",
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    supersedes = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("characteristic") and not cleaned.get("supersedes"):
            self.add_error("characteristic", "Choose what you see in this turn.")
        return cleaned


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        today = timezone.localdate()
        bounds = {"min": today + timedelta(days=1), "max": today + LONGEST_WATCH}
        return super().get_context(name, value, bounds | (attrs or {}))


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        now = timezone.localtime()
        bounds = {"min": f"{now:%Y-%m-%dT%H:%M}", "max": f"{now + LONGEST_HOLD:%Y-%m-%dT%H:%M}"}
        return super().get_context(name, value, bounds | (attrs or {}))


class HoldForm(forms.Form):
    until = forms.DateTimeField(
        label="Until",
        widget=MomentInput,
        help_text=f"At most {LONGEST_HOLD.days} days from now. The times here are UTC.",
        error_messages={"required": "Choose when the case comes back."},
    )
    reason_text = forms.CharField(
        label="What the case waits for",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept encrypted, and read by who works on the case.",
        error_messages={"required": "Say in a few words what the case waits for."},
    )


class HandOverForm(forms.Form):
    to = forms.TypedChoiceField(
        label="To", coerce=int, error_messages={"required": "Choose to whom the case goes."}
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept encrypted, and read by who works on the case.",
    )

    def __init__(self, people: Iterable[User], data: Any = None, **named: Any) -> None:
        super().__init__(data, **named)
        # Who else may be asked for by a hand-made request is for the permission to say.
        listed = [(str(person.pk), person.name) for person in people]
        self.fields["to"].choices = [("", "Choose one"), *listed]  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    def __init__(self, data: Any = None, **named: Any) -> None:
        super().__init__(data, auto_id="decide_%s", **named)
        if "subjects" in self.fields:
            # Any place may be sent; whether the conversation has it is for the policy to say.
            sent = data.getlist("subjects") if hasattr(data, "getlist") else []
            self.offer_subjects((int(text), text) for text in sent if whole(text) is not None)

    disposition = forms.ChoiceField(
        choices=DECIDABLE, error_messages={"required": "Choose an outcome.", "invalid_choice": ESCALATE_APART}
    )
    reason = forms.ChoiceField(
        label="Why the flag was mistaken",
        required=False,
        choices=[("", "Choose one"), *Decision.Reason.choices],
    )
    platform_action = forms.ChoiceField(
        label="What the platform shall do",
        required=False,
        choices=[("", "Choose one"), *Decision.PlatformAction.choices],
    )
    subjects = forms.TypedMultipleChoiceField(
        label="Subject accounts",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Whom the platform shall act on.",
    )
    monitor_until = forms.DateField(
        label="Comes back on",
        required=False,
        widget=DayInput,
        help_text=f"In 1 to {LONGEST_WATCH.days} days, or sooner if the score rises.",
        error_messages={"invalid": "Write the day as 2026-03-31."},
    )
    note = forms.CharField(
        label="Private note",
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen_messages = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    @property
    def chosen(self) -> dict[str, bool]:
        return {value: self["disposition"].value() == value for value, _ in DECIDABLE}

    def offer_subjects(self, accounts: Iterable[tuple[int, str]]) -> None:
        """The place and the name of each account that may be chosen."""
        offered = [(str(place), name) for place, name in accounts]
        self.fields["subjects"].choices = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What belongs to another outcome than the chosen one is left aside."""
        cleaned: dict[str, Any] = super().clean() or {}
        disposition = cleaned.get("disposition")
        if disposition == Decision.Disposition.NO_ACTION and not cleaned.get("reason"):
            self.add_error("reason", "Choose a reason: the technique learns from it.")
        if disposition == Decision.Disposition.PLATFORM_ACTION and not cleaned.get("platform_action"):
            self.add_error("platform_action", "Choose what the platform shall do.")
        if "subjects" in self.fields:
            self._check_subjects(cleaned)
        if disposition == Decision.Disposition.MONITOR and self._asks_for_day:
            self._check_day(cleaned.get("monitor_until"))
        if disposition != Decision.Disposition.MONITOR and "monitor_until" in self.fields:
            cleaned["monitor_until"] = None
        if disposition != Decision.Disposition.NO_ACTION:
            cleaned["reason"] = ""
        if disposition != Decision.Disposition.PLATFORM_ACTION:
            cleaned["platform_action"] = ""
        return cleaned

    def _check_subjects(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("disposition") != Decision.Disposition.PLATFORM_ACTION:
            cleaned["subjects"] = []
        elif not cleaned.get("subjects"):
            self.add_error("subjects", "Choose the account or accounts that it concerns.")

    @property
    def _asks_for_day(self) -> bool:
        return "monitor_until" in self.fields and "monitor_until" not in self.errors

    def _check_day(self, until: date | None) -> None:
        if until is None:
            self.add_error("monitor_until", "Choose the day on which the conversation comes back.")
        elif not 1 <= (until - timezone.localdate()).days <= LONGEST_WATCH.days:
            self.add_error(
                "monitor_until", f"Choose a day from tomorrow on, at most {LONGEST_WATCH.days} days away."
            )


def typed_before(data: Any) -> dict[str, Any]:
    """What a person had typed into a decision that could not be made; empty where they had typed nothing."""
    names = ("disposition", "reason", "platform_action", "monitor_until", "note")
    typed = {name: data[name] for name in names if data.get(name)}
    subjects = data.getlist("subjects")
    return typed | ({"subjects": subjects} if subjects else {})


class SecondReviewForm(DecideForm):
    """The same form, without what only a first decision has, since nothing is done on it; escalating is one of the
    outcomes."""

    disposition = forms.ChoiceField(
        choices=Decision.Disposition.choices,
        error_messages={"required": "Choose an outcome.", "invalid_choice": "Choose an outcome."},
    )
    subjects = None  # type: ignore[assignment]
    monitor_until = None  # type: ignore[assignment]
    seen_revision = None  # type: ignore[assignment]
    seen_messages = None  # type: ignore[assignment]

    @property
    def chosen(self) -> dict[str, bool]:
        return {value: self["disposition"].value() == value for value in Decision.Disposition.values}


class VoteForm(SecondReviewForm):
    note = None  # type: ignore[assignment]


class CalibrationForm(forms.Form):
    title = forms.CharField(
        max_length=80, help_text="What the session is about, without a word of any conversation."
    )
    references = forms.CharField(
        label="Cases",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=1_000,
        help_text="Decided ones, one reference a line, as NW-2031-7.",
        error_messages={"required": "Write the references of the cases."},
    )
    people = forms.TypedMultipleChoiceField(
        label="Who votes",
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text="Three or more: of fewer, each would know the others’ votes.",
        error_messages={"required": "Choose who votes."},
    )
    vote_until = forms.DateTimeField(label="They vote until", widget=MomentInput, help_text="In UTC.")

    def __init__(self, people: Iterable[User], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["people"].choices = [(person.pk, person.name) for person in people]  # type: ignore[attr-defined]

    def clean_references(self) -> list[str]:
        return str(self.cleaned_data["references"]).upper().split()


class AgreeForm(forms.Form):
    disposition = forms.ChoiceField(
        label="The agreed outcome", choices=[("", "Choose one"), *Decision.Disposition.choices]
    )
    why = forms.CharField(max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, number: int, data: Any = None, **named: Any) -> None:
        super().__init__(data, auto_id=f"agree_{number}_%s", **named)


class GoldenForm(forms.Form):
    why = forms.CharField(
        label="Why this is the right answer",
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Read by each person after they have answered. Kept encrypted.",
        error_messages={"required": "Say why this is the right answer: it is what people learn from."},
    )


class AdjudicateForm(forms.Form):
    disposition = forms.ChoiceField(
        choices=Decision.Disposition.choices,
        error_messages={"required": "Choose an outcome.", "invalid_choice": "Choose an outcome."},
    )

    @property
    def chosen(self) -> dict[str, bool]:
        return {value: self["disposition"].value() == value for value in Decision.Disposition.values}
