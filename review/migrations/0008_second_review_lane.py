"""When a second review is due, and the private note of who gave it."""

import django.utils.timezone
from django.db import migrations, models

# As the policy has it that a licensee begins with.
DUE = "UPDATE review_secondreview SET due_at = opened_at + interval '72 hours'"


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0003_second_review_share"),
        ("review", "0007_first_judgements"),
    ]

    operations = [
        migrations.AddField(
            model_name="secondreview",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="secondreview",
            name="note_sealed",
            field=models.BinaryField(null=True),
        ),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
    ]
