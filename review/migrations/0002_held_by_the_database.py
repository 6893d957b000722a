"""What the models cannot say: scores that open cases, and copied people that must be the real ones."""

from django.db import migrations

# A flagged score is queued in the transaction that stores it; of a watched conversation, every score is.
QUEUES = """
CREATE FUNCTION review_queue_flagged_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO review_unseenscore (score_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER review_queue_flagged_score AFTER INSERT ON scoring_score
  FOR EACH ROW WHEN (NEW.flagged) EXECUTE FUNCTION review_queue_flagged_score();
CREATE FUNCTION review_queue_watched_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM review_watch WHERE conversation_id = NEW.conversation_id) THEN
    INSERT INTO review_unseenscore (score_id) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER review_queue_watched_score AFTER INSERT ON scoring_score
  FOR EACH ROW WHEN (NOT NEW.flagged) EXECUTE FUNCTION review_queue_watched_score();
"""
NO_QUEUES = """
DROP TRIGGER review_queue_watched_score ON scoring_score;
DROP FUNCTION review_queue_watched_score();
DROP TRIGGER review_queue_flagged_score ON scoring_score;
DROP FUNCTION review_queue_flagged_score();
"""

# A copied person is the real one: a constraint that compares people can be trusted.
LINKS = [
    ("review_secondreview", "second_review_of_its_decider", "decision_id, first_decided_by_id"),
    ("review_withdrawal", "withdrawal_by_who_decided", "decision_id, withdrawn_by_id"),
]


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial"), ("scoring", "0001_initial")]

    operations = [
        migrations.RunSQL(QUEUES, NO_QUEUES),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns})"
                " REFERENCES review_decision (id, decided_by_id)",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, columns in LINKS
        ),
    ]
