"""What the messages of a long conversation weigh, summed up for its page."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0007_preservation_holds"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConversationWeights",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="weights",
                        serialize=False,
                        to="scoring.conversation",
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("messages", models.PositiveIntegerField()),
                ("sums", models.JSONField()),
                ("told", models.JSONField()),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="scoring.modelversion",
                    ),
                ),
            ],
        ),
    ]
