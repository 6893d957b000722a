"""A supplement and a retraction are escalations that name a sealed packet instead of a decision."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0006_journal_words"),
        ("review", "0010_calibration"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="escalation",
            name="escalation_one_live_per_case",
        ),
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_live",
        ),
        migrations.AddField(
            model_name="escalation",
            name="follows",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="follow_ups",
                to="referrals.packet",
            ),
        ),
        migrations.AddField(
            model_name="escalation",
            name="relation",
            field=models.CharField(
                blank=True,
                choices=[("supplements", "Supplement"), ("retracts", "Retraction")],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="decision",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="escalation",
                to="review.decision",
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="state",
            field=models.CharField(
                choices=[
                    ("prepared", "Being prepared"),
                    ("requested", "Requested"),
                    ("returned", "Returned"),
                    ("declined", "Declined"),
                    ("withdrawn", "Withdrawn"),
                    ("approved", "Approved"),
                    ("sealed", "Sealed"),
                ],
                default="prepared",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="escalationanswer",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("prepared", "Being prepared"),
                    ("requested", "Requested"),
                    ("returned", "Returned"),
                    ("declined", "Declined"),
                    ("withdrawn", "Withdrawn"),
                    ("approved", "Approved"),
                    ("sealed", "Sealed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("state__in", ["prepared", "requested", "returned"])),
                fields=["due_at", "id"],
                name="escalation_waits",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="follows_its_own_case",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF NEW.follows_id IS NOT NULL AND NOT EXISTS (\n  SELECT 1 FROM referrals_packet p\n  JOIN referrals_approval a ON a.id = p.approval_id\n  JOIN referrals_escalation e ON e.id = a.escalation_id\n  WHERE p.id = NEW.follows_id AND e.case_id = NEW.case_id\n) THEN\n  RAISE EXCEPTION 'escalation_follows_its_own_case: the packet that it names is of another case';\nEND IF;\nRETURN NULL;\n",
                    hash="382bcadea86f519c687ead31f1f173b89d02f03e",
                    operation="INSERT",
                    pgid="pgtrigger_follows_its_own_case_b3826",
                    table="referrals_escalation",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_another_request",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."case_id" IS DISTINCT FROM (NEW."case_id") OR OLD."decision_id" IS DISTINCT FROM (NEW."decision_id") OR OLD."follows_id" IS DISTINCT FROM (NEW."follows_id") OR OLD."relation" IS DISTINCT FROM (NEW."relation") OR OLD."requested_by_id" IS DISTINCT FROM (NEW."requested_by_id") OR OLD."requested_at" IS DISTINCT FROM (NEW."requested_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9db871b982ef53502d4e476ea312670ffcab17f4",
                    operation="UPDATE",
                    pgid="pgtrigger_refuse_another_request_a40e7",
                    table="referrals_escalation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("follows", None), ("state__in", ["requested", "returned", "approved", "sealed"])
                ),
                fields=("case",),
                name="escalation_one_live_per_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("follows__isnull", False),
                    ("state__in", ["prepared", "requested", "returned", "approved"]),
                ),
                fields=("case",),
                name="escalation_one_follow_up_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("relation", "retracts"),
                    ("state__in", ["prepared", "requested", "returned", "approved", "sealed"]),
                ),
                fields=("follows",),
                name="escalation_retracted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision__isnull", False), ("follows", None), ("relation", "")),
                    models.Q(
                        ("decision", None),
                        ("follows__isnull", False),
                        ("relation__in", ["supplements", "retracts"]),
                    ),
                    _connector="OR",
                ),
                name="escalation_of_a_decision_or_a_packet",
            ),
        ),
    ]
