"""What a view declares, and what a template may ask."""

import pytest

from accounts.access import PLATFORM, PUBLIC, SIGNED_IN, NotAllowed, access, may
from accounts.roles import Role


def a_view() -> None:
    """Stands for any view."""


def test_a_view_carries_what_it_declares() -> None:
    declared = access(Role.MODERATOR, Role.SUPERVISOR)(a_view).access  # type: ignore[attr-defined]
    assert declared.roles == {Role.MODERATOR, Role.SUPERVISOR}
    assert not declared.public
    assert not declared.platform


def test_nothing_declared_is_a_mistake_and_not_an_open_door() -> None:
    with pytest.raises(TypeError, match="access\\(\\) needs at least one role"):
        access()(a_view)


@pytest.mark.parametrize(
    ("declared", "words"),
    [(PUBLIC, "public"), (PLATFORM, "platform"), (SIGNED_IN, "admin, auditor, moderator, supervisor")],
)
def test_an_access_says_itself(declared: object, words: str) -> None:
    assert str(declared) == words


def refuse() -> None:
    raise NotAllowed("Ask Otto.")


def break_down() -> None:
    raise KeyError("a mistake of ours")


def test_a_template_gets_the_sentence_of_the_refusal() -> None:
    assert may(refuse) == (False, "Ask Otto.")
    assert may(a_view) == (True, "")


def test_a_mistake_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(KeyError):
        may(break_down)
