"""A model's bytes get a table of their own: they were read with every score that was shown with its model."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelArtifact",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="artifact",
                        serialize=False,
                        to="scoring.modelversion",
                    ),
                ),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.RunSQL(
            sql="INSERT INTO scoring_modelartifact (version_id, data) SELECT id, artifact FROM scoring_modelversion",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RemoveField(
            model_name="modelversion",
            name="artifact",
        ),
    ]
