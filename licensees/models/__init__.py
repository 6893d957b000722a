"""An organisation licensed to use the technique, how it came in, its keys, its policy, and what takes two admins."""

from licensees.models.api_key import ApiKey, SignedCall
from licensees.models.application import Application
from licensees.models.assignment_term import AssignmentTerm
from licensees.models.contact import Contact
from licensees.models.legal_basis import LegalBasis
from licensees.models.licensee import Licensee
from licensees.models.policy import Policy
from licensees.models.proposal import Proposal
from licensees.models.signature import Signature
from licensees.models.vetting import VettingNote

__all__ = [
    "ApiKey",
    "Application",
    "AssignmentTerm",
    "Contact",
    "LegalBasis",
    "Licensee",
    "Policy",
    "Proposal",
    "Signature",
    "SignedCall",
    "VettingNote",
]
