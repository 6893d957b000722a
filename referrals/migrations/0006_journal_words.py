"""What a person writes into a delivery's journal is sealed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0005_deliveries"),
    ]

    operations = [
        migrations.AddField(
            model_name="deliveryentry",
            name="words_sealed",
            field=models.BinaryField(null=True),
        ),
    ]
