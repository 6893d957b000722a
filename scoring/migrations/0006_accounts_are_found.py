"""An index by which the cases of an account are found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scoring", "0005_states_and_evidence")]

    operations = [
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["external_id"], name="participant_by_external_id"),
        ),
    ]
