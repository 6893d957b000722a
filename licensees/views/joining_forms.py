"""What is filled in on a licensee's way in: by a stranger, and by admins."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone

from licensees import agreement
from licensees.forms import LicenseeForm, ReasonForm
from licensees.legal_basis import MEMBER_STATES, UNION
from licensees.models import Application, Contact, LegalBasis, VettingNote

LARGEST_DOCUMENT = 10 * 1024 * 1024


def clean_country(country: str) -> str:
    country = country.upper()
    if not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise forms.ValidationError("Use the two letters of ISO 3166-1, as GB or US.")
    return country


class ApplicationForm(forms.ModelForm):
    service = forms.ChoiceField(
        label="Kind of service", choices=[("", "Choose one"), *Application.Service.choices]
    )
    legal_basis = forms.ChoiceField(
        label="On which basis in law would conversations be looked at?",
        choices=[("", "Choose one"), *LegalBasis.Basis.choices, ("unknown", "We do not know yet")],
    )
    # Nobody sees it; whoever fills in every field of a page fills it in.
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Application
        fields = [
            "company",
            "country",
            "service",
            "serves_eu",
            "users",
            "minors_percent",
            "contact_name",
            "contact_email",
            "safety_contact",
            "why",
            "legal_basis",
            "legal_basis_note",
        ]
        labels = {
            "company": "Company",
            "country": "Country where it is established",
            "serves_eu": "People in the European Union use it",
            "users": "People who use it in a month",
            "minors_percent": "Of a hundred, how many are under 18",
            "contact_name": "Your name",
            "contact_email": "Your address at the company",
            "safety_contact": "Who answers for safety there",
            "why": "Why you apply, and what you do today",
            "legal_basis_note": "What you want to say about it",
        }
        help_texts = {
            "country": "Two letters, as GB.",
            "users": "A rough number is enough.",
            "minors_percent": "An estimate; say in the text how you know.",
            "contact_email": "A link to confirm it is sent there, where mail is set up.",
            "safety_contact": "Name and function, and how to reach them.",
            "why": "Send no conversations, and nothing about any child.",
        }
        widgets = {
            "why": forms.Textarea(attrs={"rows": 5}),
            "legal_basis_note": forms.Textarea(attrs={"rows": 2}),
        }

    def clean_country(self) -> str:
        return clean_country(self.cleaned_data["country"])

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class TakeUpForm(LicenseeForm):
    """The rest of what a licensee is comes from its application."""

    class Meta(LicenseeForm.Meta):
        fields = ["name", "code", "slug"]


class VettingForm(forms.Form):
    item = forms.CharField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(choices=VettingNote.Outcome.choices)
    note = forms.CharField(max_length=500)


class SignatureForm(forms.Form):
    version = forms.CharField(widget=forms.HiddenInput)
    signed_by_name = forms.CharField(label="Signed by", max_length=120)
    signed_by_function = forms.CharField(
        label="Function", max_length=120, help_text="As in the company's register: who may sign for it."
    )
    signed_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))
    document = forms.FileField(
        label="Signed document",
        required=False,
        help_text="A PDF of 10 MB at most. Its digest is kept, the file is not: keep it with your contracts.",
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named["initial"] = {"version": agreement.current().version}
        super().__init__(*arguments, **named)

    def clean_document(self) -> bytes | None:
        given = self.cleaned_data["document"]
        if given is None:
            return None
        if given.size > LARGEST_DOCUMENT:
            raise forms.ValidationError("This file is larger than 10 MB.")
        read: bytes = given.read()
        if not read.startswith(b"%PDF-"):
            raise forms.ValidationError("This is no PDF.")
        return read


class LegalBasisForm(forms.ModelForm):
    class Meta:
        model = LegalBasis
        fields = ["jurisdiction", "basis", "note", "document", "valid_from", "valid_until"]
        labels = {"document": "Where the assessment is kept", "valid_from": "From", "valid_until": "Until"}
        help_texts = {
            "jurisdiction": "Two letters of the country, or EU for the whole Union.",
            "note": "What it rests on; the name of the law where it is another one.",
            "document": "A reference that somebody else could follow.",
            "valid_until": "The last day. Empty: it has no end yet.",
        }
        widgets = {
            "valid_from": forms.DateInput(attrs={"type": "date"}),
            "valid_until": forms.DateInput(attrs={"type": "date"}),
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def clean_jurisdiction(self) -> str:
        return clean_country(self.cleaned_data["jurisdiction"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends < begins:
            self.add_error("valid_until", "It cannot end before it begins.")
        if cleaned.get("basis") == LegalBasis.Basis.OTHER and not cleaned.get("note"):
            self.add_error("note", "Name the law.")
        in_union = cleaned.get("jurisdiction") in {UNION, *MEMBER_STATES}
        if cleaned.get("basis") == LegalBasis.Basis.DEROGATION and in_union and not ends:
            self.add_error("valid_until", "A derogation is for a time: say until when.")
        return cleaned


class ContactForm(forms.ModelForm):
    class Meta:
        model = Contact
        fields = ["kind", "name", "email", "telephone", "hours", "zone"]
        labels = {"kind": "For", "zone": "Time zone"}

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise forms.ValidationError("Write a zone as Europe/Dublin or UTC.")
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("email") and not cleaned.get("telephone"):
            self.add_error("telephone", "Say how to reach them: an address or a number.")
        if cleaned.get("kind") == Contact.Kind.EMERGENCY and not cleaned.get("telephone"):
            self.add_error("telephone", "An emergency needs a number that somebody answers at night.")
        return cleaned


class EndForm(ReasonForm):
    """The name is typed again: it cannot be taken back."""

    name = forms.CharField(label="Type its name to end its licence", max_length=120)
    field_order = ("name", "reason_text")

    def __init__(self, *arguments: Any, expected: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.expected = expected

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if name != self.expected:
            raise forms.ValidationError(f"This is not “{self.expected}”.")
        return name


def end_of(day: Any) -> datetime:
    """The moment at which that day is over."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
