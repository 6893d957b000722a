"""The demo's people, licensees and conversations, made through the same verbs as everybody's."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import second_factor
from accounts.models import User
from accounts.roles import Role
from audit.record import About, Machine, record
from audit.verbs import Verb
from licensees.assignments import assign
from licensees.models import ApiKey, Licensee
from licensees.onboarding import create_licensee, issue_key
from referrals.models import Recipient
from scoring import registry
from scoring.incoming import IncomingConversation, IncomingMessage, IncomingParticipant
from scoring.ingest import accept
from scoring.models import ModelVersion
from scoring.pipeline import Model
from scoring.sample_corpus import generate

DEMO = Machine("demo")
SEED = 2026
CONVERSATIONS = {"northwind": 260, "lakeside": 90}
SHARE_POSITIVE = 0.12
CALL = 50
AGE_BANDS = {"10-12": "under_13", "13-15": "13_15", "16-17": "16_17"}


@dataclass(frozen=True)
class DemoPerson:
    name: str
    roles: tuple[Role, ...]
    serves: tuple[str, ...]


PEOPLE = [
    DemoPerson("Mara", (Role.MODERATOR,), ("northwind",)),
    DemoPerson("Otto", (Role.SUPERVISOR,), ("northwind", "lakeside")),
    DemoPerson("Ines", (Role.MODERATOR, Role.SUPERVISOR), ("northwind",)),
    DemoPerson("Kai", (Role.MODERATOR,), ("lakeside",)),
    DemoPerson("June", (Role.AUDITOR,), ("northwind", "lakeside")),
    DemoPerson("Adam", (Role.ADMIN,), ()),
]
LICENSEES = [("Northwind", "northwind", "NW", "GB"), ("Lakeside", "lakeside", "LS", "US")]
RECIPIENTS = [
    ("Test desk of the police", Recipient.Exit.IMMINENT_THREAT, "GB"),
    ("Test desk of the clearing house", Recipient.Exit.SUSPECTED_EXPLOITATION, "US"),
]


def create_people() -> dict[str, tuple[User, str]]:
    """{name: (person, password)}; each password is random and exists in clear only in this answer."""
    made = {}
    for one in PEOPLE:
        password = secrets.token_urlsafe(15)
        email = f"{one.name.lower()}@demo.example"
        with transaction.atomic():
            person = User.objects.create_person(
                email=email, name=one.name, password=password, roles=one.roles
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


def create_licensees(people: dict[str, tuple[User, str]]) -> dict[str, Licensee]:
    licensees = {}
    for name, slug, code, jurisdiction in LICENSEES:
        licensees[slug] = create_licensee(
            name=name,
            slug=slug,
            code=code,
            jurisdiction=jurisdiction,
            contact_email=f"safety@{slug}.example",
            by=DEMO,
        )
    for one in PEOPLE:
        for slug in one.serves:
            for role in one.roles:
                assign(person=people[one.name][0], licensee=licensees[slug], role=role, by=DEMO)
    for name, exit_, jurisdiction in RECIPIENTS:
        Recipient.objects.create(
            name=name, exit=exit_, jurisdiction=jurisdiction, contact="desk@recipient.example"
        )
    return licensees


def create_key(licensee: Licensee, *, admin: User) -> tuple[ApiKey, str]:
    """The platform's key, shown once like any other."""
    scopes = [scope.value for scope in ApiKey.Scope]
    return issue_key(licensee=licensee, label="Demo platform", scopes=scopes, by=admin, created_by=admin)


def register_and_promote(model: Model, card: dict[str, Any], *, admin: User) -> ModelVersion:
    version = registry.register(model=model, name=model.name, card=card, by=DEMO)
    return registry.promote(model_id=version.pk, by=admin)


def send_conversations(licensee: Licensee, *, by: ApiKey) -> None:
    """Neutral conversations of the held-out grammar, so that the model did not learn their wording."""
    records = list(
        generate(
            seed=SEED + licensee.pk,
            count=CONVERSATIONS[licensee.slug],
            share_positive=SHARE_POSITIVE,
            split="held_out",
        )
    )
    forward = _days_to_now(records)
    for start in range(0, len(records), CALL):
        items = [_incoming(record_, forward) for record_ in records[start : start + CALL]]
        accept(licensee=licensee, items=items, by=by)


def _days_to_now(records: list[dict[str, Any]]) -> timedelta:
    """Whole days that bring the newest message to yesterday, so that night stays night."""
    newest = max(_time(message["sent_at"]) for record_ in records for message in record_["messages"])
    return timedelta(days=(timezone.now() - newest).days - 1)


def _incoming(record_: dict[str, Any], forward: timedelta) -> IncomingConversation:
    """A record of the sample corpus as a platform would send it: without label, authors and spans."""
    return IncomingConversation(
        id=record_["id"],
        language=record_["language"],
        participants=tuple(
            IncomingParticipant(
                id=account, declared_age_band=AGE_BANDS.get(facts.get("age_band", ""), "adult")
            )
            for account, facts in record_["groups"].items()
        ),
        messages=tuple(
            IncomingMessage(
                id=message["id"],
                sender=message["sender"],
                sent_at=_time(message["sent_at"]) + forward,
                text=message["text"],
            )
            for message in record_["messages"]
        ),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
