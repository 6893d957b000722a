"""The roles, as data and in words; docs/roles.md is generated from this file."""

from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    MODERATOR = "moderator", "Moderator"
    SUPERVISOR = "supervisor", "Supervisor"
    ADMIN = "admin", "Admin"
    AUDITOR = "auditor", "Auditor"


@dataclass(frozen=True)
class Description:
    comes_to: str
    may_never: str


DESCRIPTIONS = {
    Role.MODERATOR: Description(
        comes_to=(
            "take the next conversation from a queue, understand it, annotate, decide, recommend a referral"
        ),
        may_never="see another licensee's conversations; approve a referral",
    ),
    Role.SUPERVISOR: Description(
        comes_to=(
            "approve, return or decline escalations of the licensees they are assigned to, and export their "
            "decisions as labels for training"
        ),
        may_never="approve what they requested or decided themselves",
    ),
    Role.ADMIN: Description(
        comes_to="manage licensees: API keys, thresholds, assignments, models",
        may_never="read evidence",
    ),
    Role.AUDITOR: Description(
        comes_to="read the trail of the licensees they are assigned to",
        may_never="change anything; read evidence",
    ),
}
