"""Models: what was registered is what scores, and a person says which scores and which is compared."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from audit.append_only import AppendOnlyError
from audit.models import AuditEvent
from audit.transitions import NotPossible
from audit.verbs import Verb
from scoring import registry
from scoring.models import ModelArtifact, ModelEvaluation, ModelVersion
from scoring.pipeline import Model
from tests.people import TESTS

State = ModelVersion.State


def make_model(name: str, **fields: Any) -> ModelVersion:
    return ModelVersion.objects.create(name=name, digest=name.ljust(64, "0"), **fields)


def states() -> dict[str, str]:
    return dict(ModelVersion.objects.values_list("name", "state"))


def acts() -> list[tuple[str, str, str]]:
    """(verb, model, state that it came to), oldest first."""
    names = {str(version.pk): version.name for version in ModelVersion.objects.all()}
    events = AuditEvent.objects.filter(object_type="model", payload__has_key="to").order_by("at")
    return [(event.verb, names[event.object_id], event.payload["to"]) for event in events]


# --- Bytes -------------------------------------------------------------------------------------


def test_the_same_bytes_are_the_same_model(sample_model: Model, db):
    first = registry.register(model=sample_model, name="a", card={}, by=TESTS)
    assert registry.register(model=sample_model, name="a", card={}, by=TESTS) == first
    assert AuditEvent.objects.filter(verb=Verb.MODEL_REGISTERED).count() == 1


def test_changed_bytes_do_not_load(sample_model: Model, champion: ModelVersion):
    ModelArtifact.objects.update(data=b"x" + sample_model.to_bytes())
    registry._load.cache_clear()
    with pytest.raises(registry.ModelDamaged):
        registry.champion()


def test_a_challenger_with_changed_bytes_is_as_none(sample_model: Model, adam: User):
    version = registry.register(model=sample_model, name="a", card={}, by=TESTS)
    registry.name_challenger(model_id=version.pk, by=adam)
    ModelArtifact.objects.update(data=b"x" + sample_model.to_bytes())
    registry._load.cache_clear()
    registry._load_if_whole.cache_clear()
    assert registry.challenger() is None


# --- Which one scores --------------------------------------------------------------------------


def test_promoting_retires_the_former_champion_and_can_be_taken_back(champion: ModelVersion, adam: User):
    other = ModelVersion.objects.create(name="other", digest="f" * 64)
    registry.promote(model_id=other.pk, by=adam)
    assert dict(ModelVersion.objects.values_list("pk", "state")) == {
        champion.pk: "retired",
        other.pk: "champion",
    }
    registry.promote(model_id=champion.pk, by=adam)
    assert ModelVersion.objects.get(state="champion") == champion


def test_the_champion_cannot_be_promoted_again(champion: ModelVersion, adam: User):
    events = AuditEvent.objects.count()
    with pytest.raises(NotPossible, match="already the one that scores"):
        registry.promote(model_id=champion.pk, by=adam)
    assert AuditEvent.objects.count() == events


def test_rolling_back_brings_the_former_champion_back_in_one_recorded_act(adam: User):
    first, second = make_model("first"), make_model("second")
    registry.promote(model_id=first.pk, by=adam)
    registry.promote(model_id=second.pk, by=adam)

    assert registry.roll_back(model_id=second.pk, by=adam) == first

    assert states() == {"first": "champion", "second": "retired"}
    assert acts()[-2:] == [
        ("model:rolled_back", "second", "retired"),
        ("model:rolled_back", "first", "champion"),
    ]
    newest = AuditEvent.objects.latest("at")
    assert (newest.actor, newest.payload["digest"]) == (adam.actor_name, first.digest)


def test_two_people_who_roll_back_at_once_go_back_one_step(adam: User):
    models = [make_model(name) for name in ("first", "second", "third")]
    for model in models:
        registry.promote(model_id=model.pk, by=adam)
    registry.roll_back(model_id=models[2].pk, by=adam)
    with pytest.raises(NotPossible, match=r"^This model does not score any more\. Reload the page"):
        registry.roll_back(model_id=models[2].pk, by=adam)
    assert states() == {"first": "retired", "second": "champion", "third": "retired"}


def test_without_a_model_before_it_there_is_nothing_to_bring_back(champion: ModelVersion, adam: User):
    with pytest.raises(NotPossible, match="No model scored before this one"):
        registry.roll_back(model_id=champion.pk, by=adam)
    assert ModelVersion.objects.get(pk=champion.pk).state == State.CHAMPION


def test_rolling_back_twice_goes_back_two_steps(adam: User):
    models = [make_model(name) for name in ("first", "second", "third")]
    for model in models:
        registry.promote(model_id=model.pk, by=adam)
    registry.roll_back(model_id=models[2].pk, by=adam)
    registry.roll_back(model_id=models[1].pk, by=adam)
    assert states()["first"] == State.CHAMPION


# --- Which one is compared ---------------------------------------------------------------------


def test_one_model_is_the_challenger_at_a_time(champion: ModelVersion, adam: User):
    first, second = make_model("first"), make_model("second")
    registry.name_challenger(model_id=first.pk, by=adam)
    with pytest.raises(NotPossible, match=r"^first first000 is the challenger\. Withdraw it first\.$"):
        registry.name_challenger(model_id=second.pk, by=adam)
    registry.withdraw_challenger(model_id=first.pk, by=adam)
    registry.name_challenger(model_id=second.pk, by=adam)
    assert states() == {champion.name: "champion", "first": "retired", "second": "challenger"}
    assert [verb for verb, *_ in acts()[-3:]] == [
        "model:challenger_named",
        "model:challenger_withdrawn",
        "model:challenger_named",
    ]


def test_the_database_holds_one_challenger_too(db):
    make_model("first", state=State.CHALLENGER)
    with pytest.raises(IntegrityError, match="model_one_challenger"), transaction.atomic():
        make_model("second", state=State.CHALLENGER)


def test_the_champion_cannot_be_its_own_challenger(champion: ModelVersion, adam: User):
    with pytest.raises(NotPossible, match="This model scores already"):
        registry.name_challenger(model_id=champion.pk, by=adam)


def test_only_the_challenger_can_be_withdrawn(champion: ModelVersion, adam: User):
    with pytest.raises(NotPossible, match="nothing to withdraw"):
        registry.withdraw_challenger(model_id=champion.pk, by=adam)
    assert ModelVersion.objects.get(pk=champion.pk).state == State.CHAMPION


def test_the_challenger_can_be_promoted_and_rolled_back(champion: ModelVersion, adam: User):
    other = make_model("other")
    registry.name_challenger(model_id=other.pk, by=adam)
    registry.promote(model_id=other.pk, by=adam)
    assert states() == {champion.name: "retired", "other": "champion"}
    registry.roll_back(model_id=other.pk, by=adam)
    assert states() == {champion.name: "champion", "other": "retired"}


@pytest.mark.django_db(transaction=True)
def test_two_people_who_name_a_challenger_at_once_take_turns(adam: User):
    models = [make_model("first"), make_model("second")]

    def name(model: ModelVersion) -> str:
        try:
            registry.name_challenger(model_id=model.pk, by=adam)
            return "named"
        except NotPossible:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(name, models)) == ["named", "refused"]
    assert sorted(states().values()) == ["challenger", "registered"]


# --- Evaluations -------------------------------------------------------------------------------


def test_an_evaluation_is_kept_as_it_came_out_and_recorded(adam: User):
    version = make_model("first")
    kept = registry.keep_evaluation(model_id=version.pk, card={"f05": 0.9}, corpus_digest="c" * 64, by=adam)
    assert ModelEvaluation.objects.get(model=version).card == {"f05": 0.9}
    event = AuditEvent.objects.get(verb=Verb.MODEL_EVALUATED)
    assert event.payload == {"evaluation": kept.pk, "corpus_digest": "c" * 64}
    with pytest.raises(AppendOnlyError):
        ModelEvaluation.objects.update(card={})


# --- The command -------------------------------------------------------------------------------


def run(*words: str) -> str:
    output = StringIO()
    call_command("promote_model", *words, stdout=output)
    return output.getvalue()


def test_the_command_does_each_of_the_four_acts(adam: User):
    for name in ("first", "second"):
        make_model(name)
    by = ("--by", adam.email)
    assert run("first", *by) == "first first000 scores from now on.\n"
    assert (
        run("second", "--challenger", *by) == "second second00 is compared with the champion from now on.\n"
    )
    assert run("--withdraw", *by) == "second second00 is no longer compared.\n"
    assert run("second", *by) == "second second00 scores from now on.\n"
    assert run("--rollback", *by) == "first first000 scores again.\n"
    assert states() == {"first": "champion", "second": "retired"}


def test_the_command_names_an_admin_or_does_nothing(mara: User):
    make_model("first")
    with pytest.raises(CommandError, match=r"is not an admin\. Name the person"):
        run("first", "--by", mara.email)
    assert states() == {"first": "registered"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Which model? Name it by the first characters of its SHA-256."),
        (("x",), "No model begins with x."),
        (("--rollback",), "No model is champion. Nothing was changed."),
        (("--withdraw",), "No model is challenger. Nothing was changed."),
        (
            ("first", "--rollback"),
            "This model does not score any more. Reload the page to see which one does.",
        ),
    ],
)
def test_the_command_says_what_it_needs(adam: User, words: tuple[str, ...], sentence: str):
    make_model("first")
    with pytest.raises(CommandError) as refusal:
        run(*words, "--by", adam.email)
    assert str(refusal.value) == sentence
