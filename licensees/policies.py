"""What can happen to a licensee, its policy and its people now; each check raises with a sentence."""

from collections.abc import Collection

from accounts.models import User
from accounts.roles import Role
from audit.transitions import NotPossible
from licensees.models import ApiKey, Licensee, Policy

# Whoever reads evidence may do both; an admin and an auditor stand outside of it.
HELD_TOGETHER = frozenset({Role.MODERATOR, Role.SUPERVISOR})
ALONE = (
    "Admin and auditor are held alone: an admin may never read evidence and an auditor may never change "
    "anything. Give one role here and create a second person for the other."
)


def check_roles_go_together(roles: Collection[Role]) -> None:
    if not roles:
        raise NotPossible("Choose at least one role: without one this person can open no page.")
    if len(roles) > 1 and not HELD_TOGETHER.issuperset(roles):
        raise NotPossible(ALONE)


def check_can_be_rotated(key: ApiKey) -> None:
    if not key.is_live:
        raise NotPossible(
            f"The key “{key.label}” is not live any more. Issue another one.", about=key.about()
        )
    if ApiKey.objects.filter(replaces=key).exists():
        raise NotPossible(
            f"“{key.label}” has a key that takes its place. Rotate that one.", about=key.about()
        )


def check_can_serve(person: User, licensee: Licensee, role: Role, *, serves_already: bool) -> None:
    word = role.label.lower()
    if not person.has_role(role):
        raise NotPossible(f"{person.name} does not hold the role {word}.", about=licensee.about())
    if serves_already:
        raise NotPossible(f"{person.name} already serves {licensee.name} as {word}.", about=licensee.about())


def check_serves(person: User, licensee: Licensee, role: Role, *, serves: bool) -> None:
    if not serves:
        sentence = f"{person.name} no longer serves {licensee.name} as {role.label.lower()}."
        raise NotPossible(sentence, about=licensee.about())


def check_still_in_force(seen: int, now: Policy) -> None:
    """Another admin may have set a policy since the page was drawn."""
    if seen != now.pk:
        who = now.set_by.name if now.set_by else "Somebody"
        raise NotPossible(
            f"{who} set another policy on {now.effective_from:%d %B %Y at %H:%M} UTC, after you opened this "
            "page. Read that one first, then set yours.",
            about=now.licensee.about(),
        )
