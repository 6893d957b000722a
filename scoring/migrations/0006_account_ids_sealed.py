"""What a platform calls an account is encrypted, as its name is; it is known again by its index."""

from typing import Any

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from scoring.vault import Cipher, new_data_key, open_data_key

AT_ONCE = 1_000


def seal_what_is_there(apps: Any, _: Any) -> None:
    """In batches by their keys. It needs what opens the conversations' keys, as the application has it."""
    people = apps.get_model("scoring", "Participant").objects.select_related("conversation__data_key")
    indexes: dict[int, tuple[Any, Cipher]] = {}
    last = 0
    while batch := list(people.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        for person in batch:
            _index(apps, person, indexes)
            if person.conversation.data_key.wrapped is not None:
                _seal(person)
        people.bulk_update(batch, ["external_id_sealed", "identity_sealed", "account_index", "index_key"])
        last = batch[-1].pk


def _index(apps: Any, person: Any, indexes: dict[int, tuple[Any, Cipher]]) -> None:
    if person.account_index is not None:
        return
    licensee_id = person.conversation.licensee_id
    if licensee_id not in indexes:
        indexes[licensee_id] = _index_key(apps, licensee_id)
    person.index_key, cipher = indexes[licensee_id]
    person.account_index = cipher.account_digest(person.external_id)


def _index_key(apps: Any, licensee_id: int) -> tuple[Any, Cipher]:
    keys = apps.get_model("scoring", "IndexKey").objects
    key = keys.select_related("data_key").filter(licensee_id=licensee_id, replaced_at=None).first()
    if key is not None:
        return key, open_data_key(key.data_key)
    made, cipher = new_data_key(licensee_id=licensee_id)
    row = apps.get_model("scoring", "DataKey").objects.create(
        licensee_id=licensee_id, wrapped=made.wrapped, wrapped_by=made.wrapped_by
    )
    return keys.create(licensee_id=licensee_id, data_key=row), cipher


def _seal(person: Any) -> None:
    """The identity is bound to the participant's place from now on, as the account's id is."""
    cipher, conversation = open_data_key(person.conversation.data_key), person.conversation.external_id
    before, after = f"{conversation}\x1f{person.external_id}", f"{conversation}\x1f{person.position}"
    account = person.external_id.encode("utf-8", "surrogatepass")
    person.external_id_sealed = cipher.encrypt(account, table="participant", column="id", row=after)
    if person.identity_sealed is not None:
        identity = cipher.decrypt(person.identity_sealed, table="participant", column="identity", row=before)
        person.identity_sealed = cipher.encrypt(identity, table="participant", column="identity", row=after)


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0005_blind_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="external_id_sealed",
            field=models.BinaryField(null=True),
        ),
        migrations.RunPython(seal_what_is_there),
        # Before the table changes, what points elsewhere is checked.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE"),
        pgtrigger.migrations.RemoveTrigger(
            model_name="participant",
            name="refuse_blanking_under_hold",
        ),
        migrations.RemoveConstraint(
            model_name="participant",
            name="participant_once",
        ),
        migrations.RemoveIndex(
            model_name="participant",
            name="participant_by_external_id",
        ),
        migrations.RemoveField(
            model_name="participant",
            name="external_id",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="participant",
            trigger=pgtrigger.compiler.Trigger(
                name="refuse_blanking_under_hold",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF coalesce(octet_length(NEW.identity_sealed), 0) = 0 AND coalesce(octet_length(OLD.identity_sealed), 0) > 0 OR coalesce(octet_length(NEW.external_id_sealed), 0) = 0 AND coalesce(octet_length(OLD.external_id_sealed), 0) > 0 THEN IF EXISTS (SELECT FROM scoring_preservationhold WHERE conversation_id = OLD.conversation_id AND what = 'content' AND until > clock_timestamp()) THEN RAISE EXCEPTION 'a preservation hold keeps %: % refused', TG_TABLE_NAME, TG_OP; END IF; END IF; RETURN NEW;",
                    hash="7c3e729ba18c6242c6aeca2512a2123bc3a22459",
                    operation='UPDATE OF "identity_sealed", "external_id_sealed"',
                    pgid="pgtrigger_refuse_blanking_under_hold_e2c40",
                    table="scoring_participant",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(
                fields=("conversation", "account_index"), name="participant_once"
            ),
        ),
    ]
