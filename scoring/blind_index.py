"""Finds an account by its exact id without comparing it in clear: HMAC-SHA-256 under a key of the licensee's own.

Whoever holds the database alone can neither read an id out of the index nor try one against it, nor tell whether two
licensees know the same account. The key is wrapped like those of evidence, and can be changed while everything runs.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.record import About, Actor, record
from audit.verbs import Verb
from licensees.models import Licensee
from scoring.erasing import destroy_keys
from scoring.evidence import open_account_id
from scoring.models import DataKey, IndexKey, Participant
from scoring.vault import new_data_key, open_data_key

BATCH = 1_000
# A transaction that began under the older key has long ended by then.
REPLACED_FOR = timedelta(days=1)


def index_participants(people: Iterable[tuple[Participant, str]], *, licensee_id: int) -> None:
    """Set the index of unsaved participants, given with the ids of their accounts, under the key in use."""
    listed = list(people)
    if not listed:
        return
    key = _in_use(licensee_id)
    cipher = open_data_key(key.data_key)
    for person, account in listed:
        person.index_key, person.account_index = key, cipher.account_digest(account)


def is_account(licensee_ids: Iterable[int], account: str, *, at: str = "") -> Q:
    """A condition on participants of these licensees; `at` is the path to them, as “conversation__participants__”."""
    return Q(**{f"{at}account_index__in": list(digests_of(licensee_ids, [account]))})


def digests_of(licensee_ids: Iterable[int], accounts: Collection[str]) -> dict[bytes, str]:
    """{index: account} under every key that something may still be indexed under."""
    keys = IndexKey.objects.filter(licensee__in=list(licensee_ids), retired_at=None)
    ciphers = [open_data_key(key.data_key) for key in keys.select_related("data_key")]
    return {cipher.account_digest(account): account for cipher in ciphers for account in accounts}


def _in_use(licensee_id: int) -> IndexKey:
    found = _current(licensee_id)
    if found is not None:
        return found
    key, _ = new_data_key(licensee_id=licensee_id)
    key.save()
    # Another call may make one at the same moment: one of the two is used by both.
    IndexKey.objects.bulk_create([IndexKey(licensee_id=licensee_id, data_key=key)], ignore_conflicts=True)
    made = _current(licensee_id)
    if made is None:
        raise RuntimeError("The key that was just made is gone.")
    if made.data_key_id != key.pk:
        DataKey.objects.filter(pk=key.pk).delete()
    return made


def _current(licensee_id: int) -> IndexKey | None:
    rows = IndexKey.objects.select_related("data_key")
    found: IndexKey | None = rows.filter(licensee_id=licensee_id, replaced_at=None).first()
    return found


# --- Another key ---------------------------------------------------------------------------------


def replace_key(*, licensee: Licensee, by: Actor) -> IndexKey:
    """Another key indexes from now on; what older ones indexed is still found."""
    with transaction.atomic():
        Licensee.objects.select_for_update(no_key=True).get(pk=licensee.pk)
        now = timezone.now()
        IndexKey.objects.filter(licensee=licensee, replaced_at=None).update(replaced_at=now)
        key, _ = new_data_key(licensee_id=licensee.pk)
        key.save()
        made = IndexKey.objects.create(licensee=licensee, data_key=key, made_at=now)
        record(Verb.INDEX_KEY_REPLACED, by=by, about=licensee.about(), payload={"key": made.pk})
    return made


def index_anew(*, licensee: Licensee) -> Iterator[int]:
    """Index under the key in use what an older one indexed; yield after each batch how many that were. Rows that
    somebody holds just now are left: run it again. Of what was erased nobody knows the account any more: it is found by
    the older key as long as its row lives."""
    last = 0
    while True:
        with transaction.atomic():
            key = _in_use(licensee.pk)
            rows = list(
                Participant.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
                .filter(conversation__licensee=licensee, pk__gt=last, external_id_sealed__isnull=False)
                .exclude(index_key=key)
                .select_related("conversation__data_key")
                .order_by("pk")[:BATCH]
            )
            if not rows:
                return
            last = rows[-1].pk
            accounts = [(row, open_account_id(row.conversation, row)) for row in rows]
            index_participants(accounts, licensee_id=licensee.pk)
            Participant.objects.bulk_update(rows, ["index_key", "account_index"])
        yield len(rows)


def retire_keys(*, licensee: Licensee, by: Actor) -> int:
    """Destroy the keys that were replaced a day ago and under which nothing is indexed; answers how many."""
    with transaction.atomic():
        replaced = IndexKey.objects.select_for_update().filter(
            licensee=licensee, retired_at=None, replaced_at__lt=timezone.now() - REPLACED_FOR
        )
        free = [key for key in replaced if not Participant.objects.filter(index_key=key).exists()]
        if free:
            IndexKey.objects.filter(pk__in=[key.pk for key in free]).update(retired_at=timezone.now())
            destroy_keys([key.data_key_id for key in free])
            about = About("licensee", str(licensee.pk), licensee_id=licensee.pk)
            record(Verb.INDEX_KEY_RETIRED, by=by, about=about, payload={"keys": [key.pk for key in free]})
    return len(free)
