"""What an admin fills in for a webhook."""

from django import forms

from audit.transitions import NotPossible
from platforms.models.webhook import LONGEST_URL
from platforms.policies import check_address


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text="Where each event is posted to, as https://hooks.example.org/artemis.",
        error_messages={"required": "Write where events are posted to."},
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_address(url)
        except NotPossible as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return url
