"""A delivery: an outbox row that a person released, what became of it, and the journal that tells the story."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from audit.append_only import AppendOnly
from audit.record import About
from audit.verbs import Verb
from referrals.models.packet import Packet
from referrals.models.recipient import Recipient

# Beside approval_reported_once: what leaves goes where the conversation is registered, as a test or not.
TO_ONE_CLEARING_HOUSE = """
IF EXISTS (
  SELECT 1 FROM referrals_packet p
  JOIN referrals_approval a ON a.id = p.approval_id
  JOIN referrals_escalationversion v ON v.escalation_id = a.escalation_id AND v.number = a.version_number
  JOIN referrals_escalation e ON e.id = a.escalation_id
  JOIN review_case c ON c.id = e.case_id
  WHERE p.id = NEW.packet_id AND (
    v.recipient_id <> NEW.recipient_id
    OR (v.exit = 'suspected_exploitation' AND NOT EXISTS (
      SELECT 1 FROM referrals_conversationreport r
      WHERE r.conversation_id = c.conversation_id AND r.recipient_id = NEW.recipient_id
        AND r.is_test = NEW.is_test)))
) THEN
  RAISE EXCEPTION 'delivery_to_one_clearing_house: the conversation is not registered for this recipient';
END IF;
RETURN NULL;
"""


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def lock(self, delivery_id: int) -> "Delivery":
        found = self.select_related("packet__approval__escalation__case__licensee", "recipient")
        return found.defer("packet__archive_sealed").select_for_update(of=("self",)).get(pk=delivery_id)


class Delivery(models.Model):
    """Only `state` and what belongs to it may change; what left, to whom and by whose hand may not (trigger)."""

    class State(models.TextChoices):
        RELEASED = "released", "Released"
        SENDING = "sending", "On its way"
        WITH_PERSON = "with_person", "In a person's hands"
        UNKNOWN = "unknown", "Outcome unknown"
        FAILED = "failed", "Not delivered"
        DELIVERED = "delivered", "Handed over"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        GIVEN_UP = "given_up", "Given up"

    Transport = Recipient.Transport
    # A machine or a person still has to do something.
    OPEN: ClassVar[frozenset[str]] = frozenset(
        {State.RELEASED, State.SENDING, State.WITH_PERSON, State.UNKNOWN, State.FAILED}
    )
    # It left the house. What was only released, lost from sight or given up did not: somebody still has to act.
    LEFT: ClassVar[frozenset[str]] = frozenset({State.DELIVERED, State.ACKNOWLEDGED})

    MOVES: ClassVar[Mapping[tuple[str, str], frozenset[Verb]]] = {
        # Taken by hand, and given into a person's hands: both leave nothing for a worker.
        (State.RELEASED, State.DELIVERED): frozenset({Verb.PACKET_DOWNLOADED}),
        (State.RELEASED, State.WITH_PERSON): frozenset({Verb.DELIVERY_RELEASED}),
        (State.RELEASED, State.SENDING): frozenset({Verb.DELIVERY_BEGUN}),
        (State.SENDING, State.RELEASED): frozenset({Verb.DELIVERY_POSTPONED}),
        (State.SENDING, State.UNKNOWN): frozenset({Verb.DELIVERY_LOST_SIGHT}),
        (State.SENDING, State.FAILED): frozenset({Verb.DELIVERY_FAILED}),
        (State.SENDING, State.DELIVERED): frozenset({Verb.DELIVERY_MADE}),
        (State.SENDING, State.ACKNOWLEDGED): frozenset({Verb.DELIVERY_ACKNOWLEDGED}),
        (State.UNKNOWN, State.RELEASED): frozenset({Verb.DELIVERY_ASKED_AGAIN, Verb.DELIVERY_STARTED_ANEW}),
        (State.FAILED, State.RELEASED): frozenset({Verb.DELIVERY_ASKED_AGAIN, Verb.DELIVERY_STARTED_ANEW}),
        (State.UNKNOWN, State.ACKNOWLEDGED): frozenset({Verb.DELIVERY_ACKNOWLEDGED}),
        (State.WITH_PERSON, State.ACKNOWLEDGED): frozenset({Verb.DELIVERY_ACKNOWLEDGED}),
        (State.DELIVERED, State.ACKNOWLEDGED): frozenset({Verb.DELIVERY_ACKNOWLEDGED}),
        (State.RELEASED, State.GIVEN_UP): frozenset({Verb.DELIVERY_GIVEN_UP}),
        (State.WITH_PERSON, State.GIVEN_UP): frozenset({Verb.DELIVERY_GIVEN_UP}),
        (State.UNKNOWN, State.GIVEN_UP): frozenset({Verb.DELIVERY_GIVEN_UP}),
        (State.FAILED, State.GIVEN_UP): frozenset({Verb.DELIVERY_GIVEN_UP}),
    }

    packet = models.ForeignKey(Packet, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="+")
    transport = models.CharField(max_length=20, choices=Recipient.Transport.choices)
    archive_digest = models.CharField(max_length=64)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(default=timezone.now, editable=False)
    is_test = models.BooleanField(default=True)
    # 1, 2 or 3, chosen by a person where the recipient's law asks for it; null elsewhere.
    priority = models.PositiveSmallIntegerField(null=True)

    state = models.CharField(max_length=20, choices=State.choices, default=State.RELEASED)
    # The recipient as it was when a person last released this: a change since then stops it.
    recipient_revision = models.PositiveIntegerField(default=0)
    # Each start from the beginning is an attempt of its own, begun by a person.
    attempt = models.PositiveIntegerField(default=1)
    # How often the server was not reached since a person last released it.
    tries = models.PositiveIntegerField(default=0)
    # A worker's lease, or a pause after a server that was not reached: not looked at before this moment.
    look_after = models.DateTimeField(default=timezone.now)
    # Grows with each lease: a worker whose lease was taken over writes no state any more.
    lease = models.PositiveIntegerField(default=0)
    # What the recipient calls it: a report id, a case reference.
    reference = models.CharField(max_length=120, blank=True)
    arrived_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(DeliveryQuerySet)()

    class Meta:
        ordering: ClassVar[list[str]] = ["released_at", "id"]
        constraints: ClassVar[list[Any]] = [
            # A person may take a packet twice; nothing is sent twice to the same recipient.
            models.UniqueConstraint(
                fields=["packet", "recipient"],
                condition=models.Q(transport__in=["sftp", "cybertip", "checklist"])
                & ~models.Q(state="given_up"),
                name="delivery_once_per_recipient",
            ),
            models.CheckConstraint(
                condition=models.Q(priority=None) | models.Q(priority__in=[1, 2, 3]),
                name="delivery_priority_one_to_three",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["look_after", "id"],
                condition=models.Q(state__in=["released", "sending"]),
                name="delivery_pending",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="refuse_removal", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="to_one_clearing_house",
                level=pgtrigger.Row,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=TO_ONE_CLEARING_HOUSE,
            ),
            pgtrigger.ReadOnly(
                name="refuse_another_packet",
                fields=[
                    "packet",
                    "recipient",
                    "transport",
                    "archive_digest",
                    "released_by",
                    "released_at",
                    "is_test",
                    "priority",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transport} of {self.packet_id}"

    def about(self) -> About:
        case = self.packet.approval.escalation.case
        return About(
            object_type="delivery",
            object_id=str(self.pk),
            licensee_id=case.licensee_id,
            case_reference=case.reference,
        )

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_sent(self) -> bool:
        return self.transport in Recipient.SENT

    @property
    def is_the_one(self) -> bool:
        """Whether no other may be released beside it, as the database holds it."""
        return self.transport in Recipient.RELEASED_ONCE and self.state != self.State.GIVEN_UP


class DeliveryEntry(AppendOnly):
    """One line of the journal. What is about to be done is written and committed before it is done."""

    class Kind(models.TextChoices):
        RELEASED = "released", "released by a person"
        INTENDED = "intended", "about to happen"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        NOT_SENT = "not_sent", "not reached"
        UNKNOWN = "unknown", "no answer"
        ARRIVED = "arrived", "had arrived before"
        NOTED = "noted", "noted by a person"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="journal")
    number = models.PositiveIntegerField()
    attempt = models.PositiveIntegerField()
    step = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Ids, digests and our own words; never what anybody wrote.
    facts = models.JSONField(default=dict)
    sentence = models.CharField(max_length=500, blank=True)
    # What a person wrote may quote: it is sealed under the conversation's key, and never stands in the trail.
    words_sealed = models.BinaryField(null=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["delivery", "number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["delivery", "number"], name="delivery_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.step} {self.kind}"


class DeliveryReceipt(AppendOnly):
    """What says that it arrived: the server's own answer, or what a person was told and by whom."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="receipts")
    reference = models.CharField(max_length=120)
    # The answer as it came, where a machine gave it: codes and ids only.
    answer = models.TextField(blank=True)
    answer_digest = models.CharField(max_length=64, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"receipt {self.reference}"


class DeliveryFeedback(AppendOnly):
    """What the recipient said afterwards; its words may quote, so they are sealed."""

    class Outcome(models.TextChoices):
        ACTED_ON = "acted_on", "Acted on"
        PASSED_ON = "passed_on", "Passed on to another agency"
        MORE_ASKED = "more_asked", "Asks for more"
        NOT_ACTIONABLE = "not_actionable", "Not actionable"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="feedback")
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    words_sealed = models.BinaryField()
    # The name under which the words were sealed.
    row = models.CharField(max_length=60)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(AppendOnly.Meta):
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[Any]] = []

    def __str__(self) -> str:
        return f"{self.outcome} on {self.delivery_id}"
