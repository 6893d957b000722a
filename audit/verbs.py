"""Every recordable act: the system's table of contents. `noun:act`, in the past tense."""

from django.db import models


class Verb(models.TextChoices):
    # who
    PERSON_SIGNED_IN = "person:signed_in", "signed in"
    PERSON_SIGNED_OUT = "person:signed_out", "signed out"
    SIGN_IN_FAILED = "person:sign_in_failed", "failed to sign in"
    PERSON_CREATED = "person:created", "created a person"
    PASSWORD_SET = "person:password_set", "set a new password"
    ATTEMPT_REFUSED = "attempt:refused", "tried something that was refused"

    # for whom
    LICENSEE_CREATED = "licensee:created", "created a licensee"
    LICENSEE_SUSPENDED = "licensee:suspended", "suspended a licensee"
    LICENSEE_RESUMED = "licensee:resumed", "resumed a licensee"
    POLICY_SET = "policy:set", "set a policy"
    KEY_ISSUED = "key:issued", "issued an API key"
    KEY_REVOKED = "key:revoked", "revoked an API key"
    ASSIGNMENT_GIVEN = "assignment:given", "assigned a person to a licensee"
    ASSIGNMENT_ENDED = "assignment:ended", "ended an assignment"

    # the machine
    CONVERSATIONS_ACCEPTED = "conversations:accepted", "accepted conversations"
    MODEL_REGISTERED = "model:registered", "registered a model"
    MODEL_EVALUATED = "model:evaluated", "evaluated a model"
    MODEL_CHALLENGER_NAMED = "model:challenger_named", "made a model the challenger"
    MODEL_CHALLENGER_WITHDRAWN = "model:challenger_withdrawn", "withdrew the challenger"
    MODEL_PROMOTED = "model:promoted", "made a model the champion"
    MODEL_ROLLED_BACK = "model:rolled_back", "brought the former champion back"
    MODEL_DRIFTED = "model:drifted", "noticed that what a model sees has changed"
    SCORING_GIVEN_UP = "scoring:given_up", "gave up scoring a conversation"

    # a person
    CASE_OPENED = "case:opened", "opened a case"
    CASE_RAISED = "case:raised", "raised the case"
    CASE_CLAIMED = "case:claimed", "claimed the case"
    CLAIM_EXTENDED = "claim:extended", "extended the claim"
    CASE_RELEASED = "case:released", "released the case"
    CLAIM_EXPIRED = "claim:expired", "let the claim expire"
    EVIDENCE_VIEWED = "evidence:viewed", "viewed evidence"
    CASE_ANNOTATED = "case:annotated", "annotated a message"
    ANNOTATION_SUPERSEDED = "annotation:superseded", "superseded an annotation"
    CASE_DECIDED = "case:decided", "decided the case"
    LABELS_EXPORTED = "labels:exported", "exported decisions as labels"

    # two people
    ESCALATION_REQUESTED = "escalation:requested", "asked for an escalation"
    ESCALATION_RESUBMITTED = "escalation:resubmitted", "submitted the escalation again"
    ESCALATION_RETURNED = "escalation:returned", "returned the escalation"
    ESCALATION_DECLINED = "escalation:declined", "declined the escalation"
    ESCALATION_WITHDRAWN = "escalation:withdrawn", "withdrew the escalation"
    ESCALATION_APPROVED = "escalation:approved", "approved the escalation"
    PACKET_VIEWED = "packet:viewed", "viewed the draft packet"
    PACKET_SEALED = "packet:sealed", "sealed the packet"
    PACKET_DOWNLOADED = "packet:downloaded", "downloaded the packet"
    CASE_REFERRED = "case:referred", "referred the case"
    CASE_RETURNED = "case:returned", "got the case back"
