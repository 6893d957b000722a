"""First judgements, given before the score is shown, and what a decision keeps of them."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0006_decisions_by_time"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstJudgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("judged_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "concern",
                    models.CharField(
                        choices=[
                            ("none", "No concern"),
                            ("some", "Some concern"),
                            ("serious", "Serious concern"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="case",
            name="hides_score",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="decision",
            name="first_judgement",
            field=models.CharField(
                blank=True,
                choices=[("none", "No concern"), ("some", "Some concern"), ("serious", "Serious concern")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="score_hidden",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("score_hidden", True), models.Q(("first_judgement", ""), _negated=True)),
                    models.Q(("first_judgement", ""), ("score_hidden", False)),
                    _connector="OR",
                ),
                name="decision_judged_first_where_hidden",
            ),
        ),
        migrations.AddField(
            model_name="firstjudgement",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="first_judgements", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="firstjudgement",
            name="judged_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="firstjudgement",
            constraint=models.UniqueConstraint(
                fields=("case", "judged_by"), name="first_judgement_once_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="firstjudgement",
            constraint=models.CheckConstraint(
                condition=models.Q(("concern__in", ["none", "some", "serious"])),
                name="first_judgement_is_one",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="firstjudgement",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="b057b120f1bea36b87b3917eb38c86b6ef4a2db6",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_2b491",
                    table="review_firstjudgement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="firstjudgement",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="3653c4de76dcb283383e4a3634abccf123728673",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_bd476",
                    table="review_firstjudgement",
                    when="BEFORE",
                ),
            ),
        ),
    ]
