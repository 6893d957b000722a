"""Triggers that refuse to delete what a preservation hold keeps, whoever asks: the last of all deletion paths."""

import pgtrigger

IN_FORCE = "what = 'content' AND until > clock_timestamp()"


def refusing_deletion(*, conversation: str) -> list[pgtrigger.Trigger]:
    """`conversation` is an SQL expression for the id of the conversation that a row (OLD) belongs to."""
    return [
        pgtrigger.Trigger(
            name="refuse_deletion_under_hold",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=refuse_if(held(conversation), "RETURN OLD;"),
        ),
        refusing_truncation(),
    ]


def refusing_truncation() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="refuse_truncation_under_hold",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=refuse_if(f"SELECT FROM scoring_preservationhold WHERE {IN_FORCE}", "RETURN NULL;"),
    )


def held(conversation: str) -> str:
    return f"SELECT FROM scoring_preservationhold WHERE conversation_id = {conversation} AND {IN_FORCE}"


def refuse_if(question: str, otherwise: str) -> str:
    sentence = "RAISE EXCEPTION 'a preservation hold keeps %: % refused', TG_TABLE_NAME, TG_OP"
    return f"IF EXISTS ({question}) THEN {sentence}; END IF; {otherwise}"


def refusing_loss_of_key() -> list[pgtrigger.Trigger]:
    """Of a conversation or of a packet that was sent: a destroyed key is a deletion of all that it encrypts."""
    kept = (
        "SELECT FROM scoring_preservationhold hold LEFT JOIN scoring_conversation conversation"
        f" ON conversation.id = hold.conversation_id WHERE {IN_FORCE}"
        " AND (conversation.data_key_id = OLD.id OR hold.packet_key_id = OLD.id)"
    )
    return [
        pgtrigger.Trigger(
            name="refuse_deletion_under_hold",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.Delete,
            func=refuse_if(kept, "RETURN OLD;"),
        ),
        pgtrigger.Trigger(
            name="refuse_destruction_under_hold",
            level=pgtrigger.Row,
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf("wrapped"),
            # A key that is wrapped anew says by which.
            func="IF NEW.wrapped IS NULL OR octet_length(NEW.wrapped) = 0"
            " OR (NEW.wrapped <> OLD.wrapped AND NEW.wrapped_by = OLD.wrapped_by) THEN "
            + refuse_if(kept, "END IF; RETURN NEW;"),
        ),
        refusing_truncation(),
    ]


def refusing_blanking(*columns: str, conversation: str) -> pgtrigger.Trigger:
    """A text may be edited, since what it said before is kept, and an identity be added to; neither may be emptied."""
    blanked = " OR ".join(
        f"coalesce(octet_length(NEW.{one}), 0) = 0 AND coalesce(octet_length(OLD.{one}), 0) > 0"
        for one in columns
    )
    return pgtrigger.Trigger(
        name="refuse_blanking_under_hold",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(*columns),
        func=f"IF {blanked} THEN " + refuse_if(held(conversation), "END IF; RETURN NEW;"),
    )


def refusing_overwriting() -> pgtrigger.Trigger:
    """Of a message: what it said before has to stand as a version of its own first."""
    kept = "SELECT FROM scoring_messagerevision WHERE message_id = OLD.id AND version = OLD.version"
    return pgtrigger.Trigger(
        name="refuse_overwriting_under_hold",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("text_sealed"),
        func=f"IF NEW.text_sealed IS DISTINCT FROM OLD.text_sealed AND NOT EXISTS ({kept}) THEN "
        + refuse_if(held("OLD.conversation_id"), "END IF; RETURN NEW;"),
    )


def refusing_change(column: str, *, conversation: str) -> pgtrigger.Trigger:
    """Of what was said before an edit: there is no reason to write it again."""
    return pgtrigger.Trigger(
        name="refuse_change_under_hold",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(column),
        func=f"IF NEW.{column} IS DISTINCT FROM OLD.{column} THEN "
        + refuse_if(held(conversation), "END IF; RETURN NEW;"),
    )


def refusing_another_key() -> pgtrigger.Trigger:
    """The key that a conversation points at is the one that is kept: pointing elsewhere would set it free."""
    return pgtrigger.Trigger(
        name="refuse_another_key_under_hold",
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("data_key_id"),
        condition=pgtrigger.Q(old__data_key__df=pgtrigger.F("new__data_key")),
        func=(
            "IF EXISTS (SELECT FROM scoring_datakey WHERE id = OLD.data_key_id AND wrapped IS NOT NULL) THEN "
            + refuse_if(held("OLD.id"), "END IF; RETURN NEW;")
        ),
    )
