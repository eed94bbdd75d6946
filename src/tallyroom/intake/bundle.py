"""Acts that are entered together, before their numbers are known.

A protocol and its acceptance go into the record in one piece; the acceptance names the protocol by its number,
which nobody knows until it is entered.  Here `THE_FIRST` stands for the number of the first act of the bundle,
and `numbered` puts the number in its place.
"""

from collections.abc import Sequence

import msgspec

from tallyroom.record.acts import Accepted, Act, AnyAct, InReview

THE_FIRST = -1
"""In `Accepted.first` and `InReview.protocol`: the first act of the same bundle.  No act has this number."""

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(list[AnyAct])


def encode(acts: Sequence[Act]) -> str:
    """A bundle as text: a JSON list of acts, each as in the record but for what the clerk adds."""
    return _encoder.encode(list(acts)).decode()


def decode(text: str) -> list[AnyAct]:
    """The acts of a bundle.  Raises msgspec.ValidationError for what is none."""
    acts: list[AnyAct] = _decoder.decode(text)
    return acts


def numbered(acts: Sequence[AnyAct], first: int) -> list[AnyAct]:
    """The acts as they stand in the record when the first of them has this number."""
    return [_numbered(act, first) for act in acts]


def refers_to_the_first(act: AnyAct) -> bool:
    """Whether an act names the first of its own bundle."""
    return THE_FIRST in (getattr(act, "first", 0), getattr(act, "protocol", 0))


def _numbered(act: AnyAct, first: int) -> AnyAct:
    if not refers_to_the_first(act):
        return act
    if isinstance(act, Accepted):
        return msgspec.structs.replace(act, first=first)
    if isinstance(act, InReview):
        return msgspec.structs.replace(act, protocol=first)
    raise ValueError(f"{type(act).__name__} cannot refer to its own bundle")


def same(act: AnyAct, entered: AnyAct) -> bool:
    """Whether an act of the record is this one, apart from what the clerk adds: author, what it had seen, signature."""
    return msgspec.structs.replace(entered, by=act.by, prev_checkpoint=act.prev_checkpoint, sig=act.sig) == act
