"""What the models cannot say: each decision is queued in its own transaction, to be read when its seconds are over."""

from django.db import migrations

QUEUE = """
CREATE FUNCTION platforms_queue_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO platforms_unreaddecision (decision_id, decided_at) VALUES (NEW.id, NEW.decided_at);
  RETURN NULL;
END $$;
CREATE TRIGGER platforms_queue_decision AFTER INSERT ON review_decision
  FOR EACH ROW EXECUTE FUNCTION platforms_queue_decision();
"""
NO_QUEUE = """
DROP TRIGGER platforms_queue_decision ON review_decision;
DROP FUNCTION platforms_queue_decision();
"""


class Migration(migrations.Migration):
    dependencies = [("platforms", "0001_initial"), ("review", "0003_subject_accounts")]

    operations = [migrations.RunSQL(QUEUE, NO_QUEUE)]
