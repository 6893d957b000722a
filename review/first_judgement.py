"""Against anchoring: where a licensee chose so, whoever judges a case sees no score before their own first judgement.

Which cases these are is fixed when they open, by the policy of that moment: nobody who has seen a score can be asked
to judge as if they had not.
"""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from audit.record import record
from audit.transitions import NotPossible
from audit.verbs import Verb
from licensees.together import Question
from review.locking import lock_case_and_ask
from review.models import Case, FirstJudgement, Reveal
from review.permissions import check_may_decide, hidden_from
from review.policies import check_holds_live_claim, check_readable, moment, open_claim

HIDDEN = "The score is hidden until your first judgement. Say how much concerns you, then it is shown."


def hides_from(person: User, case: Case) -> bool:
    """Also on the pages of a conversation's earlier cases, as long as it has an open one: they show the same score."""
    if not case.hides_score and not case.is_closed:
        return False
    known: bool | None = getattr(case, "score_hidden_from", {}).get(person.pk)
    return hidden_from(person).filter(_shows_the_same(case)).exists() if known is None else known


def hidden_among(person: User, cases: Collection[Case]) -> set[int]:
    """The ids of those whose score this person may not see yet; no query where no licensee hides any."""
    ids = [case.pk for case in cases if case.hides_score]
    return set(hidden_from(person).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def judge_first(*, case_id: int, by: User, concern: str) -> FirstJudgement:
    """Said once: saying the same again changes nothing, and saying something else is refused."""
    with transaction.atomic():
        read = Reveal.objects.filter(case=case_id, revealed_by=by).values_list("pk", flat=True)[:1]
        case, answers = lock_case_and_ask(case_id, by=by, read=read, **about_first_judgement(case_id, by))
        check_may_decide(by, case)
        check_holds_live_claim(case, open_claim(case), by)
        check_readable(case)
        given = next(iter(answers["first_judgement"]), None)
        if given is not None and given.concern == concern:
            return given
        _check_can_be_given(case, given, concern)
        _check_has_read(case, bool(answers["read"]))
        judgement = FirstJudgement.objects.create(case=case, judged_by=by, concern=concern)
        payload = {"first_judgement": judgement.pk, "concern": concern}
        record(Verb.CASE_JUDGED_FIRST, by=by, about=case.about(), payload=payload)
        return judgement


def check_score_shown(case: Case, by: User) -> None:
    """Before anything that would show the score."""
    if hides_from(by, case):
        raise NotPossible(HIDDEN, about=case.about())


def about_first_judgement(case_id: int, by: User) -> dict[str, Question]:
    """The question, to be asked together with others."""
    return {"first_judgement": FirstJudgement.objects.filter(case=case_id, judged_by=by)}


def find_first_judgement(case: Case, given: Sequence[FirstJudgement]) -> FirstJudgement | None:
    """What the decision records; none is needed where the score was never hidden."""
    if not case.hides_score:
        return None
    if not given:
        raise NotPossible(HIDDEN, about=case.about())
    return given[0]


def _shows_the_same(case: Case) -> Q:
    return Q(pk=case.pk) | Q(conversation_id=case.conversation_id, closed_at=None, practice_of=None)


def _check_can_be_given(case: Case, given: FirstJudgement | None, concern: str) -> None:
    if given is not None:
        said = f"You gave your first judgement {moment(given.judged_at)}, and it stays as it was given."
        raise NotPossible(f"{said} Your decision may differ from it.", about=case.about())
    if not case.hides_score:
        sentence = "The score of this case is shown from the beginning, so no first judgement is asked for. Decide it."
        raise NotPossible(sentence, about=case.about())
    if concern not in FirstJudgement.Concern.values:
        raise NotPossible("Choose how much concerns you: none, some or serious.", about=case.about())


def _check_has_read(case: Case, has_read: bool) -> None:
    """Otherwise it would be a key that is pressed to see the score."""
    if not has_read:
        raise NotPossible("Reveal a turn and read it before you judge.", about=case.about())
