"""data/referral.json: who is referred to whom, why, and on what evidence."""

from typing import Any

from referrals.formats.text import canonical, escaped, time, written
from referrals.packet_content import Account, AccountFacts, PacketContent, PreviousPacket, ScoreFacts

FORMAT = "artemis-referral"
FORMAT_VERSION = 2

ROLES_ARE_NOT_FINDINGS = (
    "Subject account and possible minor are the roles of two accounts in this referral. Neither is a finding "
    "about a person."
)
SCORE_IS_NOT_A_FINDING = (
    "A score is a machine's rating of a conversation. It is not a finding: this referral rests on the grounds and "
    "the evidence messages, not on the score."
)
VIEWED_MEANS = (
    "Counted from the recorded moments at which a message's text was first shown to a person on the case page, up "
    "to the submission of this request. A message that is not listed was not shown to anybody there by then. A "
    "message that was edited was shown as it was at that moment: compare the times."
)
TEST_RECIPIENT = (
    "This recipient exists only to try the workflow: it is not an agency, and nobody acts on this packet."
)
REAL_RECIPIENT = "This recipient is an agency or hotline on the operator's list."


def referral_json(content: PacketContent) -> bytes:
    return canonical(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "software": content.software,
            "case": {"reference": content.case_reference, "opened_at": time(content.case_opened_at)},
            "licensee": _licensee(content),
            "conversation": _conversation(content),
            "exit": content.exit,
            "recipient": _recipient(content),
            "request": _request(content),
            "subject_account": account(content.subject),
            "possible_minor": account(content.possible_minor),
            "roles_statement": ROLES_ARE_NOT_FINDINGS,
            "account_facts": [_account_facts(facts) for facts in content.account_facts],
            "incident_at": time(content.incident_at),
            "incident_definition": written(content.incident_definition)
            if content.incident_definition
            else None,
            "priority": content.priority,
            "grounds": written(content.grounds),
            "evidence_messages": content.evidence_numbers,
            "context": content.context,
            "redactions": [
                {"number": number, "reason": reason} for number, reason in sorted(content.redacted.items())
            ],
            "not_stated": list(content.completeness),
            "supplements": _previous(content.previous, "supplements"),
            "retracts": _previous(content.previous, "retracts"),
            "changed_after_request": content.changed_after_request,
            "viewed": _viewed(content),
            "score": _score(content.score) if content.score else None,
        }
    )


def account(of: Account) -> dict[str, str]:
    return {
        "pseudonym": of.pseudonym,
        "platform_id": of.platform_id,
        "declared_age_band": of.declared_age_band,
    }


def _account_facts(facts: AccountFacts) -> dict[str, Any]:
    """As the platform said it: nobody here has checked it."""
    return {
        "role": facts.role,
        "pseudonym": facts.pseudonym,
        "platform_id": facts.platform_id,
        "display_name": written(facts.display_name),
        "account_created_at": time(facts.account_created_at),
        "facts": [{"name": escaped(name), **written(value)} for name, value in facts.facts],
    }


def _previous(previous: PreviousPacket | None, relation: str) -> dict[str, Any] | None:
    """A sealed packet is never changed: what adds to it or takes it back is a new one, which names it."""
    if previous is None or previous.relation != relation:
        return None
    return {
        "packet_digest": previous.packet_digest,
        "archive_digest": previous.archive_digest,
        "sealed_at": time(previous.sealed_at),
        "reason": written(previous.reason),
        "references": list(previous.references),
    }


def _licensee(content: PacketContent) -> dict[str, str]:
    licensee = content.licensee
    return {
        "name": licensee.name,
        "code": licensee.code,
        "jurisdiction": licensee.jurisdiction,
        "contact": licensee.contact,
    }


def _conversation(content: PacketContent) -> dict[str, str]:
    return {
        "platform_id": content.conversation_platform_id,
        "kind": content.conversation_kind,
        "language": content.conversation_language,
    }


def _recipient(content: PacketContent) -> dict[str, Any]:
    recipient = content.recipient
    return {
        "name": recipient.name,
        "jurisdiction": recipient.jurisdiction,
        "contact": recipient.contact,
        "is_test": recipient.is_test,
        "statement": TEST_RECIPIENT if recipient.is_test else REAL_RECIPIENT,
    }


def _request(content: PacketContent) -> dict[str, Any]:
    return {
        "version": content.version,
        "submitted_by": content.submitted_by,
        "submitted_as": "moderator",
        "submitted_at": time(content.submitted_at),
    }


def _viewed(content: PacketContent) -> dict[str, Any]:
    return {
        "statement": VIEWED_MEANS,
        "messages": [
            {
                "number": viewed.number,
                "people": viewed.people,
                "first_viewed_at": time(viewed.first_viewed_at),
            }
            for viewed in content.viewed
        ],
    }


def _score(score: ScoreFacts) -> dict[str, Any]:
    return {
        "statement": SCORE_IS_NOT_A_FINDING,
        "model": {
            "name": score.model_name,
            "sha256": score.model_digest,
            "is_demonstration": score.is_demonstration,
        },
        "probability": score.probability,
        "abstained": score.abstained or None,
        "band": score.band or None,
        "threshold": score.threshold,
        "scored_at": time(score.scored_at),
        "characteristics": dict(score.characteristics),
    }
