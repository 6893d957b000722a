"""Whom a platform action concerns: the subject accounts that a person chose, written once with their decision."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models

from audit.append_only import AppendOnly, refusing_triggers
from review.models.decision import Decision
from scoring.models import Participant


class SubjectAccount(AppendOnly):
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="subject_accounts")
    account = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["decision", "account"], name="subject_account_once"),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            *refusing_triggers(),
            pgtrigger.Trigger(
                name="refuse_strangers",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "IF NOT EXISTS (SELECT FROM review_decision decision"
                    " JOIN review_case ON review_case.id = decision.case_id"
                    " JOIN scoring_participant account ON account.conversation_id = review_case.conversation_id"
                    " WHERE decision.id = NEW.decision_id AND account.id = NEW.account_id"
                    " AND decision.disposition = 'platform_action') THEN"
                    " RAISE EXCEPTION 'Decision % asks nothing of account %.', NEW.decision_id, NEW.account_id;"
                    " END IF; RETURN NEW;"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} by decision {self.decision_id}"
