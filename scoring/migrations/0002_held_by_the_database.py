"""What the models cannot say: the words of a hold are sealed, so the column that people could read stays empty."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE scoring_preservationhold ADD CONSTRAINT hold_reason_is_sealed CHECK (reason = '')",
            "ALTER TABLE scoring_preservationhold DROP CONSTRAINT hold_reason_is_sealed",
        )
    ]
