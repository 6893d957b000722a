"""How many decisions are judged a second time, and within when: set by each licensee's policy."""

from django.db import migrations, models

import licensees.models.policy


class Migration(migrations.Migration):
    dependencies = [("licensees", "0002_judging")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="second_review_percent",
            field=models.PositiveSmallIntegerField(
                default=licensees.models.policy.usual_second_review_percent
            ),
        ),
        migrations.AddField(
            model_name="policy",
            name="second_review_due_hours",
            field=models.PositiveIntegerField(db_default=72, default=72),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("second_review_percent__lte", 100)),
                name="policy_second_review_is_a_share",
            ),
        ),
    ]
