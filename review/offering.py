"""What the queue offers to one person, in the order in which it is taken, and the taking of the first.

One statement finds the case by the partial index `case_queue`, locks it and writes the lease; what somebody else is
taking at this moment is passed over. It is written out, since a claim is what everybody does at once.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from review.exposure import SEVERE, Exposure
from review.leases import lease_end
from review.models import Case, Claim
from review.opting_out import HIGH, LeftOut

# Of each licensee so many are looked at where there are several: more than there are people who claim at once.
CANDIDATES = 64
# OFFSET 0 keeps the planner from joining with all that was ever released: the few cases that are looked at are asked
# one by one.
OFFERED = """
    SELECT {columns} FROM review_case waiting
     WHERE waiting.licensee_id = {licensee} AND waiting.state = 'waiting' AND waiting.practice_of_id IS NULL
       AND NOT waiting.in_test
       AND (%(lane)s = '' OR waiting.lane = %(lane)s)
       AND waiting.lane <> ALL (%(lanes)s::text[]) AND waiting.band <> ALL (%(bands)s::text[])
       AND NOT EXISTS (
         SELECT FROM review_claim released
          WHERE released.case_id = waiting.id AND released.holder_id = %(person)s AND released.ending = %(released)s
         OFFSET 0)
       {without_characteristics}
     ORDER BY waiting.lane_order, waiting.due_at, waiting.id LIMIT {limit}
"""
WITHOUT_CHARACTERISTICS = """
       AND NOT EXISTS (
         SELECT FROM scoring_score score, unnest(%(characteristics)s::text[]) named (key)
          WHERE score.id = waiting.opened_by_score_id AND (score.characteristics ->> named.key)::float8 >= %(high)s)
"""
OF_SEVERAL = """
    SELECT {columns} FROM (
      SELECT few.id FROM unnest(%(licensees)s::bigint[]) licensee (id) CROSS JOIN LATERAL ({few}) few
       ORDER BY few.lane_order, few.due_at, few.id LIMIT %(candidates)s) first
    JOIN review_case waiting ON waiting.id = first.id AND waiting.state = 'waiting'
    ORDER BY waiting.lane_order, waiting.due_at, waiting.id LIMIT 1
"""
# The lease is written by the statement that found the case and locked it: nobody waits in between.
LEASED = """
    WITH taken AS ({found}),
         lease AS (INSERT INTO review_claim (case_id, holder_id, claimed_at, expires_at, ending)
                   SELECT id, %(person)s, %(now)s, %(until)s, '' FROM taken RETURNING id)
    SELECT taken.*, lease.id AS lease_id FROM taken CROSS JOIN lease
"""
NARROW = "waiting.id, waiting.lane_order, waiting.due_at"
WAIT, PASS_OVER = "FOR UPDATE OF waiting", "FOR UPDATE OF waiting SKIP LOCKED"


@dataclass(frozen=True)
class Offer:
    """To whom, of which licensees, without what they leave out and what they have read enough of."""

    person: User
    licensee_ids: list[int]
    lane: Case.Lane | None
    read: Exposure
    left_out: LeftOut

    def take(self) -> tuple[Case, Claim] | None:
        """The first one that nobody else is taking, locked, with the lease that this person has on it now."""
        now, until = timezone.now(), lease_end()
        statement = LEASED.format(found=f"{self._statement('waiting.*')} {PASS_OVER}")
        facts = self._facts() | {"now": now, "until": until}
        for case in Case.objects.raw(statement, facts):
            lease = Claim(pk=case.lease_id, case=case, holder=self.person, claimed_at=now, expires_at=until)
            return case, lease
        return None

    def wait_for_first(self) -> Case | None:
        """The first one, whoever is taking it, locked as soon as it is free."""
        return next(iter(Case.objects.raw(f"{self._statement('waiting.*')} {WAIT}", self._facts())), None)

    def first(self) -> Any:
        """(lane order, due at, id) of the first one, whoever is taking it; None: nothing is offered."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement("waiting.lane_order, waiting.due_at, waiting.id"), self._facts())
            return cursor.fetchone()

    def _statement(self, columns: str) -> str:
        if len(self.licensee_ids) == 1:
            return self._offered(columns, licensee="%(licensee)s", limit="1")
        few = self._offered(NARROW, licensee="licensee.id", limit="%(candidates)s")
        return OF_SEVERAL.format(columns=columns, few=few)

    def _offered(self, columns: str, *, licensee: str, limit: str) -> str:
        apart = WITHOUT_CHARACTERISTICS if self.left_out.characteristics else ""
        return OFFERED.format(columns=columns, licensee=licensee, without_characteristics=apart, limit=limit)

    def _facts(self) -> dict[str, Any]:
        return {
            "person": self.person.pk,
            "licensee": self.licensee_ids[0] if self.licensee_ids else None,
            "licensees": self.licensee_ids,
            "lane": self.lane.value if self.lane else "",
            "lanes": self.left_out.lanes,
            "bands": [SEVERE.value] if self.read.enough_severe else [],
            "characteristics": self.left_out.characteristics,
            "high": HIGH,
            "released": Claim.Ending.RELEASED.value,
            "candidates": CANDIDATES,
        }
