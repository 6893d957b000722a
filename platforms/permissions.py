"""May this person? Admins keep webhooks, and read nothing of the cases that events are about."""

from accounts.access import NotAllowed
from accounts.models import User
from accounts.roles import Role
from licensees.models import Licensee
from platforms.models import Webhook

NONE = "There is no such webhook of this licensee. Look at its list of webhooks."


def check_may_keep_webhooks(by: User, licensee: Licensee) -> None:
    if not by.has_role(Role.ADMIN):
        sentence = f"Only an admin keeps the webhooks of {licensee}. Ask one of them."
        raise NotAllowed(sentence, about=licensee.about())


def get_licensee_for(person: User, slug: str) -> Licensee:
    """Fetch and authorise in one call."""
    licensee = Licensee.objects.filter(slug=slug).first()
    if licensee is None:
        raise NotAllowed("There is no licensee of this name that is open to you. Look at the list of yours.")
    check_may_keep_webhooks(person, licensee)
    return licensee


def get_webhook_for(person: User, slug: str, webhook_id: int) -> Webhook:
    licensee = get_licensee_for(person, slug)
    webhook = Webhook.objects.select_related("licensee", "created_by").filter(
        pk=webhook_id, licensee=licensee
    )
    found = webhook.first()
    if found is None:
        raise NotAllowed(NONE, about=licensee.about())
    return found
