"""The demo's people, licensees and conversations, made through the same verbs as everybody's."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from accounts.roles import Role
from artemis_site import demo_standin
from artemis_site.server_files import write_private
from audit.record import About, Machine, record
from audit.verbs import Verb
from licensees.assignments import assign
from licensees.models import ApiKey, Licensee
from licensees.onboarding import create_licensee, issue_key, set_policy
from licensees.samples import bring_live
from referrals.models import Recipient
from referrals.recipient_policies import CYBERTIP_FORMAT
from referrals.recipients import add_recipient
from scoring import registry
from scoring.models import ModelVersion
from scoring.pipeline import Model

DEMO = Machine("demo")
# The demonstration model is sure of much; so that only some of it is imminent.
IMMINENT = 0.999


@dataclass(frozen=True)
class DemoPerson:
    name: str
    roles: tuple[Role, ...]
    serves: tuple[str, ...]
    # Colleagues who only show that a team works here have no password.
    signs_in: bool = True


PEOPLE = [
    DemoPerson("Mara", (Role.MODERATOR,), ("northwind",)),
    DemoPerson("Otto", (Role.SUPERVISOR,), ("northwind", "lakeside")),
    DemoPerson("Ines", (Role.MODERATOR, Role.SUPERVISOR), ("northwind",)),
    DemoPerson("Kai", (Role.MODERATOR,), ("lakeside",)),
    DemoPerson("June", (Role.AUDITOR,), ("northwind", "lakeside")),
    DemoPerson("Adam", (Role.ADMIN,), ()),
    # What takes two admins can be tried.
    DemoPerson("Noor", (Role.ADMIN,), ()),
    DemoPerson("Priya", (Role.MODERATOR,), ("northwind",), signs_in=False),
    DemoPerson("Sofia", (Role.MODERATOR,), ("northwind",), signs_in=False),
    DemoPerson("Jonas", (Role.MODERATOR,), ("northwind",), signs_in=False),
    DemoPerson("Yara", (Role.MODERATOR,), ("lakeside",), signs_in=False),
]
LICENSEES = [("Northwind", "northwind", "NW", "GB"), ("Lakeside", "lakeside", "LS", "US")]
STANDIN = "CyberTipline stand-in"
WHY_LISTED = "For the demonstration: a test endpoint, nothing that goes there reaches anybody."
WHY_LIVE = "For the demonstration, in which nobody waits for a second admin."
WHY_POLICY = "Few enough imminent cases for two people on shift, and one decision in seven judged again."
People = dict[str, tuple[User, str]]


def create_people() -> People:
    """{name: (person, password)}; each password is random and exists in clear only in this answer."""
    made = {}
    for one in PEOPLE:
        password = secrets.token_urlsafe(15) if one.signs_in else ""
        email = f"{one.name.lower()}@demo.example"
        with transaction.atomic():
            person = User.objects.create_person(
                email=email, name=one.name, password=password or None, roles=one.roles
            )
            about = About(object_type="person", object_id=str(person.pk))
            record(
                Verb.PERSON_CREATED,
                by=DEMO,
                about=about,
                payload={"roles": [role.value for role in one.roles]},
            )
            _set_up_app(person)
        made[one.name] = (person, password)
    return made


def _set_up_app(person: User) -> None:
    """As they would with a telephone; the demo's page shows its codes, since nobody holds one."""
    secret, now = second_factor.new_secret(), timezone.now()
    second_factor.set_up(person=person, secret=secret, code=second_factor.code_of(secret, now=now), now=now)
    record(Verb.SECOND_FACTOR_SET_UP, by=person, about=About(object_type="person", object_id=str(person.pk)))


def create_licensees(people: People) -> dict[str, Licensee]:
    licensees = {}
    for name, slug, code, jurisdiction in LICENSEES:
        licensees[slug] = create_licensee(
            name=name,
            slug=slug,
            code=code,
            jurisdiction=jurisdiction,
            contact_email=f"desk@{slug}.example",
            by=DEMO,
        )
        licensees[slug] = bring_live(licensees[slug], by=DEMO, why=WHY_LIVE)
        set_policy(
            licensee=licensees[slug],
            by=people["Adam"][0],
            reason=WHY_POLICY,
            flag_threshold=0.7,
            imminent_threshold=IMMINENT,
            standard_due_hours=24,
            imminent_due_hours=1,
            second_review_percent=15,
        )
    for one in PEOPLE:
        for slug in one.serves:
            for role in one.roles:
                assign(person=people[one.name][0], licensee=licensees[slug], role=role, by=DEMO)
    return licensees


def list_recipients(admin: User, *, standin: str) -> None:
    """Two test endpoints; the clearing house's is the stand-in where its address is given."""
    add_recipient(
        by=admin,
        reason=WHY_LISTED,
        name="Test desk of the police",
        kind=Recipient.Kind.AGENCY,
        exit=Recipient.Exit.IMMINENT_THREAT,
        jurisdiction="GB",
        contact="desk@police.example",
    )
    by_api = {
        "name": STANDIN,
        "transport": Recipient.Transport.CYBERTIP,
        "endpoint": standin,
        "formats": [CYBERTIP_FORMAT],
    }
    added = add_recipient(
        by=admin,
        reason=WHY_LISTED,
        exit=Recipient.Exit.SUSPECTED_EXPLOITATION,
        jurisdiction="US",
        contact="desk@clearing-house.example",
        **(by_api if standin else {"name": "Test desk of the clearing house"}),
    )
    if standin:
        # Where the courier looks for it (docs/delivery.md).
        file = settings.ARTEMIS_KEYS / f"recipient-{added.pk}.login"
        write_private(file, f"{demo_standin.login(settings.ARTEMIS_DATA)}\n")


def create_key(licensee: Licensee, *, admin: User) -> tuple[ApiKey, str]:
    """The platform's key, shown once like any other."""
    scopes = [scope.value for scope in ApiKey.Scope]
    return issue_key(licensee=licensee, label="Demo platform", scopes=scopes, by=admin, created_by=admin)


def register_and_promote(model: Model, *, admin: User) -> ModelVersion:
    version = registry.register(model=model, name=model.name, card=model.card, by=DEMO)
    return registry.promote(model_id=version.pk, by=admin)
