"""Why a person extended a hold is sealed: their words may quote."""

from django.db import migrations, models

# Words from before stay as they are, since nobody may rewrite them; the check holds for new rows.
SEALED = (
    "ALTER TABLE scoring_preservationhold ADD CONSTRAINT hold_reason_is_sealed CHECK (reason = '') NOT VALID"
)
NOT_SEALED = "ALTER TABLE scoring_preservationhold DROP CONSTRAINT hold_reason_is_sealed"


class Migration(migrations.Migration):
    dependencies = [("scoring", "0008_conversation_weights")]

    operations = [
        migrations.AddField(
            model_name="preservationhold",
            name="reason_sealed",
            field=models.BinaryField(null=True),
        ),
        migrations.RunSQL(SEALED, NOT_SEALED),
    ]
