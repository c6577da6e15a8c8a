"""Commands on files and streams that have a form of Python's own: writing, reading back, folders, warnings.

Where a script asks about errors of such a command, or changes its folder, the command stays.
"""

from __future__ import annotations

import re
from typing import Any

from .. import syntax as s
from .code import ATOM, Code, ended, quoted
from .forms import Forms
from .nodes import word_of

_NO_SLASH = re.compile(r'^f"\{\w+\.(Base)?Name\}')
"""A text that begins with a file's name, and so with no separator."""


class FileForms(Forms):
    """Writes commands on files plainly where both languages agree."""

    def _plain_path(self, node: Any) -> Code | None:
        """A path that is no pattern, where the folder never changes."""
        if node is None or self.in_try or self.moves:
            return None
        code = self.as_value(self.expression(node))
        return code if code.kind == "str" and not set(code.text) & set("*?[~") else None

    def _set_content(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        """`Set-Content` of texts, as `Path.write_text`."""
        given = dict(zip((one for one in ("path", "value") if one not in named), values, strict=False))
        given |= named
        if set(given) - {"path", "literalpath", "value", "nonewline", "encoding", "force"}:
            return None
        if str(getattr(given.get("encoding"), "value", "utf8")).lower() not in ("utf8", "utf-8", "utf8nobom"):
            return None
        if (piped is None) != ("value" in given) or len(values) > 2:
            return None
        path = self._plain_path(given.get("path") or given.get("literalpath"))
        content = self.as_value(self.expression(given["value"])) if piped is None else piped
        text = self._content(content, bare="nonewline" in given) if path is not None else None
        if path is None or text is None:
            return None
        if self.depth == 0 and len(self.frames) == 1:
            self.written_files.add(path.text)
        self.modules.add("pathlib")
        return Code(f'Path({path.text}).write_text({text}, encoding="utf-8", newline="")', "void")

    def _content(self, content: Code, *, bare: bool) -> str | None:
        """What a file gets: the texts, each with the system's end of a line."""
        text = content.text
        if content.stream and text.startswith("[") and text.endswith("]") and content.length == 1:
            content = Code(text[1:-1], content.kind)
        if not content.stream and content.kind in ("str", "str?"):
            value = content.text if content.kind == "str" else f'({content.text} or "")'
            if bare:
                return value
            self.modules.add("os")
            return ended(value)
        lines = content.stream or content.is_list or content.kind.startswith("List:")
        if not lines or (content.kind if content.stream else content.item) != "str":
            return None
        if bare:
            return f'"".join({content.inner or content.text})'
        name = self.item_name()
        self.modules.add("os")
        return f'"".join(f"{{{name}}}{{os.linesep}}" for {name} in {content.text})'

    def read_back(self, node: s.Command) -> bool:
        """`Get-Content` of a file that the script has written, as a statement; False for any other."""
        if self.name_of(node) not in ("get-content",) or node.redirections or self.sink[0] != "print":
            return False
        named, values = self.arguments(node)
        path = named.get("path") or (values[0] if len(values) == 1 else None)
        if set(named) - {"path", "totalcount", "raw"} or not isinstance(path, s.StringConstantExpression):
            return False
        if quoted(path.value) not in self.written_files or self.in_try or self.mixes_encodings:
            return False
        if "raw" in named:
            self.modules.add("pathlib")
            self.write(f'print(Path({quoted(path.value)}).read_text(encoding="utf-8"))')
            return "totalcount" not in named
        count = getattr(named.get("totalcount"), "value", None)
        file, line = self.unique("file"), self.unique("line")
        source = file
        if count is not None:
            self.modules.add("itertools")
            source = f"itertools.islice({file}, {count})"
        self.write(f'with open({quoted(path.value)}, encoding="utf-8") as {file}:')
        self.write(f"    for {line} in {source}:")
        self.write(f'        print({line}.rstrip("\\n"))')
        return True

    def _new_item(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        """`New-Item -ItemType Directory` whose result is dropped, where the folder is not there yet."""
        kind = word_of(named.get("itemtype"))
        given = named.get("path") or (values[0] if len(values) == 1 else None)
        if piped is not None or kind != "directory" or set(named) - {"itemtype", "path", "force"}:
            return None
        if self.sink[0] != "discard" or ("force" not in named and not self._asked_before(node, given)):
            return None
        path = self._plain_path(given)
        if path is None:
            return None
        self.modules.add("os")
        return Code(f"os.makedirs({path.text}, exist_ok=True)", "void")

    def _asked_before(self, node: Any, path: Any) -> bool:
        """Whether an `if` around a command asks for this path with Test-Path."""
        around = self.uses.parents.get(id(node))
        while around is not None:
            if isinstance(around, s.IfStatement):
                tests = " ".join(self.source_of(test).lower() for test, _ in around.clauses)
                return "test-path" in tests and self.source_of(path).lower() in tests
            around = self.uses.parents.get(id(around))
        return False

    def _write_warning(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        """`Write-Warning` in a loop, where nothing in the script changes what becomes of warnings."""
        text = self._text_argument(named, values, "message") if piped is None else None
        if text is None or self.hears_warnings or self.in_try or not self.loops:
            return None
        if text.text[0] in 'f"' and text.text[-1] == '"':
            head, _, rest = text.text.partition('"')
            return Code(f'{self.host}({"f" if head else ""}"WARNING: {rest})', "void")
        return Code(f'{self.host}("WARNING: " + {text.within(ATOM)})', "void")

    def _join_path(
        self, node: Any, named: dict[str, Any], values: list[Any], piped: Code | None
    ) -> Code | None:
        code = super()._join_path(node, named, values, piped)
        if code is not None or piped is not None or len(values) != 2 or named:
            return code
        parts = [self.as_value(self.expression(value)) for value in values]
        text = parts[1].text
        if isinstance(values[1], s.VariableExpression):
            text = self.texts.get(text, "")
        if any(part.kind != "str" for part in parts) or not _NO_SLASH.match(text):
            return None
        self.modules.add("os")
        return Code(f"os.path.join({parts[0].text}, {parts[1].text})", "str")


__all__ = ["FileForms"]
