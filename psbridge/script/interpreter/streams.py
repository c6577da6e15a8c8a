"""The six streams and their redirection: where errors, warnings and the rest go while a command runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psbridge.binding.text import to_text

Sinks = dict[int, Callable[[Any], Any]]


class Redirected:
    """A command of a pipeline whose streams go elsewhere while it runs, and only it."""

    def __init__(
        self, rt: Any, redirections: list[tuple[int, str, Any, bool]], sink: Callable[[Any], Any]
    ) -> None:
        self.rt = rt
        self.outer: Sinks = rt.sinks
        self.files: list[FileSink] = []
        self.overlay: Sinks = dict(rt.sinks)
        self.below = sink
        self.sink: Callable[[Any], Any] = self._downstream
        self.stage: Any = None
        for source, kind, target, append in redirections:
            if kind == "file":
                self._to_file(source, target, append)
        for source, kind, target, _ in redirections:
            if kind == "merge":
                self._merge(source, target)

    def _downstream(self, value: Any) -> None:
        """Success output: what comes after runs under the streams from outside."""
        inner, self.rt.sinks = self.rt.sinks, self.outer
        try:
            self.below(value)
        finally:
            self.rt.sinks = inner

    def _to_file(self, source: int, target: Any, append: bool) -> None:
        write: Callable[[Any], Any]
        if target is None:
            write = drop
        else:
            name = to_text(target)
            file = next((one for one in self.files if one.name == name), None)
            if file is None:
                file = FileSink(self.rt, name, append)
                self.files.append(file)
            write = file.write
        for stream in (1, 2, 3, 4, 5, 6) if source == 0 else (source,):
            if stream == 1:
                self.sink = write
            else:
                self.overlay[stream] = write

    def _merge(self, source: int, target: int) -> None:
        if target == 1:
            for stream in (2, 3, 4, 5, 6) if source == 0 else (source,):
                self.overlay[stream] = self.sink
        elif source == 1:
            self.sink = self.overlay[target]
        else:
            self.overlay[source] = self.overlay[target]

    # The stage's own interface

    @property
    def failed(self) -> bool:
        return bool(self.stage.failed)

    @property
    def name(self) -> str:
        return str(self.stage.name)

    def _inside(self, run: Callable[..., Any], *arguments: Any) -> None:
        saved, self.rt.sinks = self.rt.sinks, self.overlay
        try:
            run(*arguments)
        finally:
            self.rt.sinks = saved

    def begin(self) -> None:
        for file in self.files:
            file.open()
        self._inside(self.stage.begin)

    def process(self, item: Any) -> None:
        self._inside(self.stage.process, item)

    def process_once(self) -> None:
        self._inside(self.stage.process_once)

    def end(self) -> None:
        try:
            self._inside(self.stage.end)
        finally:
            self.close()

    def close(self) -> None:
        """Write the files, and what the command itself leaves where its pipeline ends early."""
        close(self.stage)
        files, self.files = self.files, []
        for file in files:
            file.close()

    @property
    def code(self) -> Any:
        return getattr(self.stage, "code", None)


def drop(value: Any) -> None:
    """Where nobody hears it."""


def close(stage: Any) -> None:
    """Have a stage that does not come to its end write what it holds back."""
    leave = getattr(stage, "close", None)
    if leave is not None:
        leave()


class FileSink:
    """A file that gets what a stream writes, as Out-File would show it."""

    def __init__(self, rt: Any, name: str, append: bool) -> None:
        self.rt = rt
        self.name = name
        self.append = append
        self.items: list[Any] = []

    def open(self) -> None:
        """Empty the file, or refuse."""
        from .outfile import write_lines

        write_lines(self.rt, self.name, [], append=self.append)

    def write(self, value: Any) -> None:
        self.items.append(value)

    def close(self) -> None:
        from psbridge.script.display import lines_of

        from .outfile import write_lines

        write_lines(self.rt, self.name, lines_of(self.items, self.rt), append=True)
