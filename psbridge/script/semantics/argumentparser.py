"""A ported script's own parameters: argparse's, converted, checked and refused as PowerShell does."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from psbridge.binding import messages
from psbridge.binding.errors import InvalidCast, ValidationFailure
from psbridge.binding.nettypes import net_type
from psbridge.errors import PSBridgeError
from psbridge.naming import in_capitals

from .named import cast
from .outside import refuse, refuse_missing
from .session import validators_of

_NAMES = {str: "string", int: "int", float: "double"}


class ArgumentParser(argparse.ArgumentParser):
    """argparse's parser for parameters of .NET types, or that Validate attributes check.

    What is refused ends the script with PowerShell's sentence and exit code 1.

    >>> parser = ArgumentParser()
    >>> _ = parser.add_argument("--wait", type="timespan", default="0:30")
    >>> _ = parser.add_argument("--count", type=int, default=0, ValidateRange=(1, 10))
    >>> given = parser.parse_args(["--wait", "1:30"])
    >>> given.wait.total_seconds(), given.count
    (5400.0, 0)
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._spelt: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self._lists: dict[str, str] = {}
        self._checks: list[tuple[argparse.Action, tuple[Any, ...]]] = []
        super().__init__(*arguments, **options)  # which adds -h

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Add a parameter.

        Args:
            names: as argparse has them.
            options: argparse's; `type` may also be the name of a .NET type, `name` is the parameter's in
                PowerShell where that is not the Python one in capitals, and a Validate attribute is its
                name with its arguments, as `ValidateRange=(1, 10)`. A default is not checked.
        """
        spelt = options.pop("name", "")
        checks = {key: options.pop(key) for key in list(options) if key.lower().startswith("validate")}
        dest = options.get("dest") or names[0].lstrip("-").replace("-", "_")
        self._spelt[dest] = spelt or in_capitals(dest)
        self._spelt[options.get("metavar", dest)] = self._spelt[dest]  # as argparse's own sentences have it
        if "type" in options:
            kind = options["type"] if isinstance(options["type"], str) else _NAMES[options["type"]]
            self._kinds[dest] = kind
            if options.get("nargs") in ("*", "+"):
                self._lists[dest] = f"{kind}[]"
            options["type"] = lambda text: self._converted(dest, kind, text)
            default = options.get("default")
            if isinstance(default, str) and default != argparse.SUPPRESS:
                options["default"] = cast(default, kind)
        action = super().add_argument(*names, **options)
        if checks:
            self._checks.append((action, tuple(validators_of(checks))))
        return action

    def _converted(self, dest: str, kind: str, text: str) -> Any:
        try:
            return cast(text, kind)
        except (InvalidCast, PSBridgeError) as error:
            refuse(messages.TRANSFORMATION.format(self._spelt[dest], error))

    def parse_args(self, *arguments: Any, **options: Any) -> Any:
        """What was given, as argparse's own does."""
        given = super().parse_args(*arguments, **options)
        for dest, kind in self._lists.items():
            if getattr(given, dest, None) not in (None, argparse.SUPPRESS):
                setattr(given, dest, cast(getattr(given, dest), kind))
        for action, validators in self._checks:
            value = getattr(given, action.dest, argparse.SUPPRESS)
            if value is action.default or value == argparse.SUPPRESS:
                continue
            for validator in validators:
                try:
                    validator.check(value)
                except ValidationFailure as failure:
                    refuse(messages.VALIDATION.format(self._spelt[action.dest], failure))
        return given

    def error(self, message: str) -> NoReturn:
        """End the script."""
        missing = re.fullmatch(r"the following arguments are required: (.*)", message)
        if missing:
            refuse_missing(self._spelt.get(one, one) for one in missing[1].split(", "))
        short = re.fullmatch(r"argument -{0,2}([\w-]+).*: expected .*argument", message)
        if short:
            dest = short[1].replace("-", "_")
            name = net_type(self._kinds.get(dest, "string")).full_name
            refuse(messages.MISSING_ARGUMENT.format(self._spelt.get(dest, dest), name))
        unknown = re.fullmatch(r"unrecognized arguments: (\S+).*", message, re.DOTALL)
        if unknown and unknown[1].startswith("-"):
            name = in_capitals(unknown[1].lstrip("-"), "-")
            refuse(messages.NAMED_NOT_FOUND.format(name))
        if unknown:
            refuse(messages.POSITIONAL_NOT_FOUND.format(unknown[1]))
        refuse(f"{message[:1].upper()}{message[1:]}.")


__all__ = ["ArgumentParser"]
