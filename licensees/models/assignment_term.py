"""When an assignment ends by itself. It hangs on django-guardian's own row, and goes with it."""

from django.db import models
from guardian.models import UserObjectPermission


class AssignmentTerm(models.Model):
    permission = models.OneToOneField(UserObjectPermission, on_delete=models.CASCADE, related_name="term")
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.ends_at:%Y-%m-%d %H:%M}"
