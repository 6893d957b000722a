"""What a person types when asking, answering and approving. The rules are in policies.py; these spare a refusal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.db.models import QuerySet

from accounts.models import User
from referrals.asked import Asked
from referrals.models import Escalation, EscalationVersion, Recipient
from referrals.policies import (
    LEAST_GROUNDS,
    LEAST_REASON,
    MOST_CONTEXT,
    MOST_DEFINITION,
    MOST_EVIDENCE,
    MOST_GROUNDS,
    MOST_REASON,
    window,
)
from referrals.routing import about_recipients, asks_priority, list_of, propose
from referrals.submission import open_definition, open_grounds
from review.models import Case
from scoring.models import Message, Participant

MINUTE = "%Y-%m-%dT%H:%M"
CHOOSE = {"required": "Choose one."}
REDACT = "redact_"


class RequestForm(forms.Form):
    """Everything that a request holds; the evidence is ticked beside the messages."""

    exit = forms.ChoiceField(
        label="What it is about",
        choices=Recipient.Exit.choices,
        widget=forms.RadioSelect,
        error_messages=CHOOSE,
    )
    recipient = forms.TypedChoiceField(label="Recipient", coerce=int, required=False, empty_value=None)
    priority = forms.TypedChoiceField(
        label="Priority",
        coerce=int,
        required=False,
        empty_value=None,
        choices=[("", "Not asked for"), *EscalationVersion.Priority.choices],
        help_text="Your judgement, where the recipient’s law asks for one. No score decides it.",
    )
    subject = forms.TypedChoiceField(label="Subject account", coerce=int, error_messages=CHOOSE)
    possible_minor = forms.TypedChoiceField(label="Possible minor", coerce=int, error_messages=CHOOSE)
    incident_at = forms.DateTimeField(
        label="Time of the incident",
        required=False,
        input_formats=[MINUTE, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=MINUTE, attrs={"type": "datetime-local"}),
        help_text="In UTC. If you leave it empty, the packet says that it is not stated.",
    )
    incident_definition = forms.CharField(
        label="What that time is",
        required=False,
        max_length=MOST_DEFINITION,
        widget=forms.TextInput(attrs={"list": "incident-definitions", "autocomplete": "off"}),
        help_text="How the platform defines it, as “when the first evidence message was sent”.",
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

    def __init__(
        self,
        *arguments: Any,
        case: Case,
        answers: Mapping[str, Sequence[Any]],
        follows: EscalationVersion | None = None,
        **named: Any,
    ) -> None:
        """`answers`: to `about_request`. `follows`: what was sealed, whose exit and recipient a supplement keeps."""
        super().__init__(*arguments, **named)
        accounts = [(account.pk, describe(account)) for account in answers["accounts"]]
        self.case, self.recipients = case, list_of(answers)
        self.proposals = {exit: propose(case, exit, self.recipients) for exit in Recipient.Exit.values}
        active = [(one.pk, describe_recipient(one)) for one in self.recipients.active]
        self._set_choices("recipient", [("", "As proposed"), *active])
        if follows is not None:
            self._set_choices("exit", [(follows.exit, follows.get_exit_display())])
            self._set_choices("recipient", [(follows.recipient_id, describe_recipient(follows.recipient))])
        self._set_choices("subject", [("", "Choose one"), *accounts])
        self._set_choices("possible_minor", [("", "Choose one"), *accounts])
        self.offer(answers["read"])

    def offer(self, read: Iterable[Message]) -> None:
        """What was read may become evidence."""
        self._set_choices("evidence", [(message.number, str(message.number)) for message in read])

    def clean_evidence(self) -> list[int]:
        numbers: list[int] = self.cleaned_data["evidence"]
        if len(numbers) > MOST_EVIDENCE:
            raise forms.ValidationError(f"Choose at most {MOST_EVIDENCE} messages.")
        return numbers

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_accounts(cleaned)
        recipient = self._chosen_recipient(cleaned)
        if recipient is not None:
            self._check_recipient(recipient, cleaned)
            self._check_priority(recipient, cleaned)
        self._check_incident(cleaned)
        cleaned["redactions"] = self._redactions(cleaned)
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
            incident_definition=cleaned["incident_definition"] if cleaned["incident_at"] else "",
            priority=cleaned["priority"],
            redactions=cleaned["redactions"],
        )

    @property
    def redactions(self) -> dict[int, str]:
        """As sent with the form, or as the version before had them: what the page keeps when it is drawn again."""
        if not self.is_bound:
            return {int(number): reason for number, reason in self.initial.get("redactions", {}).items()}
        named = (
            (name.removeprefix(REDACT), self.data[name]) for name in self.data if name.startswith(REDACT)
        )
        return {int(number): reason for number, reason in named if number.isdecimal() and reason}

    def _set_choices(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def _check_accounts(self, cleaned: dict[str, Any]) -> None:
        subject = cleaned.get("subject")
        if subject is not None and subject == cleaned.get("possible_minor"):
            self.add_error("possible_minor", "Choose another account than the subject account.")

    def _redactions(self, cleaned: dict[str, Any]) -> dict[int, str]:
        """Only of what is context now: a message that became evidence, or left the packet, is redacted no more."""
        evidence = cleaned.get("evidence") or []
        context = window(evidence, cleaned.get("context") or 0) - set(evidence)
        return {
            number: reason
            for number, reason in sorted(self.redactions.items())
            if number in context and reason in EscalationVersion.Redaction.values
        }

    def _chosen_recipient(self, cleaned: dict[str, Any]) -> Recipient | None:
        """As chosen, else as proposed for the exit."""
        if cleaned.get("recipient") is not None:
            return Recipient.objects.filter(pk=cleaned["recipient"]).first()
        proposal = self.proposals.get(cleaned.get("exit", ""))
        if proposal is None or "recipient" in self.errors:
            return None
        if proposal.recipient is None:
            self.add_error("recipient", proposal.why)
            return None
        cleaned["recipient"] = proposal.recipient.pk
        return proposal.recipient

    def _check_priority(self, recipient: Recipient, cleaned: dict[str, Any]) -> None:
        if not asks_priority(recipient):
            cleaned["priority"] = None
        elif cleaned.get("priority") is None:
            self.add_error("priority", f"{recipient} asks for a priority. Choose 1, 2 or 3.")

    def _check_incident(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("incident_at") and not cleaned.get("incident_definition"):
            self.add_error(
                "incident_definition", "Say how the platform defines the time, or leave both empty."
            )

    def _check_recipient(self, recipient: Recipient, cleaned: dict[str, Any]) -> None:
        if recipient.exit != cleaned.get("exit"):
            wanted = Recipient.Exit(recipient.exit).label.lower()
            self.add_error(
                "recipient", f"{recipient} takes “{wanted}” only. Choose another recipient or exit."
            )


class FollowForm(forms.Form):
    """Why a packet is added to, or taken back; it becomes the grounds of the packet that follows."""

    grounds = forms.CharField(
        label="Why",
        min_length=LEAST_GROUNDS,
        max_length=MOST_GROUNDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Say why."},
    )


class RetractionForm(FollowForm):
    """Only why: everything else stands as it was sealed."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    redactions: ClassVar[dict[int, str]] = {}

    def __init__(self, *arguments: Any, version: EscalationVersion, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.version = version

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), "redactions": {}}

    def asked(self) -> Asked:
        version = self.version
        return Asked(
            exit=version.exit,
            recipient_id=version.recipient_id,
            subject_id=version.subject_id,
            possible_minor_id=version.possible_minor_id,
            evidence_numbers=version.evidence_numbers,
            context=0,
            incident_at=version.incident_at,
            grounds=self.cleaned_data["grounds"],
            incident_definition=open_definition(version),
            priority=version.priority,
        )


