"""data/referral.json: who is referred to whom, why, and on what evidence."""

from typing import Any

from referrals.formats.text import canonical, time, written
from referrals.packet_content import Account, PacketContent, ScoreFacts

FORMAT = "artemis-referral"
FORMAT_VERSION = 1

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
            "incident_at": time(content.incident_at),
            "grounds": written(content.grounds),
            "evidence_messages": content.evidence_numbers,
            "context": content.context,
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
