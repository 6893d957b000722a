"""Golden cases and what was answered; practice is a case that no decision can be made on."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0004_golden_share"),
        ("review", "0008_second_review_lane"),
        ("scoring", "0006_accounts_are_found"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GoldenAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("answered_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "disposition",
                    models.CharField(
                        choices=[
                            ("no_action", "No action"),
                            ("monitor", "Monitor"),
                            ("platform_action", "Platform action"),
                            ("escalate", "Escalate"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("adults_only", "Between adults"),
                            ("peers", "Between peers of like age"),
                            ("family", "Family or guardian"),
                            ("trusted_role", "Teacher, coach or similar, within their role"),
                            ("game_or_fiction", "Game or fiction"),
                            ("support_or_safety", "Support or safety talk"),
                            ("nothing_there", "Nothing of concern"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "platform_action",
                    models.CharField(
                        blank=True,
                        choices=[("warn", "Warn"), ("restrict", "Restrict"), ("block", "Block")],
                        max_length=10,
                    ),
                ),
                ("agreed", models.BooleanField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="GoldenCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "disposition",
                    models.CharField(
                        choices=[
                            ("no_action", "No action"),
                            ("monitor", "Monitor"),
                            ("platform_action", "Platform action"),
                            ("escalate", "Escalate"),
                        ],
                        max_length=20,
                    ),
                ),
                ("conversation_revision", models.PositiveIntegerField()),
                ("why_sealed", models.BinaryField()),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("retired", "Retired")],
                        default="active",
                        max_length=20,
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="case_one_open_per_conversation",
        ),
        migrations.RemoveConstraint(
            model_name="case",
            name="case_one_per_score",
        ),
        migrations.AddField(
            model_name="case",
            name="practice_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_practice",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF EXISTS (SELECT FROM review_case WHERE id = NEW.case_id AND practice_of_id IS NOT NULL) THEN RAISE EXCEPTION 'Case % is for practice: no decision is made on it.', NEW.case_id; END IF; RETURN NEW;",
                    hash="df7f0524114d5faaee4380ca9bbbef6b39d887c7",
                    operation="INSERT",
                    pgid="pgtrigger_refuse_practice_da852",
                    table="review_decision",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="goldenanswer",
            name="answered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="goldenanswer",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="golden_answer", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="goldencase",
            name="case",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="golden", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="goldencase",
            name="licensee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
            ),
        ),
        migrations.AddField(
            model_name="goldencase",
            name="marked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="goldenanswer",
            name="golden",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="review.goldencase"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="practice_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="practices",
                to="review.goldencase",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("came_back_after", None), ("practice_of", None)),
                fields=("opened_by_score",),
                name="case_one_per_score",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None), ("practice_of", None)),
                fields=("conversation",),
                name="case_one_open_per_conversation",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                fields=("practice_of", "practice_for"), name="case_practised_once_by_each"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("practice_for", None), ("practice_of", None)),
                    models.Q(("practice_for__isnull", False), ("practice_of__isnull", False)),
                    _connector="OR",
                ),
                name="case_practice_is_for_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="goldencase",
            index=models.Index(
                condition=models.Q(("state", "active")), fields=["licensee"], name="golden_active"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="goldenanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="00bf0c50262e6955effc45115ad2f7c0476d9d70",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_f6f07",
                    table="review_goldenanswer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="goldenanswer",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="8266aa7bdb3da4fd0bf02fdf97f4fd4e0999f0e5",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_da3d7",
                    table="review_goldenanswer",
                    when="BEFORE",
                ),
            ),
        ),
    ]
