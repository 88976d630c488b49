"""`border watchlist accept`: two people make an entry of a suggestion."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from deploy.connection import connect
from deploy.errors import UserError
from deploy.reference_changes import additions, publish
from deploy.suggestions import entry_of, read_suggestions

Priority = Annotated[int, Parameter(validator=Number(gte=0, lte=100))]


def accept(
    suggestion_id: str,
    *,
    by: str,
    approved_by: str,
    priority: Priority = 50,
    audience: str = "officers",
    broker: str | None = None,
    registry_url: str | None = None,
    state_directory: str | None = None,
) -> int:
    """Make a watchlist entry of a suggestion of the traces; it takes two people, and ends with the link.

    The entry has the suggestion's id. Its reasons are printed with it: whoever accepts answers for them. One of a drill
    or a simulation becomes a TEST entry, which no real vehicle meets.

    Examples:

        border traces suggestions
        border watchlist accept 6f0c2f9d2f7a44a1b2c3d4e5 --by analyst-7 --approved-by chief-2

    Parameters
    ----------
    suggestion_id
        as `border traces suggestions` shows it.
    by
        id of the person who enters it.
    approved_by
        id of the person who approves it: another one.
    priority
        0 (the highest) to 100.
    audience
        who is told of a hit: names with blanks between.
    broker
        Kafka's bootstrap address.
    registry_url
        Confluent interface of the schema registry.
    state_directory
        where a local platform keeps its state.
    """
    connection = connect(broker, registry_url, state_directory)
    suggestion = read_suggestions(connection).get(suggestion_id)
    if suggestion is None:
        raise UserError(f"there is no suggestion {suggestion_id}; `border traces suggestions` lists them")
    entry = entry_of(suggestion, by, approved_by, priority, audience)
    publish(additions([entry]), connection.broker, connection.codec)
    for reason in suggestion.reasons:
        print(reason.explanation)
    print(f"added {entry.entry_id}, revision {suggestion.revision} of the suggestion, by {by} and {approved_by}")
    return 0
