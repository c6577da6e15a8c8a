"""The text being written: lines, scopes, variables and what is known of them, helpers and imports.

Knows nothing of how a node of the script becomes Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .. import syntax as s
from .code import Code, Refused, join_kinds, python_name
from .hostprints import mark_for
from .uses import Uses

Key = tuple[str, str]


@dataclass
class Known:
    """What one pass over the script learned, for the next: passes go on until nothing is new."""

    kinds: dict[Key, str] = field(default_factory=dict)
    typed: dict[Key, str] = field(default_factory=dict)
    unset: set[Key] = field(default_factory=set)
    results: dict[str, str] = field(default_factory=dict)
    advanced: set[str] = field(default_factory=set)
    many: set[str] = field(default_factory=set)
    shapes: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    top: set[str] = field(default_factory=set)
    copied: set[Key] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    shows: bool = False
    """Whether the script puts out objects, whose tables wait for further rows."""
    sent: set[str] = field(default_factory=set)
    asks: bool = False
    elsewhere: bool = False
    """Whether the script asks another server, whose replies may lack what the service's have."""
    web: bool = False
    """Whether the Python calls a web cmdlet, which has something to say where -Verbose is asked for."""

    def state(self) -> tuple[Any, ...]:
        """What is known at this point, to come back to."""
        return (
            *(dict(self.kinds), dict(self.typed), set(self.unset)),
            *(dict(self.results), set(self.advanced), set(self.many)),
            *({key: dict(shape) for key, shape in self.shapes.items()}, set(self.loose), set(self.top)),
            *(set(self.copied), set(self.alone), set(self.sent), self.asks, self.elsewhere, self.web),
            *({path: dict(kinds) for path, kinds in self.tables.items()}, self.shows),
        )


@dataclass
class Frame:
    """A Python function being written, or the module: its declarations, and whose variables it has."""

    key: str
    start: int
    shares: bool = False
    depth: int = 0
    own: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    yields: set[str] = field(default_factory=set)
    known: set[Key] = field(default_factory=set)


