"""What a challenger would have said, and weekly counters of what a model sees and says."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0001_initial"),
        ("scoring", "0003_challenger_and_evaluations"),
    ]

    operations = [
        migrations.CreateModel(
            name="DriftAlert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reference", "scores, against the model's reference"),
                            ("recent", "scores, against the weeks before"),
                            ("vocabulary", "words that the model knows"),
                            ("abstained", "conversations not judged"),
                            ("characteristics", "characteristics"),
                        ],
                        max_length=20,
                    ),
                ),
                ("index", models.FloatField(help_text="The population stability index when it was noticed")),
                ("noticed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "licensee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drift_alerts",
                        to="scoring.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("licensee", "model", "week", "kind"), name="drift_alert_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DriftWeek",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week", models.DateField(help_text="Its Monday (ISO 8601), in UTC")),
                (
                    "scores",
                    django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None),
                ),
                ("flagged", models.IntegerField(default=0)),
                ("abstained", models.JSONField(default=dict)),
                ("characteristics", models.JSONField(default=dict)),
                ("messages", models.BigIntegerField(default=0)),
                ("words", models.BigIntegerField(default=0)),
                ("known_words", models.BigIntegerField(default=0)),
                ("counted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("looked_at", models.DateTimeField(null=True)),
                (
                    "licensee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scoring.modelversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("licensee", "model", "week"), name="drift_week_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShadowScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("probability", models.FloatField(null=True)),
                ("abstained", models.CharField(blank=True, max_length=40)),
                ("would_flag", models.BooleanField(default=False)),
                ("scored_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="scoring.conversation",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scoring.modelversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["model", "scored_at"], name="shadow_score_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "revision", "model"), name="shadow_score_once_per_revision"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("probability", None),
                                ("would_flag", False),
                                models.Q(("abstained", ""), _negated=True),
                            ),
                            models.Q(("abstained", ""), ("probability__gte", 0), ("probability__lte", 1)),
                            _connector="OR",
                        ),
                        name="shadow_score_or_abstained",
                    ),
                ],
            },
        ),
    ]
