"""Pauses, what a person leaves out, unveilings and blind second reviews; an index for what one has read today."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# The copied decider is the real one: a constraint that compares people can be trusted.
LINK = """ALTER TABLE review_secondreview ADD CONSTRAINT second_review_of_its_decider
  FOREIGN KEY (decision_id, first_decided_by_id) REFERENCES review_decision (id, decided_by_id)"""
UNLINK = "ALTER TABLE review_secondreview DROP CONSTRAINT second_review_of_its_decider"


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0001_initial"),
        ("review", "0002_intake_and_claims"),
        ("scoring", "0005_states_and_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OptOut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lane", models.CharField(blank=True, max_length=10)),
                ("characteristic", models.CharField(blank=True, max_length=40)),
                ("left_out_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Pause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SecondReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("in_review", "In review"),
                            ("agreed", "Agreed"),
                            ("disagreed", "Disagreed"),
                            ("adjudicated", "Adjudicated"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="waiting",
                        max_length=20,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "passed_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "disposition",
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
                (
                    "platform_action",
                    models.CharField(
                        blank=True,
                        choices=[("warn", "Warn"), ("restrict", "Restrict"), ("block", "Block")],
                        max_length=10,
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
                ("decided_at", models.DateTimeField(null=True)),
                ("adjudicated_at", models.DateTimeField(null=True)),
                (
                    "final_disposition",
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
            ],
        ),
        migrations.CreateModel(
            name="Unveiling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("same_account", "To find other cases of the same account"),
                            ("danger", "To judge how near a danger is"),
                            ("platform", "To name the account to the platform"),
                            ("referral", "To prepare a referral"),
                        ],
                        max_length=20,
                    ),
                ),
                ("unveiled_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddIndex(
            model_name="reveal",
            index=models.Index(fields=["revealed_by", "revealed_at"], name="reveal_by_person"),
        ),
        migrations.AddField(
            model_name="optout",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="pause",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="adjudicated_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="second_reviews", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="decision",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="second_review",
                to="review.decision",
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="first_decided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="licensee",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="licensees.licensee"
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="reviewer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="unveiling",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="unveilings", to="review.case"
            ),
        ),
        migrations.AddField(
            model_name="unveiling",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.UniqueConstraint(
                fields=("person", "lane", "characteristic"), name="opt_out_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.CheckConstraint(
                condition=models.Q(("lane", ""), ("characteristic", ""), _connector="XOR"),
                name="opt_out_names_one_thing",
            ),
        ),
        migrations.AddIndex(
            model_name="pause",
            index=models.Index(fields=["person", "-ends_at"], name="pause_by_person"),
        ),
        migrations.AddConstraint(
            model_name="pause",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("began_at"))), name="pause_ends_after_it_begins"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pause",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="9b89a9cc1d6989eda48b918df5bdeec2e02059f7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_1e273",
                    table="review_pause",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pause",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="c9eed61dba07688cb43cf938a5055fe6359a73b6",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_51ab0",
                    table="review_pause",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="secondreview",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "in_review", "disagreed"])),
                fields=["licensee", "state", "opened_at", "id"],
                name="second_review_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="secondreview",
            index=models.Index(fields=["reviewer", "-claimed_at"], name="second_review_by_person"),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewer", None),
                    models.Q(("reviewer", models.F("first_decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="second_review_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("adjudicated_by", None),
                    models.Q(
                        models.Q(("adjudicated_by", models.F("first_decided_by")), _negated=True),
                        models.Q(("adjudicated_by", models.F("reviewer")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="second_review_adjudicated_by_a_third",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("expires_at__isnull", False), ("reviewer__isnull", False), ("state", "in_review")
                    ),
                    models.Q(models.Q(("state", "in_review"), _negated=True), ("expires_at", None)),
                    _connector="OR",
                ),
                name="second_review_lease_with_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", False),
                        ("reviewer__isnull", False),
                        ("state__in", ["agreed", "disagreed", "adjudicated"]),
                        models.Q(("disposition", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state__in", ["agreed", "disagreed", "adjudicated"]), _negated=True),
                        ("decided_at", None),
                        ("disposition", ""),
                    ),
                    _connector="OR",
                ),
                name="second_review_judged_with_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("adjudicated_at__isnull", False),
                        ("adjudicated_by__isnull", False),
                        ("state", "adjudicated"),
                        models.Q(("final_disposition", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "adjudicated"), _negated=True),
                        ("adjudicated_at", None),
                        ("adjudicated_by", None),
                        ("final_disposition", ""),
                    ),
                    _connector="OR",
                ),
                name="second_review_adjudicated_with_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "in_review")),
                fields=("reviewer",),
                name="second_review_one_open_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="unveiling",
            constraint=models.UniqueConstraint(fields=("case", "person"), name="unveiling_once_per_person"),
        ),
        migrations.AddConstraint(
            model_name="unveiling",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose", ""), _negated=True), name="unveiling_has_a_purpose"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unveiling",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_change",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="4f71cb93ccae6b527846ef12f645422d29174cc1",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_refuse_change_27feb",
                    table="review_unveiling",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="unveiling",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;",
                    hash="ea252d79045e96fe5340843ba9de73b2cd078fa8",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_refuse_truncate_d9022",
                    table="review_unveiling",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(LINK, UNLINK),
    ]
