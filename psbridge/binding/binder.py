"""PowerShell's parameter binder for one call: named, positional, remaining and pipeline arguments.

Follows CmdletParameterBinderController of System.Management.Automation 7.6. A `Binder` serves one call: first
`bind_command_line`, then, if the call takes pipeline input, `bind_input` once per object.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any

from psbridge.binding import messages, nettypes
from psbridge.binding.arguments import MISSING, Argument, next_positional
from psbridge.binding.coercion import REFUSED, bind_value, uncoerced
from psbridge.binding.errors import (
    InvalidCast,
    ParameterBindingError,
    ParameterBindingTransformationError,
    ParameterBindingValidationError,
)
from psbridge.binding.metadata import EVERY_SET, Entry, Metadata, SetData
from psbridge.binding.objects import adapted, is_list, is_script_block
from psbridge.binding.properties import property_of
from psbridge.binding.sets import SetResolver, drop_other_sets, set_count
from psbridge.binding.text import net_text
from psbridge.binding.values import Literal, ObjectList, ScriptOutput, Switch


class _Attempt(enum.Enum):
    """The four attempts pipeline binding makes, in this order: (by property name, with conversion)."""

    VALUE = (False, False)
    PROPERTY = (True, False)
    CONVERTED_VALUE = (False, True)
    CONVERTED_PROPERTY = (True, True)


class Binder:
    """One call's binding.

    Attributes:
        values: what is bound, by parameter name, in order of binding; what `$PSBoundParameters` holds.
        fresh: the names in `values` that the command line or the last input object bound. The others are
            left over from earlier input objects: PowerShell keeps those in `$PSBoundParameters`, while the
            parameter variables go back to their defaults.
        resolver: the parameter sets still possible.
    """

    def __init__(self, metadata: Metadata, *, pipeline_expected: bool = False) -> None:
        self.metadata = metadata
        self.command = metadata.command
        self.pipeline_expected = pipeline_expected
        self.resolver = SetResolver(metadata)
        self.values: dict[str, Any] = {}
        self.unbound: list[Entry] = list(metadata.entries)
        self.bound: dict[str, Entry] = {}
        self._delayed: dict[Entry, Argument] = {}
        self._from_pipeline: list[Entry] = []

    @property
    def fresh(self) -> list[str]:
        """The names bound by this item's binding, in order, not those that defaults gave."""
        return [name for name in self.values if name in self.bound]

    # The command line

    def bind_command_line(self, arguments: Iterable[Argument]) -> None:
        """Bind the call's own arguments.

        Raises:
            ParameterBindingError: the first thing wrong with the call.
        """
        given = list(arguments)
        given = [item for item in given if not item.from_splat] + [item for item in given if item.from_splat]
        left = self._bind_named(self._paired(given))
        left, error = self._bind_positional(left)
        self.resolver.validate(self.unbound, before_pipeline=True, set_default=False)
        left = self._bind_remaining(left)
        if left:
            raise self._left_over(left[0], error)
        if self.pipeline_expected:
            count = self._validate_sets(before_pipeline=True, set_default=False)
            if count > 1:
                kept = self.resolver.keep_sets_with_pipeline(self.unbound, self._delayed)
                if kept != self.resolver.flags:
                    self.resolver.flags = kept
                    count = self._validate_sets(before_pipeline=True, set_default=False)
        else:
            count = self._validate_sets(before_pipeline=False, set_default=True)
        missing = self.resolver.missing(self.unbound, count, pipeline_expected=self.pipeline_expected)
        if missing:
            names = "".join(f" {entry.parameter.name}" for entry in missing)
            raise ParameterBindingError(
                messages.MISSING_MANDATORY.format(names),
                error_id="MissingMandatoryParameter",
                parameter=missing[0].parameter.name,
                command=self.command,
            )
        if not self.pipeline_expected:
            self.resolver.verify_selected()
        self.resolver.before_pipeline = self.resolver.flags

    def _validate_sets(self, *, before_pipeline: bool, set_default: bool) -> int:
        return self.resolver.validate(self.unbound, before_pipeline=before_pipeline, set_default=set_default)

    def _paired(self, arguments: list[Argument]) -> list[Argument]:
        """Names joined with the value that follows them, switches made true."""
        paired: list[Argument] = []
        index = 0
        while index < len(arguments):
            argument = arguments[index]
            index += 1
            if argument.name is None or argument.value is not MISSING:
                paired.append(argument)
                continue
            entry = self.metadata.match(argument.name)
            if entry is None:
                paired.append(argument)
                continue
            if entry.parameter.type is nettypes.SWITCH:
                paired.append(Argument(argument.name, Switch(True), text=argument.text))
                continue
            following = arguments[index] if index < len(arguments) else None
            value = MISSING if following is None else following.value
            if following is not None and following.name is not None:
                known = self.metadata.match(following.name) is not None
                value = MISSING if known or following.value is not MISSING else following.text
            if value is MISSING:
                raise ParameterBindingError(
                    messages.MISSING_ARGUMENT.format(entry.parameter.name, entry.parameter.type.full_name),
                    error_id="MissingArgument",
                    parameter=entry.parameter.name,
                    command=self.command,
                )
            index += 1
            paired.append(Argument(entry.parameter.name, value, text=argument.text))
        return paired

    def _bind_named(self, arguments: list[Argument]) -> list[Argument]:
        left: list[Argument] = []
        explicit: set[str] | None = None
        for argument in arguments:
            if argument.name is None:
                left.append(argument)
                continue
            entry = self.metadata.match(argument.name)
            if entry is None:
                left.append(argument)
                continue
            name = entry.parameter.name
            if argument.from_splat:
                if explicit is None:
                    explicit = set(self.bound)
                if name in explicit:
                    continue
            if name in self.bound:
                raise ParameterBindingError(
                    messages.ALREADY_BOUND.format(argument.name),
                    error_id="ParameterAlreadyBound",
                    parameter=name,
                    command=self.command,
                )
            self._bind(entry, argument.value, coerce=True, delay=True, sets=EVERY_SET)
        return left

    def _bind(
        self,
        entry: Entry,
        value: object,
        *,
        coerce: bool,
        delay: bool = False,
        sets: int = EVERY_SET,
        wrapped: bool = False,
    ) -> bool:
        """Bind one value; False when it does not fit without conversion, or is kept for the input objects."""
        if (
            delay
            and entry.takes_pipeline_input(sets)
            and is_script_block(value)
            and not entry.keeps_script_block()
        ):
            self._delay(entry, value)
            return False
        parameter = entry.parameter
        if coerce:
            bound = bind_value(parameter, value, self.command)
        else:
            try:
                bound = uncoerced(parameter, value, self.command, wrapped=wrapped)
            except InvalidCast:
                return False
            if bound is REFUSED:
                return False
        self.values[parameter.name] = bound
        self._mark_bound(entry)
        return True

    def _mark_bound(self, entry: Entry) -> None:
        if entry.flags:
            self.resolver.flags &= entry.flags
        if entry in self.unbound:
            self.unbound.remove(entry)
        self.bound.setdefault(entry.parameter.name, entry)

    def _delay(self, entry: Entry, value: object) -> None:
        """Keep a script block to run once per input object."""
        if not self.pipeline_expected:
            raise ParameterBindingError(
                messages.SCRIPT_NO_INPUT.format(entry.parameter.name),
                error_id="ScriptBlockArgumentNoInput",
                category="MetadataError",
                parameter=entry.parameter.name,
                command=self.command,
            )
        self._delayed.setdefault(entry, Argument(entry.parameter.name, value))
        self.values.setdefault(entry.parameter.name, value)
        self._mark_bound(entry)

    # Positions

    def _bind_positional(
        self, arguments: list[Argument]
    ) -> tuple[list[Argument], ParameterBindingError | None]:
        if not arguments:
            return arguments, None
        positions = self._positions()
        if not positions:
            return arguments, None
        left: list[Argument] = []
        error: ParameterBindingError | None = None
        index = 0
        valid = self.resolver.flags
        default = self.metadata.default_flag
        for _, candidates in sorted(positions.items()):
            if not candidates:
                continue
            argument, index = next_positional(arguments, left, index)
            if argument is None:
                break
            bound = False
            for coerce in (False, True):
                for sets in (default, valid) if default and valid & default else (valid,):
                    bound, error = self._bind_at(candidates, argument.value, sets, coerce)
                    if bound:
                        break
                if bound:
                    break
            if not bound:
                left.append(argument)
            elif valid != self.resolver.flags:
                valid = self.resolver.flags
                drop_other_sets(positions, valid)
        return left + arguments[index:], error

    def _positions(self) -> dict[int, dict[Entry, list[SetData]]]:
        """The unbound parameters by position, each with the sets in which it has that position."""
        positions: dict[int, dict[Entry, list[SetData]]] = {}
        for entry in self.unbound:
            if not entry.positional or not entry.in_sets(self.resolver.flags):
                continue
            for data in entry.matching(self.resolver.flags):
                position = data.options.position
                if position is None or data.options.from_remaining_arguments:
                    continue
                at = positions.setdefault(position, {})
                for other, its in at.items():
                    if other is not entry and any(
                        item.flag & data.flag or item.flag == data.flag for item in its
                    ):
                        raise ParameterBindingError(
                            messages.AMBIGUOUS_POSITION,
                            error_id="AmbiguousPositionalParameterNoName",
                            command=self.command,
                        )
                at.setdefault(entry, []).append(data)
        return positions

    def _bind_at(
        self, candidates: dict[Entry, list[SetData]], value: object, sets: int, coerce: bool
    ) -> tuple[bool, ParameterBindingError | None]:
        """Try one positional value on all parameters of its position."""
        bound = False
        error: ParameterBindingError | None = None
        for entry, data in candidates.items():
            for item in data:
                if not (item.in_all or item.flag & sets):
                    continue
                try:
                    fits = self._bind(entry, value, coerce=coerce, delay=True, sets=sets)
                except ParameterBindingValidationError as failure:
                    if not failure.gives_way:
                        raise
                    fits = False
                except ParameterBindingTransformationError:
                    raise
                except ParameterBindingError as failure:
                    fits, error = False, failure
                if fits:
                    bound = True
                    break
        return bound, error

    def _bind_remaining(self, left: list[Argument]) -> list[Argument]:
        if not left:
            return left
        takers = []
        for entry in self.unbound:
            data = entry.data_for(self.resolver.flags)
            if data is not None and data.options.from_remaining_arguments:
                takers.append(entry)
        if not takers:
            return left
        if len(takers) > 1:
            raise ParameterBindingError(
                messages.AMBIGUOUS_SET,
                error_id="AmbiguousParameterSet",
                category="MetadataError",
                parameter=takers[1].parameter.name,
                command=self.command,
            )
        rest = ObjectList()
        for argument in left:
            if argument.name is not None:
                rest.append(argument.remaining(takers[0].parameter.name))
            if argument.value is not MISSING:
                rest.append(argument.value)
        self._bind(takers[0], rest[0] if len(rest) == 1 and is_list(rest[0]) else rest, coerce=True)
        return []

    def _left_over(self, argument: Argument, error: ParameterBindingError | None) -> ParameterBindingError:
        if argument.name is not None:
            from psbridge.binding import hints

            name = argument.name
            return ParameterBindingError(
                messages.NAMED_NOT_FOUND.format(name),
                error_id="NamedParameterNotFound",
                parameter=name,
                command=self.command,
                hint=hints.unknown_name(name, self.metadata),
            )
        if error is not None:
            return error
        value = adapted(argument.value)
        shown = "$null" if value is None else value.text if isinstance(value, Literal) else net_text(value)
        return ParameterBindingError(
            messages.POSITIONAL_NOT_FOUND.format(shown),
            error_id="PositionalParameterNotFound",
            parameter=shown,
            command=self.command,
        )

    # The pipeline

    def bind_input(self, item: object) -> None:
        """Bind one input object, undoing what the one before it bound.

        Raises:
            ParameterBindingError: this object cannot be bound; the next one may be.
        """
        item = adapted(item)
        try:
            done = self._run_delayed(item)
            done = self._bind_item(item) or done
            self.resolver.verify_selected()
        except ParameterBindingError as error:
            self._forget_input()
            error.target = item
            raise
        if not done:
            self._forget_input()
            raise ParameterBindingError(
                messages.INPUT_NOT_BOUND,
                error_id="InputObjectNotBound",
                command=self.command,
                target=item,
            )
        missing = self.resolver.missing(self.unbound, set_count(self.resolver.flags), pipeline_expected=False)
        if missing:
            names = "".join(f" {entry.parameter.name}" for entry in missing)
            raise ParameterBindingError(
                messages.INPUT_MISSING_MANDATORY.format(names),
                error_id="InputObjectMissingMandatory",
                command=self.command,
                target=item,
            )

    def _forget_input(self) -> None:
        """Unbind what the last input object bound. Its values stay in `values`, as in PowerShell."""
        for entry in self._from_pipeline:
            self.bound.pop(entry.parameter.name, None)
            if entry not in self.unbound:
                self.unbound.append(entry)

    def _run_delayed(self, item: object) -> bool:
        for entry, argument in self._delayed.items():
            name = entry.parameter.name
            try:
                output = argument.value(item)  # type: ignore[operator]
            except Exception as error:
                raise ParameterBindingError(
                    messages.SCRIPT_FAILED.format(name, error),
                    error_id="ScriptBlockArgumentInvocationFailed",
                    parameter=name,
                    command=self.command,
                ) from error
            if is_list(output):
                results = ScriptOutput(output)
                if not results:
                    raise ParameterBindingError(
                        messages.SCRIPT_NO_OUTPUT.format(name),
                        error_id="ScriptBlockArgumentNoOutput",
                        parameter=name,
                        command=self.command,
                    )
                output = results[0] if len(results) == 1 else results
            self._bind(entry, output, coerce=True)
        return bool(self._delayed)

    def _bind_item(self, item: object) -> bool:
        self._forget_input()
        self._from_pipeline.clear()
        resolver = self.resolver
        resolver.flags = resolver.before_pipeline
        valid = resolver.flags
        prioritized = resolver.prioritized
        if prioritized:
            valid = prioritized
        bound = False
        for step in range(2 if prioritized else 1):
            for attempt in _Attempt:
                if self._attempt(item, attempt, valid):
                    if not prioritized or step == 1:
                        self._validate_sets(before_pipeline=True, set_default=True)
                        valid = resolver.flags
                    bound = True
            if prioritized and step == 0:
                if resolver.flags == prioritized:
                    break
                valid = resolver.flags & ~prioritized
        self._validate_sets(before_pipeline=False, set_default=True)
        return bound

    def _attempt(self, item: object, attempt: _Attempt, valid: int) -> bool:
        default = self.metadata.default_flag
        if default and valid & default:
            if self._attempt_in(item, attempt, default):
                return True
            valid &= ~default
        return self._attempt_in(item, attempt, valid)

    def _attempt_in(self, item: object, attempt: _Attempt, valid: int) -> bool:
        by_property, coerce = attempt.value
        done = False
        for entry in reversed(self.unbound.copy()):
            if not entry.pipelines or not entry.in_sets(valid):
                continue
            for data in entry.matching(valid):
                options = data.options
                if by_property:
                    if not options.from_pipeline_by_property_name or item is None:
                        continue
                    bound = self._bind_property(entry, item, coerce)
                else:
                    if not options.from_pipeline:
                        continue
                    bound = self._bind_object(entry, item, coerce)
                if bound:
                    done = True
                    break
        return done

    def _bind_object(self, entry: Entry, item: object, coerce: bool) -> bool:
        try:
            bound = self._bind(entry, item, coerce=coerce, wrapped=True)
        except ParameterBindingTransformationError:
            return False
        except ParameterBindingValidationError:
            raise
        except ParameterBindingError:
            return False
        if bound:
            self._from_pipeline.append(entry)
        return bound

    def _bind_property(self, entry: Entry, item: object, coerce: bool) -> bool:
        found, value = property_of(item, (entry.parameter.name, *entry.parameter.aliases))
        if not found:
            return False
        try:
            bound = self._bind(entry, value, coerce=coerce)
        except (ParameterBindingTransformationError, ParameterBindingValidationError):
            raise
        except ParameterBindingError:
            return False
        if bound:
            self._from_pipeline.append(entry)
        return bound
