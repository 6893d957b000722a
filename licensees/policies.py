"""What can happen to a licensee, its policy and its people now; each check raises with a sentence."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from accounts.access import NotAllowed
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

NOT_YET = "This licensee is not live yet: nothing is accepted. Ask the operator when."
OVER = (
    "This licence has ended: nothing is accepted. What was sent is kept as long as its retention says. "
    "Ask the operator if you think that this is wrong."
)
REFUSED: dict[str, str] = {
    Licensee.State.APPLIED: NOT_YET,
    Licensee.State.VETTED: NOT_YET,
    Licensee.State.AGREED: NOT_YET,
    Licensee.State.DECLINED: OVER,
    Licensee.State.SUSPENDED: "This licensee is suspended: nothing is accepted. Ask the operator why.",
    Licensee.State.ENDED: OVER,
}
TEST_KEY = "This is a test key, and the licensee is live: its test is over. Send with a live key."
LIVE_KEY = (
    "This is a live key, and the licensee is in test: it works once the licensee goes live. "
    "Send with a test key."
)


def check_roles_go_together(roles: Collection[Role]) -> None:
    if not roles:
        raise NotPossible("Choose at least one role: without one this person can open no page.")
    if len(roles) > 1 and not HELD_TOGETHER.issuperset(roles):
        raise NotPossible(ALONE)


def check_can_go_live(licensee: Licensee) -> None:
    if licensee.went_live_at is not None:
        raise NotPossible(f"{licensee.name} went live before.", about=licensee.about())
    if licensee.state != Licensee.State.TEST:
        raise NotPossible(
            f"{licensee.name} is not in test yet: it is vetted, signs and is tried there before it goes live.",
            about=licensee.about(),
        )


def check_can_have_keys(licensee: Licensee, mode: str) -> None:
    """A key may be there before it opens anything; a test key is of no use to one that went live."""
    if licensee.state in (Licensee.State.ENDED, Licensee.State.DECLINED):
        raise NotPossible(
            f"{licensee.name} is no licensee any more: no key is issued to it.", about=licensee.about()
        )
    if mode == ApiKey.Mode.TEST and licensee.went_live_at is not None:
        raise NotPossible(
            f"{licensee.name} went live, and its test is over. Issue a live key.", about=licensee.about()
        )


class NotAccepting(NotAllowed):
    """403, to a platform: the licensee is suspended, has ended, or is not there yet."""

    problem_type = "urn:artemis:problem:licensee-not-accepting"


def why_refused(licensee: Licensee, *, mode: str = "") -> str:
    """Why nothing is accepted of its platform, in the words that the platform is given; empty where it is accepted.

    `mode` is that of the key it comes with. Test and live never mix: what is sent with a test key is for practice.
    """
    if not licensee.accepts:
        return REFUSED[licensee.state]
    if not mode or mode == licensee.state:
        return ""
    return TEST_KEY if mode == ApiKey.Mode.TEST else LIVE_KEY


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


def check_ends_later(licensee: Licensee, ends_at: datetime) -> None:
    if ends_at <= timezone.now():
        raise NotPossible("An assignment ends in the future, or it need not begin.", about=licensee.about())


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
