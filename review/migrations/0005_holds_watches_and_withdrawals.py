"""Holds, hand-overs, conversations that are watched until a date, and decisions that were withdrawn."""

import datetime

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

WITHDRAWN_BY_WHO_DECIDED = """
ALTER TABLE review_withdrawal ADD CONSTRAINT withdrawal_by_who_decided
  FOREIGN KEY (decision_id, withdrawn_by_id) REFERENCES review_decision (id, decided_by_id);
"""
# Flagged scores are queued by the trigger of migration 0002; of a watched conversation, all are.
CREATE = """
CREATE FUNCTION review_queue_watched_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM review_watch WHERE conversation_id = NEW.conversation_id) THEN
    INSERT INTO review_unseenscore (score_id) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER review_queue_watched_score AFTER INSERT ON scoring_score
  FOR EACH ROW WHEN (NOT NEW.flagged) EXECUTE FUNCTION review_queue_watched_score();
"""
REMOVE = """
DROP TRIGGER review_queue_watched_score ON scoring_score;
DROP FUNCTION review_queue_watched_score();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0001_initial"),
        ("review", "0004_care_and_second_review"),
        ("scoring", "0005_states_and_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("handed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("note_sealed", models.BinaryField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("held_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("until", models.DateTimeField()),
                ("reason_sealed", models.BinaryField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("time_came", "The time came"),
                            ("taken_back", "Taken back"),
                            ("raised", "The conversation became imminent"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="review.decision",
                    ),
                ),
                ("until", models.DateField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Withdrawal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="case",
            name="came_back_after",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="came_back_as",
                to="review.decision",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="monitor_until",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="case",
            name="opened_by_score",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="scoring.score"
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("in_review", "In review"),
                    ("held", "On hold"),
                    ("escalated", "Escalated"),
                    ("decided", "Decided"),
                    ("referred", "Referred"),
                ],
                default="waiting",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="ending",
            field=models.CharField(
                blank=True,
                choices=[
                    ("released", "Released"),
                    ("expired", "Expired"),
                    ("decided", "Decided"),
                    ("held", "Put on hold"),
                    ("handed_on", "Handed on"),
                    ("given_back", "Given back"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["decided_by", "-decided_at"], name="decision_by_decider"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("came_back_after", None)),
                fields=("opened_by_score",),
                name="case_one_per_score",
            ),
        ),
        # Decisions of before named no date; they are written once and stay as they are.
        AddConstraintNotValid(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disposition", "monitor"), ("monitor_until__isnull", False)),
                    models.Q(models.Q(("disposition", "monitor"), _negated=True), ("monitor_until", None)),
                    _connector="OR",
                ),
                name="decision_monitors_until_a_date",
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="from_claim",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="handed_on", to="review.claim"
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="handed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="handover",
            name="to_claim",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="handed_over", to="review.claim"
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="held_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="watch",
            name="conversation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scoring.conversation"
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="withdrawal", to="review.decision"
            ),
        ),
        migrations.AddField(
            model_name="withdrawal",
            name="withdrawn_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_claim", models.F("to_claim")), _negated=True),
                name="hand_over_between_two_claims",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="d67e50519d82fcaa90a6a0e97c7878b1c5812236",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_97ed9",
                    table="review_handover",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="handover",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="3d7b8a17d3f63e059bc51cc1a8d083c53e61ec39",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_3e532",
                    table="review_handover",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["until"], name="hold_coming_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("case",), name="hold_one_open_per_case"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until__gt", models.F("held_at")),
                    (
                        "until__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("held_at"), "+", models.Value(datetime.timedelta(days=14))
                        ),
                    ),
                ),
                name="hold_ends_within_14_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ending", "")),
                    models.Q(("ended_at__isnull", False), models.Q(("ending", ""), _negated=True)),
                    _connector="OR",
                ),
                name="hold_ending_with_ended_at",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="9127cfdc8cf42e583b7cec6b90c9051a8787d883",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_95b96",
                    table="review_withdrawal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="withdrawal",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="2c06734b7b358e49acac5e041da0105a8581bbed",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_9013a",
                    table="review_withdrawal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(
            WITHDRAWN_BY_WHO_DECIDED,
            "ALTER TABLE review_withdrawal DROP CONSTRAINT withdrawal_by_who_decided",
        ),
        migrations.RunSQL(CREATE, REMOVE),
    ]
