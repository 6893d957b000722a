"""Dual control, held by the database: composite foreign keys that keep the copied people and digests true.

decision.decided_by = escalation.requested_by = approval.requested_by ≠ approval.approved_by, and
approval.packet_digest = packet.digest. Each link refuses a row that would break the chain.
"""

from django.db import migrations

LINKS = [
    (
        "referrals_escalation",
        "escalation_requester_decided",
        "(decision_id, requested_by_id)",
        "review_decision (id, decided_by_id)",
    ),
    (
        "referrals_approval",
        "approval_requester_is_the_escalations",
        "(escalation_id, requested_by_id)",
        "referrals_escalation (id, requested_by_id)",
    ),
    (
        "referrals_packet",
        "packet_is_what_was_approved",
        "(approval_id, digest)",
        "referrals_approval (id, packet_digest)",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial"), ("review", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY {columns} REFERENCES {target}",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for table, name, columns, target in LINKS
        ),
        migrations.RunSQL(
            "ALTER TABLE referrals_approval ADD CONSTRAINT approval_confirmed CHECK (confirmed_at IS NOT NULL)",
            "ALTER TABLE referrals_approval DROP CONSTRAINT approval_confirmed",
        ),
    ]
