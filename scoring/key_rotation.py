"""Changes the key-encryption key while everything runs: a new key wraps from now on, older wrappings are made anew.

Only the wrapping of the data keys changes, never the evidence. A rotation may be killed anywhere and be run again:
each batch commits by itself, and an older key leaves the file only where it has long been replaced and wraps nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from audit.record import About, Actor, record
from audit.verbs import Verb
from scoring.hardware_keys import HardwareKeys
from scoring.key_providers import (
    EvidenceUnreadable,
    KeyProvider,
    RingKey,
    add_key,
    changing_key_file,
    file_keys,
    key_provider,
)
from scoring.models import DataKey

BATCH = 1_000
# A transaction that began under the older key has long ended by then.
REPLACED_FOR = timedelta(days=1)
RING, MODULE = About("key_ring", "file"), About("key_ring", "pkcs11")


def make_key(*, by: Actor) -> str:
    """Add a key to the file or to the hardware module, by which everything is wrapped from now on; return its id."""
    provider = key_provider()
    if isinstance(provider, HardwareKeys):
        with transaction.atomic():
            payload = {"before": provider.key_id, "made": provider.add_key()}
            record(Verb.KEY_RING_CHANGED, by=by, about=MODULE, payload=payload)
        return provider.key_id
    with changing_key_file() as keys, transaction.atomic():
        before = file_keys().key_id
        made = add_key(keys)
        record(Verb.KEY_RING_CHANGED, by=by, about=RING, payload={"made": made.digest, "before": before})
    return file_keys().key_id


def waiting() -> int:
    """How many data keys are wrapped by another key than the newest."""
    return DataKey.objects.exclude(wrapped=None).exclude(wrapped_by=key_provider().key_id).count()


def wrap_anew(*, by: Actor, batch: int = BATCH) -> Iterator[int]:
    """Wrap by the newest key what older ones wrapped; yield after each batch how many that were.

    Rows that somebody else holds just now, and those whose key is not at hand, are left as they are.
    """
    last = 0
    while True:
        with transaction.atomic():
            provider = key_provider()
            rows = list(
                DataKey.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk__gt=last, wrapped__isnull=False)
                .exclude(wrapped_by=provider.key_id)
                .order_by("pk")[:batch]
            )
            if not rows:
                return
            last = rows[-1].pk
            done = [row for row in rows if _wrapped_anew(row, provider)]
            DataKey.objects.bulk_update(done, ["wrapped", "wrapped_by"])
            if done:
                about = About("data_keys", f"{done[0].pk}–{done[-1].pk}")
                payload = {"count": len(done), "key": provider.key_id}
                record(Verb.KEYS_WRAPPED_ANEW, by=by, about=about, payload=payload)
        yield len(done)


def _wrapped_anew(row: DataKey, provider: KeyProvider) -> bool:
    try:
        key = provider.unwrap(bytes(row.wrapped or b""), key_id=row.wrapped_by)
    except EvidenceUnreadable:
        return False
    row.wrapped, row.wrapped_by = provider.wrap(key), provider.key_id
    return True


def in_use() -> dict[str, int]:
    """How many data keys each key-encryption key wraps, by its id."""
    counts = DataKey.objects.exclude(wrapped=None).values_list("wrapped_by").annotate(count=Count("pk"))
    return dict(counts.order_by("wrapped_by"))


def retire_keys(*, by: Actor) -> list[str]:
    """Take out of the file the keys that were replaced a day ago and wrap nothing; return their ids."""
    with changing_key_file() as keys, transaction.atomic():
        used = {key_id.rpartition(":")[2] for key_id in in_use()}
        retired = [key for key, next_key in pairwise(keys) if _may_go(key, next_key, used)]
        keys[:] = [key for key in keys if key not in retired]
        for key in retired:
            record(Verb.KEY_RING_CHANGED, by=by, about=RING, payload={"retired": key.digest})
    return [key.digest for key in retired]


def _may_go(key: RingKey, next_key: RingKey, used: set[str]) -> bool:
    replaced_at = next_key.since
    return replaced_at is not None and timezone.now() - replaced_at > REPLACED_FOR and key.digest not in used
