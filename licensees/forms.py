"""What an admin fills in; the rules behind it are in policies.py."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.assignments import PERMISSION_OF_ROLE, people_who_could_serve
from licensees.models import ApiKey, Licensee, Policy
from licensees.models.api_key import USUAL_DAYS
from licensees.models.policy import MOST_GOLDEN_PERCENT
from licensees.networks import NotANetwork, read_networks
from licensees.policies import check_roles_go_together

# Addresses of pages that stand beside those of the licensees.
RESERVED_SLUGS = frozenset({"people", "proposals", "applications", "new"})
LONGEST_DUE_HOURS = 30 * 24


EU_SERVICE = "An interpersonal communications service that people in the European Union use"


class LicenseeForm(forms.ModelForm):
    class Meta:
        model = Licensee
        fields = ["name", "code", "slug", "jurisdiction", "contact_email", "is_interpersonal_in_eu"]
        labels = {
            "code": "Letters of its case references",
            "slug": "Name in addresses",
            "is_interpersonal_in_eu": EU_SERVICE,
        }
        help_texts = {
            "code": "Two to six capital letters, as NW in NW-2031. They cannot be changed later.",
            "slug": "Small letters, digits and hyphens, as northwind.",
            "jurisdiction": "Two letters of the country of establishment, as GB.",
            "contact_email": "Where the operator reaches the people who answer for safety there.",
            "is_interpersonal_in_eu": "Then nothing is accepted without a legal basis that is recorded and in force.",
        }

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].upper()
        if not (len(code) >= 2 and code.isascii() and code.isalpha()):
            raise forms.ValidationError("Use two to six letters from A to Z.")
        return code

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].lower()
        if slug in RESERVED_SLUGS:
            raise forms.ValidationError(f"“{slug}” is the address of another page. Choose another name.")
        return slug

    def clean_jurisdiction(self) -> str:
        country: str = self.cleaned_data["jurisdiction"].upper()
        if not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise forms.ValidationError("Use the two letters of ISO 3166-1, as GB or US.")
        return country


class ReasonForm(forms.Form):
    reason_text = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stands in the trail and is shown to whoever asks why.",
    )


class PolicyForm(ReasonForm):
    flag_threshold = forms.FloatField(
        label="A person looks at or over",
        min_value=0.01,
        max_value=1,
        step_size=0.01,
        help_text="A conversation scored at or over this probability becomes a case.",
    )
    imminent_threshold = forms.FloatField(
        label="At once at or over",
        min_value=0.01,
        max_value=1,
        step_size=0.01,
        help_text="A case at or over this probability goes to the imminent lane.",
    )
    standard_due_hours = forms.IntegerField(
        label="Standard cases due within",
        min_value=1,
        max_value=LONGEST_DUE_HOURS,
        help_text="Hours from when the case opens.",
    )
    imminent_due_hours = forms.IntegerField(
        label="Imminent cases due within",
        min_value=1,
        max_value=LONGEST_DUE_HOURS,
        help_text="Hours, never more than for standard cases.",
    )
    hides_score = forms.BooleanField(
        label="Hide the score until the first judgement",
        required=False,
        help_text="Of cases that open from then on: a moderator says first how much concerns them.",
    )
    second_review_percent = forms.IntegerField(
        label="Decisions judged a second time",
        min_value=0,
        max_value=100,
        help_text="Of a hundred that are no escalations, drawn by chance and judged blindly by another person.",
    )
    second_review_due_hours = forms.IntegerField(
        label="Second reviews due within",
        min_value=1,
        max_value=LONGEST_DUE_HOURS,
        help_text="Hours from the decision.",
    )
    golden_percent = forms.IntegerField(
        label="Golden cases",
        min_value=0,
        max_value=MOST_GOLDEN_PERCENT,
        help_text="Of a hundred cases that a moderator is given: decided before, looking like any other, for practice.",
    )
    # The policy that was in force when the page was drawn.
    seen = forms.IntegerField(widget=forms.HiddenInput)

    VALUES = (
        "flag_threshold",
        "imminent_threshold",
        "standard_due_hours",
        "imminent_due_hours",
        "hides_score",
        "second_review_percent",
        "second_review_due_hours",
        "golden_percent",
    )
    field_order = [*VALUES, "reason_text", "seen"]

    def __init__(self, *arguments: Any, current: Policy, **named: Any) -> None:
        in_force = {name: getattr(current, name) for name in self.VALUES}
        named["initial"] = {**in_force, "seen": current.pk}
        super().__init__(*arguments, **named)
        self.current = current

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self._check_order(cleaned)
        if not self.errors and all(cleaned[name] == getattr(self.current, name) for name in self.VALUES):
            self.add_error(None, "Nothing here differs from the policy in force.")
        return cleaned

    def _check_order(self, given: dict[str, Any]) -> None:
        if given["imminent_threshold"] < given["flag_threshold"]:
            self.add_error(
                "imminent_threshold", "This cannot lie under the probability at which a person looks."
            )
        if given["imminent_due_hours"] > given["standard_due_hours"]:
            self.add_error("imminent_due_hours", "Imminent cases cannot be due later than standard ones.")

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.VALUES}

    def changes(self) -> list[dict[str, Any]]:
        """Each figure before and after, for the eyes of the person who is about to set it."""
        return [
            self._change(name, getattr(self.current, name), self.cleaned_data[name]) for name in self.VALUES
        ]

    def _change(self, name: str, before: float, after: float) -> dict[str, Any]:
        return {
            "label": self.fields[name].label,
            "before": _with_unit(name, before),
            "after": _with_unit(name, after),
            "is_changed": before != after,
        }


def _with_unit(name: str, figure: float) -> str:
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    if name.endswith("_hours"):
        return f"{figure} hour" if figure == 1 else f"{figure} hours"
    return f"{figure} %" if name.endswith("_percent") else f"{figure:.2f}"


class KeyForm(forms.Form):
    label = forms.CharField(max_length=80, help_text="What or who uses it, as “chat servers, Dublin”.")
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=ApiKey.Scope.choices,
        initial=ApiKey.Scope.values,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one: a key without any opens nothing."},
    )
    days = forms.IntegerField(
        label="Days until it ends",
        min_value=1,
        max_value=2 * USUAL_DAYS,
        initial=USUAL_DAYS,
        required=False,
        help_text="From 30 days before its page asks to rotate it; for a week both keys live then.",
    )
    networks = forms.CharField(
        label="It comes from",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Networks, as 192.0.2.0/24, one a line. Empty: from anywhere.",
    )
    mode = forms.ChoiceField(
        label="For",
        choices=[
            ("test", "The test: its cases are for practice"),
            ("live", "Live: it works once two admins agreed"),
        ],
        required=False,
    )
    is_signed = forms.BooleanField(
        label="Each call is signed",
        required=False,
        help_text="With a second secret, as Standard Webhooks does it: unsigned, late and repeated calls are refused.",
    )

    def __init__(self, *arguments: Any, licensee: Licensee, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Whoever went live has no test any more.
        self.fields["mode"].initial = ApiKey.Mode.TEST
        if licensee.went_live_at is not None:
            del self.fields["mode"]

    def clean_mode(self) -> str:
        return self.cleaned_data["mode"] or ApiKey.Mode.TEST

    def clean_days(self) -> int:
        return self.cleaned_data["days"] or USUAL_DAYS

    def clean_networks(self) -> list[str]:
        try:
            return read_networks(self.cleaned_data["networks"])
        except NotANetwork as fault:
            raise forms.ValidationError(str(fault)) from None


class AssignmentForm(forms.Form):
    """One choice is a person in a role, so that nobody can be chosen for a role that they do not hold."""

    def __init__(self, *arguments: Any, licensee: Licensee, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._offered = {role: list(people_who_could_serve(licensee, role)) for role in PERMISSION_OF_ROLE}
        choices = [("", "Choose a person"), *self._choices()]
        self.fields["assignee"] = forms.ChoiceField(label="Person and role", choices=choices)
        self.fields["last_day"] = forms.DateField(
            label="Until",
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}),
            help_text="The last day. Empty: until an admin ends it.",
        )

    def _choices(self) -> list[Any]:
        return [
            (f"As {role.label.lower()}", [(f"{role.value}:{person.pk}", person.name) for person in people])
            for role, people in self._offered.items()
            if people
        ]

    @property
    def offers_somebody(self) -> bool:
        return any(self._offered.values())

    def chosen(self) -> tuple[User, Role]:
        role, _, person_id = self.cleaned_data["assignee"].partition(":")
        return User.objects.get(pk=person_id), Role(role)


class RolesForm(ReasonForm):
    roles = forms.TypedMultipleChoiceField(
        choices=Role.choices, coerce=Role, widget=forms.CheckboxSelectMultiple, required=False
    )
    field_order: Sequence[str] = ("roles", "reason_text")

    def clean_roles(self) -> list[Role]:
        roles: list[Role] = self.cleaned_data["roles"]
        try:
            check_roles_go_together(roles)
        except NotPossible as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return roles


class PersonForm(RolesForm):
    name = forms.CharField(max_length=120)
    email = forms.EmailField(label="Email", max_length=254, help_text="What this person signs in with.")
    field_order = ("name", "email", "roles", "reason_text")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("Somebody already signs in with this address.")
        return email
