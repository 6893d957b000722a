"""What leaves goes to the clearing house for which the conversation is registered, and to no other."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0007_follow_ups"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="delivery",
            trigger=pgtrigger.compiler.Trigger(
                name="to_one_clearing_house",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\nIF EXISTS (\n  SELECT 1 FROM referrals_packet p\n  JOIN referrals_approval a ON a.id = p.approval_id\n  JOIN referrals_escalationversion v ON v.escalation_id = a.escalation_id AND v.number = a.version_number\n  JOIN referrals_escalation e ON e.id = a.escalation_id\n  JOIN review_case c ON c.id = e.case_id\n  WHERE p.id = NEW.packet_id AND (\n    v.recipient_id <> NEW.recipient_id\n    OR (v.exit = 'suspected_exploitation' AND NOT EXISTS (\n      SELECT 1 FROM referrals_conversationreport r\n      WHERE r.conversation_id = c.conversation_id AND r.recipient_id = NEW.recipient_id\n        AND r.is_test = NEW.is_test)))\n) THEN\n  RAISE EXCEPTION 'delivery_to_one_clearing_house: the conversation is not registered for this recipient';\nEND IF;\nRETURN NULL;\n",
                    hash="60f0360f2267f8e658bc43c35ba730998dfe563d",
                    operation="INSERT",
                    pgid="pgtrigger_to_one_clearing_house_09409",
                    table="referrals_delivery",
                    when="AFTER",
                ),
            ),
        ),
    ]
