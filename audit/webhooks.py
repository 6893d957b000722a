"""Posts a checkpoint to a third party: by HTTPS, to a public address that was looked at before, without a redirect."""

from accounts import outside_calls

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class NotSent(Exception):
    """The checkpoint did not arrive; the sentence says why, without the address."""


def post(url: str, body: bytes, *, private_allowed: bool) -> None:
    try:
        answer = outside_calls.post(url, body, TEXT, private_allowed=private_allowed)
    except outside_calls.NotPublic as reason:
        raise NotSent(f"{reason} ARTEMIS_CHECKPOINT_PRIVATE says whether checkpoints may go there.") from None
    except outside_calls.NotReached as reason:
        raise NotSent(str(reason)) from None
    if not 200 <= answer.status < 300:
        raise NotSent(f"Their server answered {answer.status}.")
