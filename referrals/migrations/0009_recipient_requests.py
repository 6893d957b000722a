"""What a recipient asks for after a delivery: a dated task with an owner."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0008_one_clearing_house"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RecipientRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("due_at", models.DateTimeField()),
                ("basis", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("answered", "Answered")], default="open", max_length=10
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer_sealed", models.BinaryField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "escalation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="referrals.escalation",
                    ),
                ),
                (
                    "feedback",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request",
                        to="referrals.deliveryfeedback",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="referrals.recipient",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at", None), ("answered_by", None), ("state", "open")),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                ("state", "answered"),
                            ),
                            _connector="OR",
                        ),
                        name="request_answered_by_somebody",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recipientrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_removal",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="f1628c4a069524d92a16c3ed2ab565043a620aaf",
                    operation="DELETE",
                    pgid="pgtrigger_refuse_removal_a0f52",
                    table="referrals_recipientrequest",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="recipientrequest",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_another_request",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."feedback_id" IS DISTINCT FROM (NEW."feedback_id") OR OLD."escalation_id" IS DISTINCT FROM (NEW."escalation_id") OR OLD."recipient_id" IS DISTINCT FROM (NEW."recipient_id") OR OLD."asked_at" IS DISTINCT FROM (NEW."asked_at") OR OLD."due_at" IS DISTINCT FROM (NEW."due_at") OR OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="498fd9cb71e1efe915f6790f08736fbeb2355bfd",
                    operation="UPDATE",
                    pgid="pgtrigger_refuse_another_request_0f144",
                    table="referrals_recipientrequest",
                    when="BEFORE",
                ),
            ),
        ),
    ]