class Writer:
    """Lines, scopes and names."""

    uses: Uses
    names: dict[str, str]
    own_types: set[str]

    def __init__(self, text: str, known: Known) -> None:
        self.text = text
        self.host = mark_for(text)
        self.known = known
        self.lines: list[str] = []
        self.depth = 0
        self.whole = 0
        self.modules: set[str] = set()
        self.uses_posh = False
        self.frames = [Frame("", 0)]
        self.definite: set[Key] = set()
        self.ended: set[Key] = set()  # what the function that was written last has surely set where it ends
        self.current: list[Code] = []
        self.plain_tables = False
        self.counters: dict[str, int] = {}
        self.after: list[str] = []
        self.taken: set[str] = set()
        self.words: dict[str, str] = {}
        self.loops: list[Any] = []
        self.held: list[str] = []
        self.asks_errors = False
        self.appended: dict[str, set[str]] = {}
        self.found: dict[int, tuple[str, dict[str, tuple[str, bool]]]] = {}
        self.constants: set[Key] = set()
        self.checks: dict[Key, list[str]] = {}
        self.open_files: dict[str, str] = {}
        self.http_names: set[str] = set()
        self.entries: dict[str, tuple[str, str]] = {}
        self.entry_names: set[str] = set()
        self.lengths: dict[str, int] = {}
        self.narrowed: dict[Key, str] = {}
        self.written_files: set[str] = set()
        self.texts: dict[str, str] = {}
        self.pair_kinds: dict[int, str] = {}
        self.pair_texts: dict[int, str] = {}
        self.annotated: set[Key] = set()
        self.reflects = _asks(text, r"psobject\.properties|add-member|update-typedata")
        self.removes = _asks(text, r"\.(remove|clear)\b")
        self.asks_types = _asks(text, r"gettype|get-member|-is(not)?\b|-as\b|pstypenames|\.insert\b|\[type\]")
        self.asks_objects = _asks(text, r"psobject\.|psbase\b|pstypenames")
        self.moves = _asks(
            text, r"set-location|push-location|pop-location|\bcd\b|remove-item|move-item|rename-item"
        )
        self.hears_warnings = _asks(text, r"warning(preference|action|variable)|[3*]>|transcript")
        self.hears_host = _asks(text, r"[6*]>|informationvariable|transcript")
        self.counts_errors = _asks(text, r"\$(global:)?error\b")
        self.mixes_encodings = _asks(
            text, r"-asb|-en[a-z]*[\s:]+(?!['\"]?utf-?8(nobom)?\b)|\[(system\.)?io\.|\bset-alias"
        )
        self.reads_files = _asks(text, r"import-csv|get-content")
        self.counts_usage = "usage" in text or "tool_calls" in text
        self.sets_errors = _asks(text, r"erroractionpreference")
        self.asks_lines = _asks(text, r"scriptlinenumber|positionmessage|scriptstacktrace")
        self.strict = _asks(text, r"set-strictmode")
        self.has_pairs = any(one > "\uffff" for one in text) or _asks(text, r"`u\{0*[1-9a-f][0-9a-f]{4}")
        self.folds_apart = any(one.casefold() != one.lower() for one in text)
        self.text_words = set(re.findall(r"(?<![.\w$])\w+", text.lower()))

    @contextmanager
    def meanwhile(self, **values: Any) -> Iterator[None]:
        """Attributes of the writer that are these inside, and as before afterwards: also after a refusal."""
        kept = {name: getattr(self, name) for name in values}
        vars(self).update(values)
        try:
            yield
        finally:
            vars(self).update(kept)

    # Text

    def source_of(self, node: Any) -> str:
        """The script's text of a node."""
        return self.text[node.start : node.end]

    def write(self, line: str) -> None:
        """A line at the present depth."""
        self.lines.append("    " * self.depth + line if line else "")

    def posh(self, name: str) -> str:
        """The name of a helper, which is imported then."""
        self.uses_posh = True
        return f"posh.{name}"

    def unique(self, stem: str) -> str:
        """A name for something of the Python text alone."""
        while True:
            number = self.counters.get(stem, 0) + 1
            self.counters[stem] = number
            name = stem if number == 1 else f"{stem}_{number}"
            if name not in self.taken:
                return name

    def shape_of(self, kind: str) -> dict[str, tuple[str, str]]:
        """What the objects or tables of a kind have that literals of the script make: spelling and kind."""
        base, _, places = kind.partition("@")
        shapes = [self.known.shapes.get(f"{base}@{place}", {}) for place in places.split("|")]
        common = dict(shapes[0])
        for shape in shapes[1:]:
            for name, (spelt, held) in list(common.items()):
                if shape.get(name, ("",))[0] != spelt:
                    del common[name]
                else:
                    common[name] = (spelt, join_kinds(held, shape[name][1]))
        return common

    # Scopes and variables

    @property
    def frame(self) -> Frame:
        """The innermost frame."""
        return self.frames[-1]

    @property
    def scope(self) -> str:
        """The key of the scope whose variables an assignment sets."""
        return self.frame.key

    def _owner(self, path: str, scope: str | None = None) -> str:
        """The nearest scope, from this one outwards, that has this variable; `?` where none has."""
        keys = (self.scope if scope is None else scope).split("/")
        for count in range(len(keys), 0, -1):
            key = "/".join(keys[:count])
            if (key, path) in self.known.kinds:
                return key
        return "?"

    def read(self, node: s.VariableExpression, *, changed: bool = False) -> Code | None:
        """A variable of the script; None if it is set nowhere.

        `changed` says that it is read for `+=`, which sees the function's own variable alone.
        """
        where, _, rest = node.variable_path.rpartition(":")
        if where.lower() not in ("", "script", "global", "local", "private", "variable", "using"):
            return None
        path = rest.lower()
        owner = "" if where.lower() in ("script", "global") else self._owner(path)
        if self.job is not None:
            owner = self._owner_in_job(node, path, owner)
        if (owner, path) not in self.known.kinds:
            return None
        if owner == "" and path not in self.known.top:
            self.known.unset.add(("", path))  # only functions set it
            self._widen(("", path), "none")
        if (owner, path) not in self.definite and (owner == self.scope or owner == ""):
            outer = self._around(path) if not where and owner and not changed and self.job is None else None
            if outer is not None and owner == self.scope:
                self._copy(owner, path, outer)
            elif owner == self.scope:
                self.known.unset.add((owner, path))
                self._widen((owner, path), "none")
        kind = self.known.kinds[owner, path]
        return Code(self.name_in(owner, path), self.narrowed.get((owner, path), kind))

    by_using = False
    """Whether what is read is after `$using:`."""
    job: str | None = None
    """The scope around the job whose block is being written: of it, the block has what `$using:` names."""

    def _owner_in_job(self, node: s.VariableExpression, path: str, owner: str) -> str:
        """The scope that has a variable as a job's block sees it."""
        outer = owner == "?" or len(owner) <= len(self.job or "")
        if self.by_using:
            if not outer:
                raise Refused(node, f"a job's own ${path} beside $using:{path} has no Python form.")
            return owner
        return "?" if outer else owner

    def _around(self, path: str) -> str | None:
        """The nearest scope around this one that has this variable, under its own name; None without one."""
        outer = self._owner(path, self.scope.rpartition("/")[0])
        renamed = outer != "" and (outer, path) in self.known.copied
        return None if outer == "?" or renamed else outer

    def _copy(self, owner: str, path: str, outer: str) -> None:
        """A variable that is another scope's until the function sets its own, which begins as a copy."""
        self.known.copied.add((owner, path))
        self._widen((owner, path), self.known.kinds[outer, path])
        if (outer, path) not in (self.definite if outer else self.frame.known):
            self.known.unset.add((outer, path))

    def name_in(self, owner: str, path: str) -> str:
        """A variable's Python name in the scope that has it."""
        name = self.name(path)
        if owner == "" and len(self.frames) > 1 and self._owner(path) not in ("", "?"):
            return f'globals()["{name}"]'  # the function has its own of that name
        return f"local_{name}" if (owner, path) in self.known.copied else name

    def name(self, path: str) -> str:
        """A variable's Python name: that of its first spelling in the script."""
        return self.names.get(path.lower()) or python_name(path)

    def _widen(self, key: Key, kind: str) -> None:
        known = self.known.kinds
        known[key] = join_kinds(known[key], kind) if key in known else kind

    def target(self, node: s.VariableExpression, kind: str) -> str:
        """The Python name of a variable that is about to be set to a value of this kind."""
        where, _, rest = node.variable_path.rpartition(":")
        if where.lower() not in ("", "script", "global", "local", "private"):
            raise Refused(node, f"an assignment to ${node.variable_path} has no Python form yet.")
        path = rest.lower()
        owner = "" if where.lower() in ("script", "global") else self.scope
        key, name = (owner, path), self.name_in(owner, path)
        self._widen(key, kind)
        self.definite.add(key)
        if self.scope == "":
            self.known.top.add(path)
        elif owner == "" and path not in self.known.top:
            self.known.unset.add(key)
        self.declare(owner, path, name)
        return name

    def declare(self, owner: str, path: str, name: str) -> None:
        """Say in the function being written whose variable this is."""
        frame = self.frame
        if len(self.frames) == 1 or path in frame.own or not name.isidentifier():
            return
        if owner == "" and (frame.key != "" or frame.shares):
            frame.declared.add(f"global {name}")
            if frame.shares and (owner, path) not in frame.known:
                self.known.unset.add((owner, path))
        elif frame.shares:
            frame.declared.add(f"nonlocal {name}")
            self.known.unset.add((owner, path))

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What may not run: the variables it sets may be unset afterwards."""
        before = set(self.definite)
        yield
        self.definite = before

    # Functions of the Python text

    def define(
        self,
        name: str,
        parameters: list[str],
        body: Callable[[], None],
        *,
        key: str | None = None,
        own: list[str] | None = None,
        top: bool = False,
        returns: str = "Iterator[Any]",
    ) -> None:
        """`def name(parameters):` with this body; without a key, it shares the variables around it."""
        shares = key is None
        frame = Frame(self.scope if key is None else key, 0, shares, own={one.lower() for one in own or []})
        frame.known = set(self.definite)
        if top and self.depth == 0 and self.lines and self.lines[-1]:
            self.write("")
        if "Iterator" in returns:
            self.modules.add("collections.abc")
        if any("Any" in one for one in (*parameters, returns)):
            self.modules.add("typing")
        self.write(f"def {name}({', '.join(parameters)}) -> {returns}:")
        self.depth += 1
        frame.start = len(self.lines)
        frame.depth = depth = self.depth
        self.frames.append(frame)
        definite = set(self.definite)
        self.definite |= {(frame.key, one) for one in frame.own}
        try:
            body()
        finally:
            self.frames.pop()
            self.ended = self.definite
            self.definite = definite
        head = [f"{'    ' * depth}{line}" for line in sorted(frame.declared)]
        if not shares:
            copied = self.known.copied
            for where, path in sorted(self.known.unset | copied):
                if where == key and path not in frame.own:
                    first = self.name(path) if (where, path) in copied else None
                    head.append(f"{'    ' * depth}{self.name_in(where, path)}: Any = {first}")
            if any(": Any = " in line for line in head):
                self.modules.add("typing")
        inside = self.lines[frame.start :]
        if inside and inside[-1] == f"{'    ' * depth}return" and any("yield" in line for line in inside):
            self.lines.pop()  # a generator ends here by itself
        place = frame.start
        if place < len(self.lines) and self.lines[place].lstrip().startswith('"""'):
            while not self.lines[place].rstrip().endswith('"""'):
                place += 1
            place += 1
        self.lines[place:place] = head
        if not any(line.strip() and not line.lstrip().startswith("#") for line in self.lines[frame.start :]):
            self.write("return")
        self.depth = depth - 1
        if top and self.depth == 0:
            self.write("")

    def annotation(self, kind: str) -> str:
        """A kind as Python's type."""
        known = {"str": "str", "int": "int", "float": "float", "bool": "bool"}
        if kind not in known:
            self.modules.add("typing")
        return known.get(kind, "Any")

    def comments(self, start: int, end: int) -> None:
        """The comments of this part of the script, but for those of help."""
        part = self.text[start:end]
        for found in re.finditer(r"<#.*?#>|#[^\n]*", part, re.DOTALL):
            comment = found.group()
            if comment.startswith("<#"):
                if re.search(r"^\s*\.[A-Z]+", comment, re.MULTILINE | re.IGNORECASE):
                    continue
                for line in comment[2:-2].strip().splitlines():
                    self.write(f"# {line.strip()}".rstrip())
            else:
                self.write(f"# {comment[1:].strip()}".rstrip())


def _asks(text: str, pattern: str) -> bool:
    """Whether a script's text has this pattern, in any case."""
    return re.search(pattern, text, re.IGNORECASE) is not None
