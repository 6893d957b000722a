"""What an admin fills in: how long evidence is kept."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.utils import timezone

from licensees.forms import ReasonForm
from retention.models import AccountRequest, Terms
from retention.models.terms import BOUNDS

WORDS = {
    "unflagged_hours": (
        "No case came of it: hours after the last message",
        "The machine has read it by then; if the platform sends more, the hours begin anew.",
    ),
    "dismissed_days": (
        "Closed without action: days after that",
        "Long enough for a second look. A monitored conversation has these days after its day.",
    ),
    "acted_days": (
        "The platform acted: days after that",
        "As long as the account may appeal against a warning, a limit or a block.",
    ),
    "referred_days": (
        "Referred: days after that",
        "Beside it stands the preservation hold, which is longer where the recipient's law asks for it.",
    ),
    "states_days": (
        "What models counted: days after the last message",
        "Numbers without a word of anybody: with them a slow approach is seen over weeks.",
    ),
}


class TermsForm(ReasonForm):
    begins = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day on which they begin to count; empty: at once.",
    )
    # The terms that were the newest when the page was drawn; 0 for the usual ones.
    seen = forms.IntegerField(widget=forms.HiddenInput)

    field_order = [*WORDS, "begins", "reason_text", "seen"]

    def __init__(self, *arguments: Any, current: Terms, seen: int, **named: Any) -> None:
        named["initial"] = {**current.figures, "seen": seen}
        super().__init__(*arguments, **named)
        self.current = current
        for name, (label, help_text) in WORDS.items():
            least, most = BOUNDS[name]
            self.fields[name] = forms.IntegerField(
                label=label, help_text=help_text, min_value=least, max_value=most
            )
        self.order_fields(self.field_order)

    def clean_begins(self) -> datetime | None:
        day = self.cleaned_data["begins"]
        if day is None or day == timezone.localdate():
            return None
        if day < timezone.localdate():
            raise forms.ValidationError("Choose today or a later day.")
        return datetime.combine(day, time.min, tzinfo=UTC)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and self.figures() == self.current.figures:
            self.add_error(None, "Nothing here differs from the terms in force.")
        return cleaned

    def figures(self) -> dict[str, int]:
        return {name: self.cleaned_data[name] for name in WORDS}

    def changes(self) -> list[dict[str, Any]]:
        """Each figure before and after, for the eyes of the person who is about to set it."""
        return [
            {
                "label": self.fields[name].label,
                "before": before,
                "after": self.cleaned_data[name],
                "is_changed": before != self.cleaned_data[name],
            }
            for name, before in self.current.figures.items()
        ]

    def is_shorter(self) -> bool:
        return any(self.cleaned_data[name] < before for name, before in self.current.figures.items())


class AccountRequestForm(forms.Form):
    kind = forms.ChoiceField(label="What the account asks for", choices=AccountRequest.Kind.choices)
    account = forms.CharField(
        label="The platform's id of the account",
        max_length=200,
        strip=True,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Whole and exact. It is sealed, and no page shows it again.",
    )
    reference = forms.CharField(
        label="Reference",
        max_length=60,
        help_text="What the platform calls the request, as a ticket's number: nothing about a person.",
    )


class RefusalForm(forms.Form):
    why = forms.ChoiceField(label="Why", choices=AccountRequest.Refusal.choices)