class OwnerForm(forms.Form):
    """Who owns it from now on, and why."""

    owner = forms.TypedChoiceField(label="New owner", coerce=int, error_messages=CHOOSE)
    why = forms.ChoiceField(label="Why", choices=Escalation.Reassignment.choices, error_messages=CHOOSE)

    def __init__(self, *arguments: Any, people: list[User], **named: Any) -> None:
        super().__init__(*arguments, **named)
        field = cast(forms.ChoiceField, self.fields["owner"])
        field.choices = [(person.pk, person.name) for person in people]


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
        "incident_definition": open_definition(version),
        "priority": version.priority,
        "redactions": version.redactions,
        "grounds": open_grounds(version),
        "evidence": version.evidence_numbers,
    }


def about_request(case: Case) -> dict[str, QuerySet[Any, Any]]:
    """What the form offers, to be asked together with others; beside them `read`: what may become evidence."""
    accounts = Participant.objects.filter(conversation=case.conversation_id)
    return {"accounts": accounts, **about_recipients(case)}


def describe_recipient(recipient: Recipient) -> str:
    words = f"{recipient}: {Recipient.Exit(recipient.exit).label.lower()}"
    return f"{words} (test recipient)" if recipient.is_test else words


def describe(account: Participant) -> str:
    return f"{account}, {Participant.AgeBand(account.declared_age_band).label}"
