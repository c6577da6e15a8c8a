"""Cmdlets on whatever comes through the pipeline: filter, map, select, sort, group, measure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from psbridge.binding.nettypes import NetType
from psbridge.binding.objects import bag_of, is_dictionary, is_list
from psbridge.binding.text import to_text
from psbridge.binding.values import Char
from psbridge.script.interpreter.output import emit
from psbridge.script.interpreter.using import Starter
from psbridge.script.semantics import calling, comparison, members, patterns
from psbridge.script.semantics.comparison import truth
from psbridge.script.semantics.errors import ScriptError
from psbridge.script.semantics.types import type_of
from psbridge.script.semantics.values import Bag, Wrapped

from .calculated import calculated, names_matching, property_names
from .cmdlet import Cmdlet
from .members_of import AddMember, GetMember
from .ordering import compare_loosely


class WhereObject(Cmdlet):
    """Where-Object."""

    def start(self) -> None:
        self.block = self.get("FilterScript")
        self.test: Callable[[Any], bool] | None = None if self.block is not None else self._property_test()
        if self.block is not None:
            self._fast = (
                self.block.code.param is None
                and not self.block.code.has_blocks
                and self.block.closure is None
            )
            if not self.block.code.key:
                from psbridge.script.interpreter.stages import ready

                ready(self.rt, self.block.code)
                self._fast = not self.block.code.has_blocks and self._fast

    def process(self, item: Any) -> None:
        if self.block is not None and self._fast and self.direct:
            variables = self.scope.vars
            saved = variables.get("_", self)
            variables["_"] = item
            found: list[Any] = []
            try:
                self.block.code.end(self.scope, found.append)
            finally:
                if saved is self:
                    variables.pop("_", None)
                else:
                    variables["_"] = saved
            if found and truth(found[0] if len(found) == 1 else found):
                self.sink(item)
            return
        super().process(item)

    def record(self) -> None:
        item = self.get("InputObject")
        if self.block is not None:
            found: list[Any] = []
            self.run_block(self.block, item, found.append)
            if found and truth(found[0] if len(found) == 1 else found):
                self.write(item)
        elif self.test is not None and self.test(item):
            self.write(item)

    def _property_test(self) -> Callable[[Any], bool]:
        name = self.text("Property")
        wanted = self.get("Value")
        operator = next((key for key in self.bound if key.rstrip("s") and key in _WHERE), None)
        if operator is None or (operator == "EQ" and not self.has("Value")):
            return lambda item: truth(self._value(item, name))
        if operator == "Not":
            return lambda item: not truth(self._value(item, name))
        case = operator.startswith("C") and operator not in ("Contains",)
        plain = operator[1:] if case else operator
        test = _WHERE_TESTS[plain.lower()]
        if plain in ("Is", "IsNot"):
            return lambda item: test(self._value(item, name), wanted)
        return lambda item: truth(test(self._value(item, name), wanted, case))

    def _value(self, item: Any, name: str) -> Any:
        found, value = members.lookup(item, name)
        return value if found else None


def _is(value: Any, type_: Any, *_: Any) -> bool:
    from psbridge.script.semantics.types import is_a, resolve

    named = type_ if isinstance(type_, NetType) else resolve(to_text(type_).strip("[]"))
    return named is not None and is_a(value, named)


_WHERE_TESTS: dict[str, Any] = {
    "eq": comparison.equals,
    "ne": comparison.not_equals,
    "gt": comparison.greater,
    "ge": comparison.greater_or_equal,
    "lt": comparison.less,
    "le": comparison.less_or_equal,
    "like": patterns.like,
    "notlike": patterns.not_like,
    "match": lambda left, right, case: patterns.match(left, right, case)[0],
    "notmatch": lambda left, right, case: patterns.not_match(left, right, case)[0],
    "contains": comparison.contains,
    "notcontains": lambda left, right, case: not comparison.contains(left, right, case),
    "in": comparison.contained,
    "notin": lambda left, right, case: not comparison.contained(left, right, case),
    "is": _is,
    "isnot": lambda value, type_, *_: not _is(value, type_),
}

_WHERE = frozenset(
    [
        *("EQ NE GT LT GE LE Like NotLike Match NotMatch Contains NotContains In NotIn Is IsNot Not").split(),
        *(
            "CEQ CNE CGT CLT CGE CLE CLike CNotLike CMatch CNotMatch CContains CNotContains CIn CNotIn"
        ).split(),
    ]
)


class ForEachObject(Cmdlet):
    """ForEach-Object."""

    def start(self) -> None:
        self.blocks: list[Any] = list(self.get("Process") or [])
        self.begin_block = self.get("Begin")
        self.end_block = self.get("End")
        rest = [one for one in self.get("RemainingScripts") or [] if one is not None]
        if rest:
            self.blocks += rest
        if len(self.blocks) > 1 and self.begin_block is None:
            self.begin_block = self.blocks.pop(0)
            if len(self.blocks) > 1 and self.end_block is None:
                self.end_block = self.blocks.pop()
        self.parallel = self.get("Parallel")
        if self.parallel is not None:
            if self.actions:
                raise self.fatal(
                    "PSNotSupportedException",
                    "The following common parameters are not currently supported in the Parallel parameter "
                    "set:\nErrorAction, WarningAction, InformationAction, PipelineVariable",
                    "ParallelCommonParametersNotSupported",
                    "NotImplemented",
                )
            self.blocks, self.starter = [self.parallel], Starter(self.scope)
        self.name_wanted = self.get("MemberName")
        self._fast: Any = None
        if len(self.blocks) == 1 and self.blocks[0] is not None:
            from psbridge.script.interpreter.stages import ready

            block = self.blocks[0]
            ready(self.rt, block.code)
            plain = block.code.param is None and not block.code.has_blocks and block.closure is None
            if plain and block.code.end is not None and self.parallel is None:
                self._fast = block.code.end
        if self.begin_block is not None:
            self.run_block(self.begin_block, None)

    def process(self, item: Any) -> None:
        if self._fast is not None and self.direct:
            variables = self.scope.vars
            saved = variables.get("_", self)
            variables["_"] = item
            try:
                self._fast(self.scope, self.sink)
            finally:
                if saved is self:
                    variables.pop("_", None)
                else:
                    variables["_"] = saved
            return
        super().process(item)

    def record(self) -> None:
        item = self.get("InputObject")
        if not self.has_input and not self.has("InputObject"):
            item = None
        if self.name_wanted is not None:
            self._member(item)
            return
        if self.parallel is not None:
            self._in_a_job(item)
            return
        for block in self.blocks:
            if block is not None:
                self.run_block(block, item)

    def _in_a_job(self, item: Any) -> None:
        from psbridge.script.interpreter.jobs import hand_on, run_job

        told = run_job(self.rt, self.parallel, self.starter, [], (item,))
        hand_on(self, told.records, told.failure)

    def _member(self, item: Any) -> None:
        name = to_text(self.name_wanted)
        arguments = list(self.get("ArgumentList") or [])
        if is_dictionary(item) and name in item and not arguments:
            emit(self.sink, item[name])
            return
        found, value = members.lookup(item, name)
        if found and not arguments:
            emit(self.sink, value)
            return
        if item is None:
            self.sink(None)
            return
        if patterns.has_wildcard(name):
            matching = names_matching(item, name)
            if len(matching) == 1:
                emit(self.sink, members.member(item, matching[0]))
                return
        try:
            result = calling.invoke(item, name, arguments)
        except ScriptError as error:
            if error.error_id != "MethodNotFound":
                raise
            return
        if result is not None:
            emit(self.sink, result)

    def finish(self) -> None:
        if self.end_block is not None:
            self.run_block(self.end_block, None)


class SelectObject(Cmdlet):
    """Select-Object."""

    def start(self) -> None:
        self.columns = [calculated(one, self) for one in self.get("Property") or []]
        self.excluded = [to_text(one) for one in self.get("ExcludeProperty") or []]
        self.expand = self.get("ExpandProperty")
        self.first = self.get("First")
        self.last = self.get("Last")
        self.skip = self.get("Skip") or 0
        self.skip_last = self.get("SkipLast") or 0
        self.places = set(self.get("Index") or []) if self.has("Index") else None
        self.last_place = max(self.places, default=-1) if self.places is not None else -1
        self.skipped_places = set(self.get("SkipIndex") or []) if self.has("SkipIndex") else None
        self.count = 0
        self.given = 0
        self.held: deque[Any] = deque()
        self.unique_keys: defaultdict[str, set[Any]] = defaultdict(set)  # by their kind
        self.unique_rows: defaultdict[Any, list[list[Any]]] = defaultdict(list)  # by names and kinds
        if self.first == 0 and not self.last:
            self.stop_upstream()

    def record(self) -> None:
        if not self.has_input and not self.has("InputObject"):
            return
        item = self.get("InputObject")
        if item is None:
            return
        number = self.count
        self.count += 1
        if self.places is not None:
            if number in self.places:
                self._give(item)
            if not self.on("Wait") and self.places and number >= self.last_place:
                self.stop_upstream()
            return
        if self.skipped_places is not None:
            if number not in self.skipped_places:
                self._give(item)
            return
        if self.last is not None or self.skip_last:
            self.held.append(item)
            keeps_last = self.last is not None and self.first is None
            if keeps_last and len(self.held) > self.last + self.skip:
                self.held.popleft()
            return
        if number < self.skip:
            return
        if self.first is None:
            self._give(item)
            return
        if self.given < self.first:
            self.given += 1
            self._give(item)
        if self.given >= self.first and not self.on("Wait"):
            self.stop_upstream()

    def finish(self) -> None:
        held = list(self.held)
        if self.skip_last:
            for item in held[self.skip : len(held) - self.skip_last]:
                self._give(item)
        elif self.last is not None:
            if self.first is not None:
                start = held[self.skip : self.skip + self.first]
                rest = held[self.skip + self.first :]
                for item in [*start, *rest[max(0, len(rest) - self.last) :]]:
                    self._give(item)
            else:
                kept = held[: len(held) - self.skip] if self.skip else held
                for item in kept[max(0, len(kept) - self.last) :]:
                    self._give(item)

    def _give(self, item: Any) -> None:
        if self.expand is not None:
            self._expand(item)
            return
        if self.columns or self.excluded:
            item = self._selected(item)
        self._put(item)

    def _put(self, item: Any) -> None:
        if self.on("Unique"):
            case = not self.on("CaseInsensitive")
            kind, key = _unique_key(item, case)
            if key in self.unique_keys[kind] or self._is_like_another(kind, key, item, case):
                return
            self.unique_keys[kind].add(key)
        self.write(item)

    def _is_like_another(self, kind: str, key: Any, item: Any, case: bool) -> bool:
        """Whether a text or number came before as a value of another kind: 1 and '1'."""
        if kind == "o":
            return self._is_like_a_row(tuple((name, one[0]) for name, one in key), item, case)
        others = self.unique_keys[_LIKE[kind]] if kind in _LIKE else ()
        return any(compare_loosely(item, other, case) == 0 for other in others)

    def _is_like_a_row(self, shape: Any, item: Any, case: bool) -> bool:
        """Whether an object came before whose properties are the same, some as values of another kind."""
        values = [members.member(item, name) for name, _ in shape]
        for other, rows in self.unique_rows.items():
            if other == shape or not _may_be_alike(other, shape):
                continue
            for row in rows:
                if all(compare_loosely(*pair, case) == 0 for pair in zip(row, values, strict=True)):
                    return True
        self.unique_rows[shape].append(values)
        return False

    def _selected(self, item: Any) -> Bag:
        made = Bag()
        if not self.columns:
            names = property_names(item)
            for name in names:
                if not self._is_excluded(name):
                    made[name] = members.member(item, name)
            return made
        for column in self.columns:
            for name, value in column.values(item, self):
                if self._is_excluded(name):
                    continue
                if name in made:
                    self.error(
                        "PSArgumentException",
                        f'The property cannot be processed because the property "{name}" already exists.',
                        "AlreadyExistingUserSpecifiedPropertyNoExpand",
                        "InvalidOperation",
                        item,
                    )
                    continue
                made[name] = value
        kind = type_of(item).full_name if item is not None else "System.Object"
        made._type_names.append(f"Selected.{kind}")
        return made

    def _is_excluded(self, name: str) -> bool:
        return any(patterns.wildcard(one).fullmatch(name) for one in self.excluded)

    def _expand(self, item: Any) -> None:
        name = to_text(self.expand)
        if patterns.has_wildcard(name):
            matching = names_matching(item, name)
            name = matching[0] if matching else name
        found, value = members.lookup(item, name)
        if not found:
            self.error(
                "PSArgumentException",
                f'Property "{name}" cannot be found.',
                "ExpandPropertyNotFound",
                "InvalidArgument",
                item,
            )
            return
        for one in members.enumerate_value(value) if value is not None else (None,):
            if self.columns:
                target = one.copied() if isinstance(one, Bag) else Wrapped(one)
                for column in self.columns:
                    for key, extra in column.values(item, self):
                        if isinstance(target, Bag):
                            target[key] = extra
                        else:
                            AddMember.attach_note(target, key, extra)
                one = target
            self._put(one)


_LIKE = {"s": "v", "v": "s"}
"""The kinds of keys whose values may be equal to one another."""


def _may_be_alike(left: Any, right: Any) -> bool:
    """Whether objects with these names and kinds may be equal."""
    return len(left) == len(right) and all(
        one == other or (one[0] == other[0] and _LIKE.get(one[1]) == other[1])
        for one, other in zip(left, right, strict=True)
    )


def _unique_key(item: Any, case: bool) -> tuple[str, Any]:
    """The kind of a value, and what two equal ones of it have in common."""
    if item is None:
        return ("n", None)
    if isinstance(item, str) and not isinstance(item, Char):
        return ("s", item if case else item.lower())
    bag = bag_of(type(item))
    if bag is not None:
        return ("o", tuple((name.lower(), _unique_key(value, case)) for name, value in bag(item).items()))
    if is_list(item):
        return ("l", tuple(_unique_key(one, case) for one in item))
    if is_dictionary(item):
        return ("d", type_of(item).full_name)
    try:
        hash(item)
    except TypeError:
        return ("i", id(item))
    return ("v", item if not isinstance(item, bool) else f"bool{item}")


class TeeObject(Cmdlet):
    """Tee-Object."""

    leaves_what_came = True

    def start(self) -> None:
        self.items: list[Any] = []

    def record(self) -> None:
        item = self.get("InputObject")
        self.items.append(item)
        self.write(item)

    def close(self) -> None:
        """Write what came; a variable is set at the end alone, and a file opened when an object comes."""
        if self.is_open and self.items and not self.has("Variable"):
            super().close()

    def finish(self) -> None:
        if self.has("Variable"):
            from psbridge.script.interpreter.output import unpacked

            self.scope.vars[self.text("Variable").lower()] = unpacked(self.items)
            return
        from psbridge.script.display import lines_of
        from psbridge.script.interpreter.outfile import write_lines
        from psbridge.script.net.encoding import named

        path = self.text("FilePath") or self.text("LiteralPath")
        encoding = named(self.get("Encoding")) if self.has("Encoding") else None
        write_lines(self.rt, path, lines_of(self.items, self.rt), append=self.on("Append"), encoding=encoding)


class OutNull(Cmdlet):
    """Out-Null."""

    def process(self, item: Any) -> None:
        pass


from .measure import MeasureObject  # noqa: E402

CMDLETS: dict[str, Any] = {
    "Where-Object": WhereObject,
    "ForEach-Object": ForEachObject,
    "Select-Object": SelectObject,
    "Measure-Object": MeasureObject,
    "Tee-Object": TeeObject,
    "Out-Null": OutNull,
    "Add-Member": AddMember,
    "Get-Member": GetMember,
}
