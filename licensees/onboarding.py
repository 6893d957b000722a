"""Bring a licensee in, give it keys and a policy, move it through its states; bring in the people who serve it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit.record import About, Actor, record
from audit.transitions import NotPossible, transition
from audit.verbs import Verb
from licensees.models import ApiKey, Licensee, Policy
from licensees.models.api_key import BOTH_LIVE, USUAL_DAYS
from licensees.policies import (
    check_can_be_rotated,
    check_can_go_live,
    check_can_have_keys,
    check_roles_go_together,
    check_still_in_force,
)

State = Licensee.State


class Judging(TypedDict, total=False):
    """What a policy says of how cases are judged."""

    hides_score: bool
    second_review_percent: int
    second_review_due_hours: int
    golden_percent: int


def create_licensee(
    *,
    name: str,
    slug: str,
    code: str,
    jurisdiction: str,
    contact_email: str,
    by: Actor,
    is_interpersonal_in_eu: bool = False,
) -> Licensee:
    """It begins as one that has applied: nothing is accepted before it is vetted, has signed and begins its test."""
    with transaction.atomic():
        licensee = Licensee.objects.create(
            name=name,
            slug=slug,
            code=code,
            jurisdiction=jurisdiction,
            contact_email=contact_email,
            is_interpersonal_in_eu=is_interpersonal_in_eu,
        )
        record(
            Verb.LICENSEE_CREATED,
            by=by,
            about=licensee.about(),
            payload={"slug": slug, "code": code},
        )
        Policy.objects.create(licensee=licensee, reason="Defaults at creation")
    return licensee


def set_policy(
    *,
    licensee: Licensee,
    by: User,
    reason: str,
    flag_threshold: float,
    imminent_threshold: float,
    standard_due_hours: int,
    imminent_due_hours: int,
    instead_of: int | None = None,
    **judging: Unpack[Judging],
) -> Policy:
    """`instead_of` is the policy that the person had before their eyes: refused if it is no longer in force.

    What is not said of how cases are judged stays as it is.
    """
    with transaction.atomic():
        Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
        current = Policy.objects.in_force(licensee.pk)
        if instead_of is not None:
            check_still_in_force(instead_of, current)
        values: dict[str, Any] = {
            "flag_threshold": flag_threshold,
            "imminent_threshold": imminent_threshold,
            "standard_due_hours": standard_due_hours,
            "imminent_due_hours": imminent_due_hours,
            **{name: judging.get(name, getattr(current, name)) for name in Judging.__annotations__},
        }
        policy = Policy.objects.create(licensee=licensee, set_by=by, reason=reason, **values)
        record(
            Verb.POLICY_SET,
            by=by,
            about=licensee.about(),
            payload={"policy": policy.pk, **values},
        )
    return policy


def issue_key(
    *,
    licensee: Licensee,
    label: str,
    scopes: list[str],
    by: Actor,
    created_by: User | None = None,
    days: int | None = USUAL_DAYS,
    networks: Sequence[str] = (),
    mode: str = ApiKey.Mode.LIVE,
) -> tuple[ApiKey, str]:
    """Answers the key and its secret, which is nowhere else and cannot be shown again. `days` None: it has no end."""
    check_can_have_keys(licensee, mode)
    key = ApiKey(licensee=licensee, label=label, scopes=scopes, created_by=created_by, mode=mode)
    key.allowed_networks = list(networks)
    key.expires_at = timezone.now() + timedelta(days=days) if days else None
    secret = key.give_secret()
    _keep_key(key, by=by)
    return key, secret


def sign_calls_of(*, key: ApiKey, by: Actor) -> str:
    """From now on each call with this key is signed with the secret that this answers, and is not shown again."""
    with transaction.atomic():
        locked = ApiKey.objects.select_for_update().get(pk=key.pk)
        secret = locked.give_signing_secret()
        locked.save(update_fields=["signing_secret_sealed"])
        record(Verb.KEY_SIGNING_ASKED, by=by, about=locked.about(), payload={"prefix": locked.prefix})
    return secret


def rotate_key(*, key_id: int, by: User) -> tuple[ApiKey, str]:
    """A new key like the old one, which lives for some days beside it: two at most."""
    with transaction.atomic():
        old = ApiKey.objects.select_for_update(of=("self",)).select_related("licensee").get(pk=key_id)
        check_can_be_rotated(old)
        now = timezone.now()
        new = ApiKey(
            licensee=old.licensee,
            label=old.label,
            mode=old.mode,
            scopes=old.scopes,
            allowed_networks=old.allowed_networks,
            created_by=by,
            expires_at=now + timedelta(days=USUAL_DAYS),
            replaces=old,
        )
        secret = new.give_secret()
        _keep_key(new, by=by)
        old.expires_at = min(filter(None, (old.expires_at, now + BOTH_LIVE)))
        old.save(update_fields=["expires_at"])
    return new, secret


def _keep_key(key: ApiKey, *, by: Actor) -> None:
    payload: dict[str, Any] = {"prefix": key.prefix, "scopes": key.scopes}
    if key.expires_at:
        payload["until"] = key.expires_at.isoformat()
    if key.allowed_networks:
        payload["networks"] = key.allowed_networks
    if key.replaces_id:
        payload["replaces"] = key.replaces_id
    with transaction.atomic():
        key.save()
        record(Verb.KEY_ISSUED, by=by, about=key.about(), payload=payload)


def revoke_key(*, key_id: int, by: User) -> ApiKey:
    with transaction.atomic():
        key = ApiKey.objects.select_for_update().get(pk=key_id)
        if key.revoked_at:
            raise NotPossible(f"This key was already revoked on {key.revoked_at:%d %B %Y at %H:%M} UTC.")
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record(Verb.KEY_REVOKED, by=by, about=key.about(), payload={"prefix": key.prefix})
    return key


def lock_licensee(licensee_id: int) -> Licensee:
    """Inside a transaction: whoever comes second finds the state that the first one left."""
    return Licensee.objects.select_for_update().get(pk=licensee_id)


def begin_test(*, licensee_id: int, by: Actor, reason: str = "") -> Licensee:
    """From now on its test keys work; what they send is scored, and its cases are for practice."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        return transition(licensee, to=State.TEST, by=by, verb=Verb.LICENSEE_TEST_BEGUN, reason=reason)


