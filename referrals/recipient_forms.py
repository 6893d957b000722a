"""What an admin fills in about a recipient; the rules are in recipient_policies.py."""

from typing import Any

from django import forms

from referrals.models import Recipient
from referrals.packet_builder import ON_REQUEST
from referrals.recipient_policies import faults_of
from referrals.recipients import FIELDS

WIDE = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
KEYS = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})


class RecipientForm(forms.ModelForm):
    formats = forms.MultipleChoiceField(
        label="Further files in the packet",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Besides those that every packet holds.",
    )
    is_production = forms.BooleanField(
        label="Production: what is sent there is real",
        required=False,
        help_text="Leave it off for a test endpoint. It takes effect only where the operator switched production on.",
    )
    reason_text = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands in the trail, and supervisors read it before the next delivery.",
    )
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = Recipient
        fields = [name for name in FIELDS if name not in ("formats", "is_test")]
        labels = {
            "kind": "What it is",
            "exit": "Takes",
            "age_recipients": "Keys to encrypt to",
            "ssh_host_key": "SSH host key",
            "transport": "Way",
            "is_active": "Takes referrals now",
        }
        help_texts = {
            "jurisdiction": "Two letters of ISO 3166-1, as GB or US.",
            "contact": "Whom a supervisor reaches there.",
            "endpoint": "For SFTP and the CyberTipline API. Passwords and private keys are files of the operator.",
            "age_recipients": "Public keys of age or SSH, one a line. Each holder can open the file.",
            "ssh_host_key": "For SFTP: the key of the server, as ssh-keyscan prints it without the name.",
        }
        widgets = {
            "transport": forms.RadioSelect,
            "endpoint": WIDE,
            "age_recipients": KEYS,
            "ssh_host_key": KEYS,
        }

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["formats"].choices = [(name, words_of_format(name)) for name in ON_REQUEST]  # type: ignore[attr-defined]
        self.initial["seen_revision"] = self.instance.revision
        self.initial["is_production"] = bool(self.instance.pk) and not self.instance.is_test
        self.initial["formats"] = self.instance.formats

    def clean_jurisdiction(self) -> str:
        country: str = self.cleaned_data["jurisdiction"].upper()
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("Use the two letters of ISO 3166-1, as GB or US.")
        return country

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            for field, sentence in faults_of(Recipient(**self.values())):
                self.add_error("is_production" if field == "is_test" else field, sentence)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the verb takes: the fields of the recipient, as they would be."""
        cleaned = self.cleaned_data
        values = {name: cleaned[name] for name in self.Meta.fields if name in cleaned}
        for name in ("age_recipients", "ssh_host_key"):
            values[name] = "\n".join(line.strip() for line in values[name].splitlines() if line.strip())
        return values | {"formats": cleaned["formats"], "is_test": not cleaned["is_production"]}


def words_of_format(name: str) -> str:
    return f"{name.replace('_', ' ')} ({ON_REQUEST[name].path})" if name in ON_REQUEST else name
