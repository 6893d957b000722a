"""A challenger beside the champion, the champion before this one, and what evaluation runs measured."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Who scored before the champion of now stands in the trail: the last model that a promotion retired.
REMEMBER_PREDECESSOR = """
UPDATE scoring_modelversion champion SET predecessor_id = former.id
  FROM scoring_modelversion former
 WHERE champion.state = 'champion' AND former.id <> champion.id AND former.id::text = (
       SELECT object_id FROM audit_auditevent
        WHERE verb = 'model:promoted' AND payload ->> 'to' = 'retired' ORDER BY at DESC LIMIT 1)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("scoring", "0002_model_artifact"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelEvaluation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("card", models.JSONField(help_text="Counts and figures, never text")),
                (
                    "corpus_digest",
                    models.CharField(
                        help_text="SHA-256 of the corpus that it was measured on", max_length=64
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("created_by", models.CharField(max_length=60)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="modelversion",
            name="predecessor",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scoring.modelversion",
            ),
        ),
        migrations.AddField(
            model_name="modelversion",
            name="shadow_faults",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="modelversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("challenger", "Challenger"),
                    ("champion", "Champion"),
                    ("retired", "Retired"),
                ],
                default="registered",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "challenger")), fields=("state",), name="model_one_challenger"
            ),
        ),
        migrations.AddField(
            model_name="modelevaluation",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evaluations",
                to="scoring.modelversion",
            ),
        ),
        migrations.AddIndex(
            model_name="modelevaluation",
            index=models.Index(fields=["model", "-created_at"], name="evaluation_of_model"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="modelevaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="22c79498342847bcac471968c9bfbdfed9636f03",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_fb19d",
                    table="scoring_modelevaluation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="modelevaluation",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="46f1da6543c12d3e7be343448901474955be56a0",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_e6f96",
                    table="scoring_modelevaluation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(REMEMBER_PREDECESSOR, migrations.RunSQL.noop),
    ]
