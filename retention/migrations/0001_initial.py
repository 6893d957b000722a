"""Terms, and the queue of what is due with the trigger that fills it."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# In the database and not in scoring: whatever inserts a conversation queues it in its own transaction, and scoring does
# not have to know that anything is erased. No terms are shorter than an hour. An erased conversation that goes on has
# another key, and is called again by that.
CREATE = """
CREATE FUNCTION retention_call_conversation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO retention_due (conversation_id, licensee_id, kind, look_at)
    VALUES (NEW.id, NEW.licensee_id, 'new', clock_timestamp() + interval '1 hour')
    ON CONFLICT (conversation_id) DO UPDATE SET kind = 'new', look_at = EXCLUDED.look_at, judged_under = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER retention_call_conversation AFTER INSERT ON scoring_conversation
  FOR EACH ROW EXECUTE FUNCTION retention_call_conversation();
CREATE TRIGGER retention_call_conversation_again AFTER UPDATE OF data_key_id ON scoring_conversation
  FOR EACH ROW WHEN (OLD.data_key_id IS DISTINCT FROM NEW.data_key_id) EXECUTE FUNCTION retention_call_conversation();
INSERT INTO retention_due (conversation_id, licensee_id, kind, look_at)
  SELECT id, licensee_id, 'new', clock_timestamp() + interval '1 hour' FROM scoring_conversation;
"""
REMOVE = """
DROP TRIGGER retention_call_conversation ON scoring_conversation;
DROP TRIGGER retention_call_conversation_again ON scoring_conversation;
DROP FUNCTION retention_call_conversation();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("licensees", "0001_initial"),
        ("scoring", "0004_erasures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Due",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="due",
                        serialize=False,
                        to="scoring.conversation",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new", "not looked at yet"),
                            ("unflagged", "no case came of it"),
                            ("dismissed", "closed without action"),
                            ("acted", "the platform acted"),
                            ("monitored", "monitored until a day"),
                            ("referred", "referred"),
                            ("held", "under a preservation hold"),
                            ("open", "a case is open"),
                            ("busy", "a review, a session, a delivery or an answer is under way"),
                            ("unscored", "waits to be scored"),
                            ("states", "erased but for what models counted"),
                            ("done", "erased"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("look_at", models.DateTimeField(null=True)),
                ("judged_under", models.BigIntegerField(null=True)),
                (
                    "licensee",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="licensees.licensee",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "due",
                "indexes": [
                    models.Index(
                        condition=models.Q(("look_at", None), _negated=True),
                        fields=["look_at"],
                        name="due_next",
                    ),
                    models.Index(
                        condition=models.Q(("look_at", None), _negated=True),
                        fields=["licensee", "kind", "look_at"],
                        name="due_by_licensee",
                    ),
                    models.Index(
                        condition=models.Q(("judged_under__isnull", False), ("look_at__isnull", False)),
                        fields=["licensee", "judged_under"],
                        name="due_by_terms",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("effective_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("set_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("reason", models.CharField(max_length=300)),
                ("unflagged_hours", models.PositiveIntegerField()),
                ("dismissed_days", models.PositiveIntegerField()),
                ("acted_days", models.PositiveIntegerField()),
                ("referred_days", models.PositiveIntegerField()),
                ("states_days", models.PositiveIntegerField()),
                (
                    "licensee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [models.Index(fields=["licensee", "-effective_from"], name="terms_in_force")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acted_days__range", (1, 732)),
                            ("dismissed_days__range", (1, 366)),
                            ("referred_days__range", (90, 3660)),
                            ("states_days__range", (0, 366)),
                            ("unflagged_hours__range", (1, 720)),
                        ),
                        name="terms_within_bounds",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="terms",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="75687e95f5c73c67991872bcb6323fe399619040",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_a5e7a",
                    table="retention_terms",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="terms",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="0f15f40f40854190cfd005d690a124c3c899fc02",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_bbe27",
                    table="retention_terms",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(CREATE, REMOVE),
    ]
