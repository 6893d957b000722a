"""States that make a new message cost what it adds; a message keeps its evidence, a score how it weighed it.

What was scored before keeps its contributions: they become the evidence, weighed by a factor of 1. The conversation is
read as a whole, by the model that scores then, when it next changes (no state, `rated_by` null).
"""

import django.db.models.deletion
from django.db import migrations, models

KEEP_CONTRIBUTIONS = "UPDATE scoring_score SET whole_factor = 1 WHERE probability IS NOT NULL"
COPY_CONVERSATION = """
UPDATE scoring_messagerating rating SET conversation_id = message.conversation_id
  FROM scoring_message message WHERE message.id = rating.message_id
"""
# A table that was just updated cannot be altered before its foreign keys are checked.
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"


class Migration(migrations.Migration):
    dependencies = [("scoring", "0004_shadow_scores_and_drift")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="rewritten_revision",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="conversation",
            name="rated_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scoring.modelversion",
            ),
        ),
        migrations.CreateModel(
            name="ConversationState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("messages", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="states",
                        to="scoring.conversation",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="scoring.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("conversation", "model"), name="state_once_per_model")
                ],
            },
        ),
        migrations.AddField("score", "base", models.FloatField(null=True)),
        migrations.AddField("score", "logit", models.FloatField(null=True)),
        migrations.AddField("score", "whole_factor", models.FloatField(default=0)),
        migrations.AddField("score", "window_factor", models.FloatField(default=0)),
        migrations.AddField("score", "window_first", models.PositiveIntegerField(default=0)),
        migrations.AddField("score", "window_last", models.PositiveIntegerField(default=0)),
        migrations.AddField("score", "peaks", models.JSONField(default=dict)),
        migrations.RunSQL(KEEP_CONTRIBUTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(CHECK_NOW, migrations.RunSQL.noop),
        migrations.RenameField("messagerating", "contribution", "evidence"),
        migrations.AddField("messagerating", "weight", models.FloatField(default=0), preserve_default=False),
        migrations.AddField(
            "messagerating",
            "conversation",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="scoring.conversation",
            ),
        ),
        migrations.RunSQL(COPY_CONVERSATION, migrations.RunSQL.noop),
        migrations.RunSQL(CHECK_NOW, migrations.RunSQL.noop),
        migrations.AlterField(
            "messagerating",
            "conversation",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="scoring.conversation",
            ),
        ),
        migrations.AddIndex(
            model_name="messagerating",
            index=models.Index(fields=["conversation", "evidence"], name="rating_by_evidence"),
        ),
    ]
