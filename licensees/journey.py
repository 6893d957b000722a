"""Where a licensee stands on its way in: what is done, what is next, whose turn it is, and the one act that is next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from licensees import agreement, legal_basis, vetting
from licensees.models import ApiKey, Contact, LegalBasis, Licensee, Proposal, Signature, VettingNote
from licensees.together import ask

State = Licensee.State


@dataclass(frozen=True)
class Step:
    name: str
    # done, current or later
    state: str
    whose: str


@dataclass(frozen=True)
class Act:
    label: str
    url: str
    key: str


@dataclass(frozen=True)
class Warned:
    title: str
    sentence: str
    url: str
    label: str


@dataclass(frozen=True)
class Journey:
    """All that stands around a licensee besides its policy, keys and people, read in one question."""

    licensee: Licensee
    checklist: list[vetting.Item]
    signatures: list[Signature]
    bases: list[LegalBasis]
    contacts: list[Contact]
    proposal: Proposal | None
    has_test_key: bool
    warnings: list[Warned] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return sum(one.is_settled for one in self.checklist)

    @property
    def signature_due(self) -> bool:
        return agreement.is_due(self.licensee, self.signatures)

    @property
    def steps(self) -> list[Step]:
        state = self.licensee.state
        if state in (State.DECLINED, State.ENDED):
            return []
        reached = REACHED[State.LIVE if self.licensee.went_live_at else state]
        return [
            Step(name, "done" if place < reached else "current" if place == reached else "later", whose)
            for place, (name, whose) in enumerate(STEPS)
        ]

    @property
    def next_act(self) -> Act | None:
        licensee, state = self.licensee, self.licensee.state
        if state == State.APPLIED:
            is_settled = self.settled == len(self.checklist)
            return (
                _act("Accept after vetting…", "vet", licensee, "v")
                if is_settled
                else _act("Go on vetting", "vetting", licensee, "v")
            )
        if state == State.VETTED:
            return _act("Record the signature", "agreement", licensee, "s")
        if state == State.AGREED:
            return _act("Begin the test", "begin_test", licensee, "t")
        if state == State.TEST:
            return self._in_test()
        if state == State.SUSPENDED:
            return _act("Resume…", "resume", licensee, "r")
        return None

    def _in_test(self) -> Act:
        if self.proposal is not None:
            url = reverse("licensees:proposal", args=[self.proposal.pk])
            return Act("See what waits for another admin", url, "g")
        if not self.has_test_key:
            return _act("Issue a test key", "issue_key", self.licensee, "k")
        return _act("Go live…", "go_live", self.licensee, "g")


STEPS = [
    ("Applied", "the company wrote, or an admin"),
    ("Vetted", "an admin looks"),
    ("Agreement", "the company signs, an admin records"),
    ("Test", "its platform sends, moderators practise"),
    ("Live", "two admins"),
]
# How many steps are done.
REACHED: dict[str, int] = {
    State.APPLIED: 1,
    State.VETTED: 2,
    State.AGREED: 3,
    State.TEST: 4,
    State.SUSPENDED: 4,
    State.LIVE: 5,
}


def journey_of(licensee: Licensee) -> Journey:
    answers = ask(
        notes=VettingNote.objects.filter(licensee=licensee)
        .select_related("noted_by")
        .order_by("noted_at", "pk"),
        signatures=Signature.objects.filter(licensee=licensee)
        .select_related("recorded_by")
        .order_by("-recorded_at", "-pk"),
        bases=LegalBasis.objects.standing().filter(licensee=licensee).select_related("recorded_by"),
        contacts=Contact.objects.filter(licensee=licensee, removed_at=None),
        proposals=Proposal.objects.filter(licensee=licensee, state=Proposal.State.PROPOSED),
        keys=ApiKey.objects.filter(licensee=licensee, revoked_at=None, mode=ApiKey.Mode.TEST).values_list(
            "pk", flat=True
        )[:1],
    )
    journey = Journey(
        licensee=licensee,
        checklist=vetting.with_notes(answers["notes"]),
        signatures=answers["signatures"],
        bases=answers["bases"],
        contacts=answers["contacts"],
        proposal=next(iter(answers["proposals"]), None),
        has_test_key=bool(answers["keys"]),
    )
    journey.warnings.extend(_warnings(journey))
    return journey


def _warnings(journey: Journey) -> list[Warned]:
    licensee = journey.licensee
    if licensee.state in (State.DECLINED, State.ENDED):
        return []
    found = []
    url = reverse("licensees:legal_bases", args=[licensee.slug])
    if legal_basis.needs_basis(licensee) and not legal_basis.covers_union(journey.bases):
        found.append(
            Warned(
                "No legal basis in force",
                "It is an interpersonal service in the European Union: what its platform sends is refused. "
                "Reports of users are taken.",
                url,
                "Record one",
            )
        )
    found += [
        Warned("A legal basis ends", ending_words(one), url, "Look at the legal bases")
        for one in legal_basis.ending_soon(journey.bases)
    ]
    if journey.signature_due and licensee.state != State.VETTED:
        signing = reverse("licensees:agreement", args=[licensee.slug])
        version = agreement.current().version
        sentence = f"Version {version} of the agreement is not signed. The service goes on."
        found.append(Warned("A signature is due", sentence, signing, "Record it"))
    return found


def ending_words(one: legal_basis.Standing) -> str:
    what, days = f"{one.basis.get_basis_display()} ({one.basis.jurisdiction})", one.days_left
    if days < 0:
        return f"{what} ended on {one.basis.valid_until:%d %B %Y}, and nothing is recorded after it."
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
    return f"{what} ends {when}, and nothing is recorded after it."


def all_ending_soon(licensees: Sequence[Licensee]) -> list[tuple[Licensee, str]]:
    """For the admins' home: whose basis ends, in one question."""
    by_id = {one.pk: one for one in licensees if one.state not in (State.DECLINED, State.ENDED)}
    bases: dict[int, list[LegalBasis]] = {}
    for one in LegalBasis.objects.standing().filter(licensee_id__in=by_id):
        bases.setdefault(one.licensee_id, []).append(one)
    return [
        (by_id[licensee_id], ending_words(one))
        for licensee_id, of_one in bases.items()
        for one in legal_basis.ending_soon(of_one)
    ]


def _act(label: str, name: str, licensee: Licensee, key: str) -> Act:
    return Act(label, reverse(f"licensees:{name}", args=[licensee.slug]), key)


def said(journey: Journey) -> dict[str, Any]:
    """For templates."""
    return {"journey": journey, "steps": journey.steps, "next_act": journey.next_act}
