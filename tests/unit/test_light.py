"""Named tuples without typing are what those of typing are."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from casefleet_cli import light


class Ours(light.NamedTuple):
    """A pair and more."""

    name: str
    size: int = 3
    """In octets."""
    words: tuple[str, ...] = ()

    @property
    def twice(self) -> int:
        """Twice the size."""
        return 2 * self.size


class Theirs(typing.NamedTuple):
    name: str
    size: int = 3
    words: tuple[str, ...] = ()

    @property
    def twice(self) -> int:
        return 2 * self.size


BOTH = pytest.mark.parametrize("kind", [Ours, Theirs])


@BOTH
def test_what_is_made(kind: type) -> None:
    for made in (
        kind("a"),
        kind("a", 3),
        kind(name="a"),
        kind("a", words=()),
        kind._make(("a", 3, ())),
        kind(*kind("a")),
    ):
        assert made == ("a", 3, ())
        assert hash(made) == hash(("a", 3, ()))
        assert (made.name, made.size, made.words, made.twice) == ("a", 3, (), 6)
        assert type(made) is kind
        assert made._asdict() == {"name": "a", "size": 3, "words": ()}
        assert repr(made) == f"{kind.__name__}(name='a', size=3, words=())"
    name, *rest = kind("b", 4)
    assert (name, rest) == ("b", [4, ()])


@BOTH
def test_what_is_changed_is_another(kind: type) -> None:
    made = kind("a")
    assert made._replace(size=5, words=("x",)) == ("a", 5, ("x",))
    assert made == ("a", 3, ())
    assert type(made._replace(size=5)) is kind
    with pytest.raises((ValueError, TypeError)):
        made._replace(colour=1)
    with pytest.raises(AttributeError):
        made.size = 4
    with pytest.raises(AttributeError):
        made.colour = 4


@BOTH
def test_what_fits_no_field_is_refused(kind: type) -> None:
    for values, named in (((), {}), (("a", 1, (), 4), {}), (("a",), {"colour": 1}), (("a",), {"name": "b"})):
        with pytest.raises((TypeError, KeyError)):
            kind(*values, **named)


@BOTH
def test_it_is_copied_and_matched(kind: type) -> None:
    made = kind("a", 4)
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made
        assert type(again) is kind
    match made:
        case kind(name, size):
            assert (name, size) == ("a", 4)
    assert (kind._fields, kind._field_defaults) == (("name", "size", "words"), {"size": 3, "words": ()})
    assert typing.get_type_hints(kind) == {"name": str, "size": int, "words": tuple[str, ...]}
