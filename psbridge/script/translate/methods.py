"""Methods of texts, lists, tables, the console and StringBuilders as Python's own."""

from __future__ import annotations

from .. import syntax as s
from .code import ATOM, Code, Refused, ended
from .expressions import or_empty
from .netforms import NetForms

_METHODS = {
    "trim": ("strip", "str", 0),
    "toupper": ("upper", "str", 0),
    "tolower": ("lower", "str", 0),
    "startswith": ("startswith", "bool", 1),
    "endswith": ("endswith", "bool", 1),
    "replace": ("replace", "str", 2),
}
_TRIMS = {"trimstart": "lstrip", "trimend": "rstrip", "trim": "strip"}


class Methods(NetForms):
    """Writes calls of methods plainly where both languages agree."""

    def _console(self, name: str, arguments: list[Code], target: str) -> Code:
        """A text to the console, as print."""
        pieces = [one.text if one.kind in ("str", "int") else self.as_text(one) for one in arguments]
        if name == "write":
            pieces.append('end=""')
        if target:
            self.modules.add("sys")
            pieces.append(f"file={target}")
        return Code(f"{self.host}({', '.join(pieces)})", "void")

    def _builder(self, target: Code, name: str, arguments: list[Code]) -> Code:
        """A method of a StringBuilder, which is a StringIO, or of a file that is written."""
        if name == "tostring":
            return Code(f"{target.text}.getvalue()", "str")
        text = '""'
        if arguments:
            bare = name in ("append", "write") and arguments[0].kind == "str?"
            text = or_empty(arguments[0]) if bare else self.as_text(arguments[0])
        if name in ("appendline", "writeline"):
            if target.kind == "writer":
                text = ended(text) if arguments else "os.linesep"
                self.modules.add("os")
            else:
                text = f'{text[:-1]}\\n"' if text[-1] == '"' and text[0] in 'f"' else f'{text} + "\\n"'
        return Code(f"{target.text}.write({text})", "void" if target.kind == "writer" else "any")

    def _plain_method(self, target: Code, name: str, arguments: list[Code]) -> Code | None:
        texts = [item.text for item in arguments]
        if target.kind == "str?":
            plain = target.text.endswith(".content")
            text = f'({target.text} or "")' if plain else target.text  # a method of null fails in both
            target = Code(text, "str", ATOM if plain else target.rank)
        more = self._text_method(target, name, arguments) if target.kind == "str" else None
        if more is not None:
            return more
        if target.kind == "str" and all(item.kind == "str" for item in arguments):
            if name in ("toupper", "tolower") and _has_long_capitals(self.text):
                return None
            if name in _METHODS and len(arguments) == _METHODS[name][2]:
                method, kind, _ = _METHODS[name]
                if name == "replace" and texts[0] == '""':
                    return None
                return Code(f"{target.within(ATOM)}.{method}({', '.join(texts)})", kind)
            if name in _TRIMS and len(arguments) < 2:
                return Code(f"{target.within(ATOM)}.{_TRIMS[name]}({', '.join(texts)})", "str")
            if name == "contains" and len(arguments) == 1:
                return Code(f"{arguments[0].within(3)} in {target.within(3)}", "bool", 4)
        in_table = (
            (
                target.kind in ("hashtable", "bound")
                or (target.base == "table" and target.text in self.dict_names())
            )
            and name in ("containskey", "contains")
            and len(texts) == 1
        )
        if in_table and arguments[0].kind == "str":
            return Code(f"{arguments[0].within(3)} in {target.within(3)}", "bool", 4)
        if target.kind == "str" and name == "tostring" and not arguments:
            return target
        if target.kind == "List" and name == "add" and len(arguments) == 1:
            return Code(f'{self.posh("invoke")}({target.text}, "Add", {texts[0]})', "void")
        if target.kind.startswith("List:"):
            if arguments and name in ("add", "addrange", "insert"):
                last = arguments[-1]
                kind = self.as_stream(last).kind if name == "addrange" else last.kind
                path = next((path for path, spelt in self.names.items() if spelt == target.text), "")
                self._widen(("[]", path), "any" if kind.startswith("out") else kind)
            return self._list_method(target, name, arguments)
        return None

    def dict_names(self) -> set[str]:
        """The Python names of the variables that hold a dictionary whose keys are all known."""
        return {self.name(path) for path in self.uses.dicts}

    def _text_method(self, target: Code, name: str, arguments: list[Code]) -> Code | None:
        """A method of a text that Python spells another way; None for any other."""
        texts = [item.text for item in arguments]
        kinds = [item.kind for item in arguments]
        owner = target.within(ATOM)
        if name == "split" and kinds == ["str"] and texts[0].startswith('"') and texts[0] != '""':
            return Code(f"{owner}.split({texts[0]})", "list:str")
        if name in ("padleft", "padright") and kinds in (["int"], ["int", "str"]):
            method = "rjust" if name == "padleft" else "ljust"
            if len(texts) == 1 or len(texts[1]) == 3:
                return Code(f"{owner}.{method}({', '.join(texts)})", "str")
        if name == "substring" and not self.in_try and target.text[:1] not in "\"'":
            if kinds == ["int"] and texts[0].isdigit():
                return Code(f"{owner}[{texts[0]}:]", "str")
            if kinds == ["int", "int"] and all(text.isdigit() for text in texts):
                start = "" if texts[0] == "0" else texts[0]
                return Code(f"{owner}[{start}:{int(texts[0]) + int(texts[1])}]", "str")
        if name in ("toupperinvariant", "tolowerinvariant") and not texts:
            return Code(f"{owner}.{name[2:7]}()", "str")
        return None

    def _list_method(self, target: Code, name: str, arguments: list[Code]) -> Code:
        """A method of a list that is Python's own."""
        texts = [self.as_text(item) if target.item == "str" else item.text for item in arguments]
        if name == "add" and len(texts) == 1:
            return Code(f"{target.text}.append({texts[0]})", "void")
        if name == "addrange" and len(texts) == 1:
            items = self.as_stream(arguments[0])
            if target.item == "str" and items.kind != "str":
                return Code(f"{target.text}.extend({self.posh('text')}(one) for one in {items.text})", "void")
            return Code(f"{target.text}.extend({items.text})", "void")
        if name == "clear" and not texts:
            return Code(f"{target.text}.clear()", "void")
        if name == "toarray" and not texts:
            return Code(f"list({target.text})", f"list:{target.item}")
        if name == "removeat" and arguments[0].kind == "int":
            return Code(f"del {target.text}[{arguments[0].text}]", "void")
        if name == "insert" and len(texts) == 2 and arguments[0].kind == "int":
            return Code(f"{target.text}.insert({arguments[0].text}, {texts[1]})", "void")
        raise Refused(s.Node(), f"the method {name} of a list has no Python form here yet.")


def _has_long_capitals(text: str) -> bool:
    """Whether a script has letters that Python makes several of, and .NET leaves as they are: `ß`."""
    return not text.isascii() and any(len(one.upper()) > 1 or len(one.lower()) > 1 for one in text)
