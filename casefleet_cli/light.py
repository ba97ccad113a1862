"""Named tuples and TYPE_CHECKING for the modules that a delivery needs: with `typing` it would take a sixth longer.

That module brings five others along, and makes a class of named tuples ten times as slowly as a plain one.
"""

from __future__ import annotations

__all__ = ["TYPE_CHECKING", "NamedTuple"]

TYPE_CHECKING = False
"""True for type checkers, as typing has it."""

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _collections import _tuplegetter

    class _Named(tuple):
        __slots__ = ()

        def __new__(cls, *values: object, **named: object) -> _Named:
            fields = cls._fields
            if len(values) != len(fields):
                wanted = fields[len(values) :]
                defaults = cls._field_defaults
                values += tuple(named.pop(name) if name in named else defaults[name] for name in wanted)
            if named or len(values) > len(fields):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(fields)}")
            return tuple.__new__(cls, values)

        @classmethod
        def _make(cls, values: object) -> _Named:
            return cls(*values)

        def _replace(self, **named: object) -> _Named:
            made = tuple.__new__(type(self), map(named.pop, self._fields, self))
            if named:
                raise ValueError(f"{type(self).__name__} has no field {', '.join(named)}")
            return made

        def _asdict(self) -> dict[str, object]:
            return dict(zip(self._fields, self, strict=True))

        def __getnewargs__(self) -> tuple[object, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            fields = (f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(fields)})"

    class _Maker(type):
        """Makes the class that is written below NamedTuple a kind of tuple, its annotations the fields."""

        def __new__(cls, name: str, _: tuple[type, ...], members: dict[str, object]) -> type:
            fields = tuple(members.get("__annotations__", ()))
            defaults = {field: members[field] for field in fields if field in members}
            getters = {field: _tuplegetter(at, None) for at, field in enumerate(fields)}
            told = {"__slots__": (), "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            return type(name, (_Named,), {**members, **told, **getters})

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})
