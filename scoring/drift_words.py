"""What an admin should know and do about drift: sentences, since no threshold and no model moves by itself."""

from scoring.models import DriftAlert
from scoring.stability import Stability, Verdict

Kind = DriftAlert.Kind
ADVICE = {
    Kind.REFERENCE: (
        "The model meets other conversations than those it was measured on, so its probabilities may be off. Ask what "
        "changed at the platform: a new product, language or age group. If it lasts, evaluate the model on newer "
        "labelled conversations before relying on its threshold."
    ),
    Kind.RECENT: (
        "This week differs from the weeks before. Ask what changed at the platform, and look whether the number of "
        "cases a day still fits the people who review them."
    ),
    Kind.VOCABULARY: (
        "The share of words that the model knows is another than when it was measured: another language, new slang, "
        "new names. A word that it does not know says little to it. Train on newer conversations."
    ),
    Kind.ABSTAINED: (
        "Another share of conversations than before was not judged: too short, or in a language that the model was not "
        "evaluated on. Not judged does not mean safe. Tell the licensee."
    ),
    Kind.CHARACTERISTICS: (
        "This behaviour is rated much more or much less often than when the model was measured. Read some of its cases "
        "with a moderator before changing anything."
    ),
}
NO_REFERENCE = "The model’s card holds no reference that is large enough to compare with."
NO_WEEKS = "There are no weeks before this one, or too few conversations in them."


def what_to_do(kind: DriftAlert.Kind, stability: Stability) -> str:
    """One sentence or a few about one comparison."""
    if stability.verdict is Verdict.STABLE:
        return "Nothing to do."
    if stability.verdict is Verdict.NOTHING:
        return NO_WEEKS if kind in (Kind.RECENT, Kind.ABSTAINED) else NO_REFERENCE
    if stability.verdict is Verdict.TOO_FEW:
        return f"{stability.counted:,} of the {stability.needed:,} conversations that it takes to tell it from chance."
    return ADVICE[kind]
