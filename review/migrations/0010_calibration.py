"""Calibration sessions: cases, invitations, votes and agreed answers."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0004_golden_share"),
        ("review", "0009_golden_cases"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CalibrationSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=80)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("vote_until", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("voting", "Voting"), ("discussion", "Discussion"), ("closed", "Closed")],
                        default="voting",
                        max_length=20,
                    ),
                ),
                (
                    "licensee",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalibrationInvitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="review.calibrationsession",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CalibrationCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "agreed",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_action", "No action"),
                            ("monitor", "Monitor"),
                            ("platform_action", "Platform action"),
                            ("escalate", "Escalate"),
                        ],
                        max_length=20,
                    ),
                ),
                ("why_sealed", models.BinaryField(null=True)),
                ("agreed_at", models.DateTimeField(null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.case"
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.decision"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="review.calibrationsession",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalibrationVote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("voted_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="review.calibrationcase",
                    ),
                ),
                (
                    "voted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="calibrationsession",
            index=models.Index(fields=["licensee", "-made_at"], name="calibration_by_licensee"),
        ),
        migrations.AddConstraint(
            model_name="calibrationsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("vote_until__gt", models.F("made_at"))),
                name="calibration_has_time_to_vote",
            ),
        ),
        migrations.AddConstraint(
            model_name="calibrationinvitation",
            constraint=models.UniqueConstraint(fields=("session", "person"), name="calibration_invites_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calibrationinvitation",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="242158693ede9d914068cf341db5e80f47b192de",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_8a160",
                    table="review_calibrationinvitation",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calibrationinvitation",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="671a716ba07e83146d83dcd97eb560e6f86a8435",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_9d111",
                    table="review_calibrationinvitation",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="calibrationcase",
            constraint=models.UniqueConstraint(fields=("session", "case"), name="calibration_case_once"),
        ),
        migrations.AddConstraint(
            model_name="calibrationcase",
            constraint=models.UniqueConstraint(fields=("session", "number"), name="calibration_case_number"),
        ),
        migrations.AddConstraint(
            model_name="calibrationcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed", ""), ("agreed_at", None), ("agreed_by", None)),
                    models.Q(
                        models.Q(("agreed", ""), _negated=True),
                        ("agreed_at__isnull", False),
                        ("agreed_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="calibration_agreed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="calibrationvote",
            constraint=models.UniqueConstraint(fields=("item", "voted_by"), name="calibration_one_vote_each"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calibrationvote",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="0fa46a214a6aff34adc26836e0eee6974daa75e9",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_c13ac",
                    table="review_calibrationvote",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="calibrationvote",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="6b7b2fee3b8155111a186fbf22be398fed6a0b4b",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_75f19",
                    table="review_calibrationvote",
                    when="BEFORE",
                ),
            ),
        ),
    ]
