"""Whether a moderator judges before the score is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("licensees", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="hides_score",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
