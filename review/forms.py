"""What people send: checked here for form, in policies.py for whether it can be."""

from typing import Any

from django import forms

from review.models import Case, Decision
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


class RevealForm(forms.Form):
    """The numbers of the turns: repeated `number`, as fields or in the address."""

    number = forms.MultipleChoiceField()

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        # Any number may be asked for; whether the conversation has it is for the policy to say.
        sent = data.getlist("number")
        self.fields["number"].choices = [(text, text) for text in sent if text.isdigit() and len(text) < 9]  # type: ignore[attr-defined]

    def clean_number(self) -> list[int]:
        return sorted({int(text) for text in self.cleaned_data["number"]})


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


class DecideForm(forms.Form):
    def __init__(self, data: Any = None, **named: Any) -> None:
        super().__init__(data, auto_id="decide_%s", **named)

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

    def clean(self) -> dict[str, Any]:
        """What belongs to another outcome than the chosen one is left aside."""
        cleaned: dict[str, Any] = super().clean() or {}
        disposition = cleaned.get("disposition")
        if disposition == Decision.Disposition.NO_ACTION and not cleaned.get("reason"):
            self.add_error("reason", "Choose a reason: the technique learns from it.")
        if disposition == Decision.Disposition.PLATFORM_ACTION and not cleaned.get("platform_action"):
            self.add_error("platform_action", "Choose what the platform shall do.")
        if disposition != Decision.Disposition.NO_ACTION:
            cleaned["reason"] = ""
        if disposition != Decision.Disposition.PLATFORM_ACTION:
            cleaned["platform_action"] = ""
        return cleaned
