"""A person who signs in; there is no superuser."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models, transaction
from django.utils import timezone

from accounts.roles import Role


class UserManager(BaseUserManager["User"]):
    def create_person(self, *, email: str, name: str, password: str | None, roles: Iterable[Role]) -> "User":
        with transaction.atomic():
            person = self.model(email=self.normalize_email(email).lower(), name=name)
            person.set_password(password)
            person.save()
            person.groups.set(Group.objects.filter(name__in=[role.value for role in roles]))
        return person

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Whoever signed in before this moment is signed out: an admin or the person ended all sessions.
    sessions_ended_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            # A superuser passes every permission check, dual control included: so there is none.
            models.CheckConstraint(condition=models.Q(is_superuser=False), name="user_is_never_superuser"),
        ]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Read once per request, since each request loads its user anew: a revoked role ends at once."""
        names = self.groups.values_list("name", flat=True)
        return frozenset(Role(name) for name in names if name in Role.values)

    def has_role(self, role: Role) -> bool:
        return self.is_active and role in self.roles

    @property
    def actor_name(self) -> str:
        return f"person:{self.pk}"

    @property
    def actor_roles(self) -> str:
        return ",".join(sorted(self.roles))


class AuthenticatorApp(models.Model):
    """The second factor of a person: an app that shows a new code every thirty seconds (RFC 6238)."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator_app")
    secret_sealed = models.BinaryField()
    # The newest step of thirty seconds whose code was taken: each code opens the door once.
    last_step = models.BigIntegerField(default=0)
    set_up_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"authenticator app of {self.person_id}"


class RecoveryCode(models.Model):
    """Opens the door once, where the app is lost: 120 random bits, kept as a digest under SECRET_KEY."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once"),
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.person_id}"


class SecurityKey(models.Model):
    """A second factor that no false page can ask: a key, telephone or computer that signs for this site alone."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_keys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(unique=True, max_length=1023)
    # The attested credential data: identifier and public key. Nothing in it is a secret.
    credential = models.BinaryField()
    # What the key said it had signed so far; one that goes back is a copy.
    signed = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"security key of {self.person_id}"


class SignInAttempt(models.Model):
    """A try to get in, counted under a keyed digest: neither the name typed nor the address is kept."""

    counted_as = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["counted_as", "at"], name="attempt_by_name"),
            models.Index(fields=["at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"attempt at {self.at:%Y-%m-%d %H:%M:%S}"


class EntryLink(models.Model):
    """A way in that opens once: for who is new, or lost their password. It opens with a code that another person gave
    them, so that whoever holds the link alone opens nothing. Both are kept as keyed digests."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="entry_links")
    digest = models.BinaryField(max_length=32, unique=True)
    code_digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    # Used by the person, or ended by a newer one.
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(used_at=None, ended_at=None),
                name="entry_link_one_open_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"entry link of {self.person_id}"