def go_live(*, licensee_id: int, by: Actor, reason: str) -> Licensee:
    """Called by what two admins confirmed (licensees/two_admins.py)."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        check_can_go_live(licensee)
        return transition(
            licensee,
            to=State.LIVE,
            by=by,
            verb=Verb.LICENSEE_WENT_LIVE,
            reason=reason,
            went_live_at=timezone.now(),
        )


def suspend(*, licensee_id: int, by: User, reason: str) -> Licensee:
    """At once: its next call is refused. Evidence stays, and cases and referrals that exist go on."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        return transition(licensee, to=State.SUSPENDED, by=by, verb=Verb.LICENSEE_SUSPENDED, reason=reason)


def resume(*, licensee_id: int, by: User, reason: str) -> Licensee:
    """Back to where it was."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        to = State.LIVE if licensee.went_live_at else State.TEST
        return transition(licensee, to=to, by=by, verb=Verb.LICENSEE_RESUMED, reason=reason)


def end(*, licensee_id: int, by: User, reason: str) -> Licensee:
    """Its keys are revoked with it. What is held stays as long as retention says, and holds stand."""
    with transaction.atomic():
        licensee = lock_licensee(licensee_id)
        ended = transition(licensee, to=State.ENDED, by=by, verb=Verb.LICENSEE_ENDED, reason=reason)
        for key in ApiKey.objects.filter(licensee=ended, revoked_at=None).order_by("pk"):
            revoke_key(key_id=key.pk, by=by)
        return ended


def create_person(*, email: str, name: str, roles: Collection[Role], by: Actor) -> User:
    """Without a password: they come in by a one-time link and choose one. Called by what two admins confirmed."""
    check_roles_go_together(roles)
    try:
        with transaction.atomic():
            person = User.objects.create_person(email=email, name=name, password=None, roles=roles)
            record(
                Verb.PERSON_CREATED,
                by=by,
                about=About(object_type="person", object_id=str(person.pk)),
                payload={"roles": sorted(role.value for role in roles)},
            )
    except IntegrityError:
        # Another admin may have created the same person since the form was checked.
        raise NotPossible(f"Somebody already signs in as {email.lower()}. Look under People.") from None
    return person
