"""What a person types when asking, answering and approving. The rules are in policies.py; these spare a refusal."""

from typing import Any, cast

from django import forms

from referrals.models import EscalationVersion, Recipient
from referrals.policies import (
    LEAST_GROUNDS,
    LEAST_REASON,
    MOST_CONTEXT,
    MOST_EVIDENCE,
    MOST_GROUNDS,
    MOST_REASON,
)
from referrals.submission import open_grounds
from referrals.workflow import Asked
from review.models import Case
from scoring.models import Participant

MINUTE = "%Y-%m-%dT%H:%M"
CHOOSE = {"required": "Choose one."}


class RequestForm(forms.Form):
    """Everything that a request holds; the evidence is ticked beside the messages."""

    exit = forms.ChoiceField(
        label="What it is about",
        choices=Recipient.Exit.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    recipient = forms.TypedChoiceField(label="Recipient", coerce=int, error_messages=CHOOSE)
    subject = forms.TypedChoiceField(label="Subject account", coerce=int, error_messages=CHOOSE)
    possible_minor = forms.TypedChoiceField(label="Possible minor", coerce=int, error_messages=CHOOSE)
    incident_at = forms.DateTimeField(
        label="Time of the incident",
        required=False,
        input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=MINUTE, attrs={"type": "datetime-local"}),
        help_text="In UTC. If you leave it empty, the packet says that it is not stated.",
    )
    context = forms.IntegerField(
        label="Messages shown before and after each",
        min_value=0,
        max_value=MOST_CONTEXT,
        initial=3,
        help_text="Context shows the recipient how it came up, and what was said in answer.",
    )
    grounds = forms.CharField(
        label="Grounds",
        min_length=LEAST_GROUNDS,
        max_length=MOST_GROUNDS,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write what you saw."},
        help_text="What you saw and why it needs a second person. Facts, not judgements of a person.",
    )
    evidence = forms.TypedMultipleChoiceField(
        label="Evidence",
        coerce=int,
        error_messages={"required": "Choose at least one message that you have read."},
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *arguments: Any, case: Case, readable: list[int], **named: Any) -> None:
        super().__init__(*arguments, **named)
        accounts = [(account.pk, describe(account)) for account in case.conversation.participants.all()]
        self._set_choices("recipient", [("", "Choose one"), *recipients()])
        self._set_choices("subject", [("", "Choose one"), *accounts])
        self._set_choices("possible_minor", [("", "Choose one"), *accounts])
        self._set_choices("evidence", [(number, str(number)) for number in readable])

    def clean_evidence(self) -> list[int]:
        numbers: list[int] = self.cleaned_data["evidence"]
        if len(numbers) > MOST_EVIDENCE:
            raise forms.ValidationError(f"Choose at most {MOST_EVIDENCE} messages.")
        return numbers

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_accounts(cleaned)
        self._check_recipient(cleaned)
        return cleaned

    def asked(self) -> Asked:
        cleaned = self.cleaned_data
        return Asked(
            exit=cleaned["exit"],
            recipient_id=cleaned["recipient"],
            subject_id=cleaned["subject"],
            possible_minor_id=cleaned["possible_minor"],
            evidence_numbers=cleaned["evidence"],
            context=cleaned["context"],
            incident_at=cleaned["incident_at"],
            grounds=cleaned["grounds"],
        )

    def _set_choices(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def _check_accounts(self, cleaned: dict[str, Any]) -> None:
        subject = cleaned.get("subject")
        if subject is not None and subject == cleaned.get("possible_minor"):
            self.add_error("possible_minor", "Choose another account than the subject account.")

    def _check_recipient(self, cleaned: dict[str, Any]) -> None:
        recipient = Recipient.objects.filter(pk=cleaned.get("recipient") or 0).first()
        if recipient is not None and recipient.exit != cleaned.get("exit"):
            wanted = Recipient.Exit(recipient.exit).label.lower()
            self.add_error(
                "recipient", f"{recipient} takes “{wanted}” only. Choose another recipient or exit."
            )


class ReasonForm(forms.Form):
    """Why it is returned, declined or withdrawn."""

    reason_text = forms.CharField(
        label="Reason",
        min_length=LEAST_REASON,
        max_length=MOST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApprovalForm(forms.Form):
    """The digest of the packet on the page, and the case's reference typed by hand."""

    packet_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    typed_reference = forms.CharField(
        label="Type the reference of the case",
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


def initial_of(version: EscalationVersion) -> dict[str, Any]:
    """What was asked last, to be changed and submitted again."""
    return {
        "exit": version.exit,
        "recipient": version.recipient_id,
        "subject": version.subject_id,
        "possible_minor": version.possible_minor_id,
        "incident_at": version.incident_at,
        "context": version.context,
        "grounds": open_grounds(version),
        "evidence": version.evidence_numbers,
    }


def recipients() -> list[tuple[int, str]]:
    active = Recipient.objects.filter(is_active=True)
    return [(recipient.pk, describe_recipient(recipient)) for recipient in active]


def describe_recipient(recipient: Recipient) -> str:
    words = f"{recipient}: {Recipient.Exit(recipient.exit).label.lower()}"
    return f"{words} (test recipient)" if recipient.is_test else words


def describe(account: Participant) -> str:
    return f"{account}, {account.external_id}, {Participant.AgeBand(account.declared_age_band).label}"
