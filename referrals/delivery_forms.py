"""What a person types about a delivery; the rules are in delivery_policies.py."""

from datetime import UTC, datetime, time

from django import forms
from django.utils import timezone

from referrals.checklists import PRIORITIES
from referrals.delivery_policies import LEAST_REASON, MOST_REASON, MOST_REFERENCE
from referrals.models import DeliveryFeedback

MINUTE = "%Y-%m-%dT%H:%M"


class ReleaseForm(forms.Form):
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class PortalReleaseForm(ReleaseForm):
    priority = forms.TypedChoiceField(
        label="Priority",
        coerce=int,
        choices=PRIORITIES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one."},
    )


class WhyForm(forms.Form):
    reason_text = forms.CharField(
        label="Why, and what you looked at",
        min_length=LEAST_REASON,
        max_length=MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ArrivalForm(WhyForm):
    reference = forms.CharField(
        label="Their reference",
        max_length=MOST_REFERENCE,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="The report id, or what their portal or letter says.",
    )
    arrived_at = forms.DateTimeField(
        label="When they had it",
        input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=MINUTE, attrs={"type": "datetime-local"}),
        help_text="In UTC.",
    )
    field_order = ("reference", "arrived_at", "reason_text")


class FeedbackForm(forms.Form):
    outcome = forms.ChoiceField(label="What they said", choices=DeliveryFeedback.Outcome.choices)
    reason_text = forms.CharField(
        label="In their words or yours",
        min_length=LEAST_REASON,
        max_length=MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Encrypted, and kept with the case.",
    )


class HoldForm(WhyForm):
    until = forms.DateField(
        label="Keep it until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The end of that day, in UTC.",
    )
    field_order = ("until", "reason_text")

    def end(self) -> datetime:
        return datetime.combine(self.cleaned_data["until"], time.max, tzinfo=UTC)


def arrival_initial() -> dict[str, str]:
    return {"arrived_at": f"{timezone.now():{MINUTE}}"}
