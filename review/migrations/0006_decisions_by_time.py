"""An index by which the decisions of the last weeks are counted without reading all."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0005_holds_watches_and_withdrawals")]

    operations = [
        migrations.AddIndex(
            model_name="decision", index=models.Index(fields=["decided_at"], name="decision_by_time")
        ),
    ]
