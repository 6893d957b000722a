"""Where a person stands with a case: who holds it, and what of it is open to this person, each with its reason."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.access import may
from accounts.models import User
from review.first_judgement import hides_from
from review.leases import held_case
from review.models import Case, Claim
from review.permissions import check_may_claim, check_may_decide, supervises
from review.policies import (
    check_claimable,
    check_hands_free,
    check_holds_live_claim,
    check_readable,
    check_undecided,
    is_live,
    on_day,
    open_claim,
    open_hold,
)

SOON_SECONDS = 120


@dataclass
class Standing:
    case: Case
    person: User
    # After the panic key, only the turns revealed since; None: all that this person has revealed.
    shown: Collection[int] | None = None

    @cached_property
    def claim(self) -> Claim | None:
        return open_claim(self.case)

    @cached_property
    def held(self) -> Case | None:
        """The case that this person holds now."""
        return held_case(self.person)

    @property
    def is_mine(self) -> bool:
        return self.claim is not None and self.claim.holder_id == self.person.pk and is_live(self.claim)

    @cached_property
    def reveal(self) -> tuple[bool, str]:
        """A supervisor may read at any time, a moderator while holding the claim."""
        return may(self._check_reveal)

    @cached_property
    def decide(self) -> tuple[bool, str]:
        return may(self._check_decide)

    @cached_property
    def score_hidden(self) -> bool:
        """Until this person's first judgement, where the licensee chose so: then nothing of it may be on a page."""
        return hides_from(self.person, self.case)

    @cached_property
    def take(self) -> tuple[bool, str]:
        return may(self._check_take)

    def claim_bar(self) -> dict[str, Any]:
        """The parameters of the component claim_bar."""
        if self.case.state == Case.State.HELD:
            return self._held_bar()
        claim, live = self.claim, is_live(self.claim)
        bar: dict[str, Any] = {"state": "yours" if self.is_mine else "theirs" if live else "free"}
        if claim is not None and not live and claim.holder_id == self.person.pk:
            bar["state"] = "lost"
        if claim is not None and live:
            bar |= {"holder": claim.holder.name, "until": claim.expires_at, **_time_left(claim)}
        return bar | self._acts()

    def _held_bar(self) -> dict[str, Any]:
        held = open_hold(self.case)
        until = {"until": held.until, "left": f"until {on_day(held.until)}"} if held else {}
        holder = held.held_by.name if held else ""
        resume = reverse("review:resume", args=[self.case.reference])
        return {"state": "held", "holder": holder, "resume_url": resume, **until}

    def _acts(self) -> dict[str, str]:
        """Claiming is not among them: it is the page's primary button, in its corner."""
        if not self.is_mine:
            return {}
        # What was typed into the decision goes along, and the end of the lease is announced.
        form = "judge_first" if self.score_hidden else "decide"
        return {"carry": form, "warn": "yes"} | {
            f"{act}_url": reverse(f"review:{act}", args=[self.case.reference])
            for act in ("extend", "release", "hold", "hand_over")
        }

    def _check_reveal(self) -> None:
        """That the person may open the case at all was asked when the view got it."""
        check_readable(self.case)
        if not supervises(self.person, self.case):
            check_holds_live_claim(self.case, self.claim, self.person)

    def _check_decide(self) -> None:
        check_undecided(self.case)
        check_may_decide(self.person, self.case)
        check_holds_live_claim(self.case, self.claim, self.person)

    def _check_take(self) -> None:
        check_may_claim(self.person, self.case)
        # A lease that has passed is no lease: claiming ends it.
        if self.claim is None or is_live(self.claim):
            check_claimable(self.case, self.claim)
        check_hands_free(self.person, self.held)


def _time_left(claim: Claim) -> dict[str, Any]:
    seconds = (claim.expires_at - timezone.now()).total_seconds()
    return {"left": f"{-(-int(seconds) // 60)} min left", "soon": seconds < SOON_SECONDS}
