"""Access is denied unless a view declares it: @access(...) declares, the middleware refuses the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from accounts.roles import Role

View = TypeVar("View", bound=Callable[..., Any])


class NotAllowed(Exception):
    """This person may not do this; the sentence says why and who may. Answered with 403 and recorded."""

    def __init__(self, sentence: str, *, about: Any = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        # An audit.record.About, where it is known what the attempt was about.
        self.about = about


@dataclass(frozen=True)
class Access:
    """Who may open a view: everybody, anybody signed in, people with one of the roles, or a platform's key."""

    public: bool = False
    platform: bool = False
    roles: frozenset[Role] = frozenset()

    def __str__(self) -> str:
        if self.public:
            return "public"
        if self.platform:
            return "platform"
        return ", ".join(sorted(self.roles))


PUBLIC = Access(public=True)
PLATFORM = Access(platform=True)
SIGNED_IN = Access(roles=frozenset(Role))


def access(*grants: Role | Access) -> Callable[[View], View]:
    """Declare who may open this view. Outermost decorator, since the middleware reads it from the callable."""

    def declare(view: View) -> View:
        view.access = _merged(grants)  # type: ignore[attr-defined]
        return view

    return declare


def asked_by_the_page(view: View) -> View:
    """A page asks this again and again by itself: it does not keep its reader signed in."""
    view.asked_by_the_page = True  # type: ignore[attr-defined]
    return view


def _merged(grants: tuple[Role | Access, ...]) -> Access:
    if not grants:
        raise TypeError("access() needs at least one role, or PUBLIC, PLATFORM or SIGNED_IN.")
    if isinstance(grants[0], Access):
        return grants[0]
    return Access(roles=frozenset(grant for grant in grants if isinstance(grant, Role)))


def may(check: Callable[..., None], *arguments: Any, **named: Any) -> tuple[bool, str]:
    """Ask a `check_may_x` for a template: (allowed, the sentence that a disabled button shows)."""
    try:
        check(*arguments, **named)
    except Exception as refusal:
        sentence = getattr(refusal, "sentence", None)
        if sentence is None:
            raise
        return False, sentence
    return True, ""
