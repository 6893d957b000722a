"""The queue of unseen flagged scores with the trigger that fills it, and one open claim per person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# In the database and not in scoring: a score of any origin (the worker, an import, plain SQL) is queued in
# its own transaction, and scoring does not have to know that cases exist.
CREATE = """
CREATE FUNCTION review_queue_flagged_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO review_unseenscore (score_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER review_queue_flagged_score AFTER INSERT ON scoring_score
  FOR EACH ROW WHEN (NEW.flagged) EXECUTE FUNCTION review_queue_flagged_score();
INSERT INTO review_unseenscore (score_id)
  SELECT score.id FROM scoring_score score
   WHERE score.flagged AND NOT EXISTS (SELECT FROM review_case WHERE opened_by_score_id = score.id);
"""
REMOVE = """
DROP TRIGGER review_queue_flagged_score ON scoring_score;
DROP FUNCTION review_queue_flagged_score();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0001_initial"),
        ("scoring", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnseenScore",
            fields=[
                (
                    "score",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="scoring.score",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CREATE, REMOVE),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("holder",), name="claim_one_open_per_person"
            ),
        ),
    ]
