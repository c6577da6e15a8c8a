"""Which parameter set a call means, and which mandatory parameters it lacks.

`SetResolver` holds the flags of the sets still possible and narrows them, in PowerShell's order of attempts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from psbridge.binding import messages
from psbridge.binding.errors import ParameterBindingError
from psbridge.binding.metadata import EVERY_SET, Entry, Metadata, SetData


def set_count(flags: int) -> int:
    """How many sets the flags stand for; every set at once counts as one."""
    return 1 if flags == EVERY_SET else flags.bit_count()


def drop_other_sets(positions: dict[int, dict[Entry, list[SetData]]], valid: int) -> None:
    """Forget the positions that belong to sets no longer possible."""
    for candidates in positions.values():
        for entry, data in list(candidates.items()):
            data[:] = [item for item in data if item.in_all or item.flag & valid]
            if not data:
                del candidates[entry]


class _Missing:
    """The mandatory parameters one set lacks, by whether the pipeline may still bring them."""

    __slots__ = ("by_name", "by_value", "flag", "is_default", "nonpipeline", "pipeline")

    def __init__(self, flag: int, is_default: bool) -> None:
        self.flag = flag
        self.is_default = is_default
        self.pipeline: list[Entry] = []
        self.by_value: list[Entry] = []
        self.by_name: list[Entry] = []
        self.nonpipeline: list[Entry] = []

    @property
    def is_all(self) -> bool:
        return self.flag == EVERY_SET

    def add(self, entry: Entry, data: SetData, pipeline_expected: bool) -> None:
        options = data.options
        if pipeline_expected and (options.from_pipeline or options.from_pipeline_by_property_name):
            _once(self.pipeline, entry)
            if options.from_pipeline:
                _once(self.by_value, entry)
            if options.from_pipeline_by_property_name:
                _once(self.by_name, entry)
        else:
            _once(self.nonpipeline, entry)


def _once(entries: list[Entry], entry: Entry) -> None:
    if entry not in entries:
        entries.append(entry)


class SetResolver:
    """The parameter sets still possible for one call.

    Attributes:
        flags: the sets still possible.
        before_pipeline: `flags` when the command line was done; where each input object starts from.
        prioritized: a set to try first for each input object, or 0.
    """

    __slots__ = ("before_pipeline", "flags", "metadata", "prioritized")

    def __init__(self, metadata: Metadata) -> None:
        self.metadata = metadata
        self.flags = EVERY_SET
        self.before_pipeline = EVERY_SET
        self.prioritized = 0

    def ambiguous(self) -> NoReturn:
        """Raise PowerShell's error for a call that could mean several sets."""
        raise ParameterBindingError(
            messages.AMBIGUOUS_SET,
            error_id="AmbiguousParameterSet",
            command=self.metadata.command,
        )

    def validate(self, unbound: list[Entry], *, before_pipeline: bool, set_default: bool) -> int:
        """How many sets remain possible; raises AmbiguousParameterSet when none does or none can be told."""
        count = set_count(self.flags)
        default = self.metadata.default_flag
        if count == 0 and self.flags != EVERY_SET:
            self.ambiguous()
        if count > 1:
            if (not before_pipeline and self.flags == default) or self.flags & default:
                if set_default:
                    self.flags = default
                    count = 1
            elif not (before_pipeline and self._pipeline_may_tell(unbound)):
                count = self._resolve_by_mandatory(unbound)
        elif self.flags == EVERY_SET:
            count = max(len(self.metadata.set_names), 1)
            if before_pipeline and self._pipeline_may_tell(unbound):
                pass
            elif default:
                if set_default:
                    self.flags = default
                    count = 1
            elif count > 1:
                count = self._resolve_by_mandatory(unbound)
        return count

    def _pipeline_may_tell(self, unbound: list[Entry]) -> bool:
        return any(entry.takes_pipeline_input(self.flags) for entry in unbound)

    def _resolve_by_mandatory(self, unbound: list[Entry]) -> int:
        """Keep the one set that lacks no mandatory parameter."""
        remaining = self.flags & self.metadata.set_flags
        for entry in unbound:
            for data in entry.data:
                if data.options.mandatory:
                    remaining &= ~data.flag
        if set_count(remaining) != 1:
            self.ambiguous()
        self.flags = remaining
        return 1

    def verify_selected(self) -> None:
        """Settle on the default set when nothing narrowed the choice; raise when there is none."""
        if len(self.metadata.set_names) > 1 and self.flags == EVERY_SET:
            if not self.metadata.default_flag:
                self.ambiguous()
            self.flags = self.metadata.default_flag

    def keep_sets_with_pipeline(self, unbound: Iterable[Entry], delayed: Iterable[Entry]) -> int:
        """The sets that take pipeline input, or all possible ones when none says so."""
        takers = 0
        for entry in delayed:
            takers |= entry.flags
        for entry in unbound:
            if not entry.pipelines:
                continue
            for data in entry.matching(self.flags):
                if data.options.from_pipeline or data.options.from_pipeline_by_property_name:
                    if data.in_all:
                        return self.flags
                    takers |= data.flag
        return self.flags & takers if takers else self.flags

    def missing(self, unbound: list[Entry], count: int, *, pipeline_expected: bool) -> list[Entry]:
        """The mandatory parameters that nothing can bring any more; may narrow the sets.

        Raises:
            ParameterBindingError: AmbiguousParameterSet.
        """
        lacking: dict[int, _Missing] = {}
        default = self.metadata.default_flag
        in_sets = 0
        in_all = False
        absent: list[Entry] = []
        for entry in unbound:
            if not entry.mandatory:
                continue
            missing_here = False
            for data in entry.matching(self.flags):
                if not data.options.mandatory:
                    continue
                flag = data.flag or EVERY_SET
                group = lacking.setdefault(flag, _Missing(flag, bool(default & flag)))
                group.add(entry, data, pipeline_expected)
                missing_here = True
                if data.in_all:
                    in_all = True
                else:
                    in_sets |= self.flags & flag
            if missing_here:
                absent.append(entry)
        if not absent or not pipeline_expected:
            return absent
        return self._missing_before_pipeline(lacking, in_sets, in_all, count)

    def _missing_before_pipeline(
        self, lacking: dict[int, _Missing], in_sets: int, in_all: bool, count: int
    ) -> list[Entry]:
        default = self.metadata.default_flag
        if in_sets == 0:
            in_sets = self.flags
        if in_all:
            in_sets = self.flags & (self.metadata.set_flags or EVERY_SET)
        if count > 1 and default and not default & in_sets and default & self.flags:
            other_takes_pipeline = any(
                group.flag & self.flags and not group.flag & default and not group.is_all and group.pipeline
                for group in lacking.values()
            )
            if not other_takes_pipeline:
                in_sets = self.flags & ~in_sets
                self.flags = in_sets
                if self.flags != default:
                    self.prioritized = default
        sets = set_count(in_sets)
        if sets == 0:
            self.ambiguous()
        if sets == 1:
            return self._nonpipeline(lacking, in_sets)
        if self.prioritized:
            return []
        if self._latches_on_to_default(lacking, in_sets):
            self.flags = default
            return self._nonpipeline(lacking, default)
        return self._choose_by_pipeline(lacking, in_sets)

    @staticmethod
    def _nonpipeline(lacking: dict[int, _Missing], sets: int) -> list[Entry]:
        return [
            entry
            for group in lacking.values()
            if group.flag & sets or group.is_all
            for entry in group.nonpipeline
        ]

    def _latches_on_to_default(self, lacking: dict[int, _Missing], in_sets: int) -> bool:
        default = self.metadata.default_flag
        if not in_sets & default:
            return False
        others = [group for group in lacking.values() if not group.is_all and not group.is_default]
        other_by_value = any(group.pipeline and not group.nonpipeline for group in others)
        other_by_name = any(group.by_name for group in others)
        own = lacking.get(default)
        if own is not None:
            if own.by_name and not other_by_name:
                return True
            if own.pipeline and not other_by_value:
                return True
        if not other_by_value:
            return True
        all_sets = lacking.get(EVERY_SET)
        return all_sets is not None and bool(all_sets.nonpipeline)

    def _choose_by_pipeline(self, lacking: dict[int, _Missing], in_sets: int) -> list[Entry]:
        candidates = [group for group in lacking.values() if group.flag & in_sets and not group.is_all]
        by_value = [group.flag for group in candidates if group.by_value]
        by_name = [group.flag for group in candidates if group.by_name]
        one_value = by_value[0] if len(by_value) == 1 else 0
        one_name = by_name[0] if len(by_name) == 1 else 0
        unique = 0
        if by_value and by_name and one_value == one_name:
            unique = one_value
        if bool(by_value) != bool(by_name):
            unique = one_value if by_value else one_name
        if unique:
            return self._settle_on(lacking, unique)
        with_nonpipeline = [group for group in lacking.values() if group.nonpipeline]
        relevant = [group for group in with_nonpipeline if group.flag & in_sets or group.is_all]
        if not relevant:
            return []
        if one_value:
            return self._settle_on(lacking, one_value)
        if len(by_value) < 2 and len(by_name) < 2:
            self.ambiguous()
        ignored = 0
        for group in relevant:
            if not group.is_all:
                ignored |= group.flag
        if ignored:
            self._ignore(ignored)
            if self.flags == 0:
                self.ambiguous()
        return []

    def _settle_on(self, lacking: dict[int, _Missing], chosen: int) -> list[Entry]:
        others = 0
        has_nonpipeline = False
        for group in lacking.values():
            if group.flag & chosen or group.is_all:
                if not group.is_all:
                    has_nonpipeline = bool(group.nonpipeline)
            else:
                others |= group.flag
        found = self._nonpipeline(lacking, chosen)
        if has_nonpipeline:
            self.flags = chosen
        else:
            self._ignore(others)
            if self.flags != chosen:
                self.prioritized = chosen
        return found

    def _ignore(self, others: int) -> None:
        if others == 0:
            return
        possible = self.metadata.set_flags if self.flags == EVERY_SET else self.flags
        self.flags = possible & ~others
