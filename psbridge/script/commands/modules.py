"""Modules: psbridge's own names are understood, scripts and manifests beside the script are loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psbridge.binding.text import to_text
from psbridge.binding.values import Version
from psbridge.script.interpreter.blocks import run_block
from psbridge.script.interpreter.scope import Scope
from psbridge.script.interpreter.streams import drop
from psbridge.script.net.place import full, read_text
from psbridge.script.semantics.errors import ScriptError, runtime_error
from psbridge.script.semantics.patterns import wildcard
from psbridge.script.semantics.values import Bag

from .cmdlet import Cmdlet

_OURS = ("psbridge", "psopenapitools", "psopenai")
_BUILT_IN = (
    "microsoft.powershell.utility",
    "microsoft.powershell.management",
    "microsoft.powershell.security",
    "microsoft.powershell.core",
    "microsoft.powershell.host",
    "microsoft.powershell.archive",
    "microsoft.powershell.secretmanagement",
    "threadjob",
    "microsoft.powershell.threadjob",
)


def data_file(rt: Any, path: str) -> Any:
    """The value of a .psd1 file."""
    items: list[Any] = []
    code = rt.compile_text(read_text(path), path)
    code.end(Scope(rt, rt.globals), items.append)
    return items[0] if items else None


def _locate(rt: Any, name: str) -> str | None:
    text = name.replace("\\", "/")
    root = rt.globals.vars.get("psscriptroot") or ""
    candidates = [full(text), str(Path(root) / text)]
    for base in candidates:
        path = Path(base)
        for one in (path, *(path.with_name(f"{path.name}{ending}") for ending in (".psd1", ".psm1", ".ps1"))):
            if one.is_file():
                return str(one)
        if path.is_dir():
            for ending in (".psd1", ".psm1"):
                inner = path / f"{path.name}{ending}"
                if inner.is_file():
                    return str(inner)
    return None


def import_module(rt: Any, scope: Any, name: str, cmdlet: Any = None) -> Bag | None:
    """Make a module's functions available.

    Raises:
        ScriptError: it is not found.
    """
    folded = (
        name.lower()
        .replace("\\", "/")
        .rstrip("/")
        .rpartition("/")[2]
        .removesuffix(".psd1")
        .removesuffix(".psm1")
    )
    if folded in _OURS or folded in _BUILT_IN:
        module = Bag({"Name": name, "Version": Version((1, 0, 0)), "ModuleType": "Script", "Path": ""})
        rt.modules[folded] = module
        return module
    path = _locate(rt, name)
    if path is None:
        message = (
            f"The specified module '{name}' was not loaded because no valid module file was found in "
            f"any module directory."
        )
        error = runtime_error(
            message,
            "Modules_ModuleNotFound,Microsoft.PowerShell.Commands.ImportModuleCommand",
            category="ResourceUnavailable",
            target=name,
            kind="FileNotFoundException",
        )
        error.record.activity = "Import-Module"
        raise error
    return _load(rt, scope, path)


def _load(rt: Any, scope: Any, path: str) -> Bag:
    exported: Any = "*"
    code_path = path
    if path.lower().endswith(".psd1"):
        manifest = data_file(rt, path)
        root = manifest.get("RootModule") or manifest.get("ModuleToProcess") if manifest is not None else None
        exported = manifest.get("FunctionsToExport", "*") if manifest is not None else "*"
        code_path = str(Path(path).parent / to_text(root)) if root else path
    module_scope = Scope(rt, rt.globals, "script")
    module_scope.vars["psscriptroot"] = str(Path(code_path).parent)
    module_scope.functions = {}
    exports = rt.state.setdefault("exports", [])
    exports.append(None)
    try:
        if not code_path.lower().endswith(".psd1"):
            code = rt.compile_text(read_text(code_path), code_path)
            from psbridge.script.interpreter.engine import hoist_types

            hoist_types(rt, module_scope, code)
            if code.end is not None:
                code.end(module_scope, drop)
    finally:
        asked = exports.pop()
    patterns = asked if asked is not None else exported
    wanted = [wildcard(to_text(one)) for one in (patterns if isinstance(patterns, list) else [patterns])]
    holder = rt.globals
    for name, info in module_scope.functions.items():
        info.scope = module_scope
        if any(one.fullmatch(info.name) for one in wanted):
            holder.functions[name] = info
    for alias, target in (module_scope.aliases or {}).items():
        holder.aliases[alias] = target
    module = Bag({"Name": Path(path).stem, "Version": Version((0, 0)), "ModuleType": "Script", "Path": path})
    rt.modules[Path(path).stem.lower()] = module
    return module


class ImportModule(Cmdlet):
    """Import-Module."""

    def record(self) -> None:
        for name in self.get("Name") or []:
            try:
                module = import_module(self.rt, self.scope, to_text(name))
            except ScriptError as error:
                if error.error_id.startswith("Modules_"):
                    self.report(error.record)
                    continue
                raise
            if self.on("PassThru") and module is not None:
                self.write(module)


class GetModule(Cmdlet):
    """Get-Module."""

    def record(self) -> None:
        names = [to_text(one) for one in self.get("Name") or ["*"]]
        known = dict(self.rt.modules)
        if self.on("ListAvailable"):
            for name in ("PSBridge", "PSOpenAPITools"):
                known.setdefault(
                    name.lower(),
                    Bag({"Name": name, "Version": Version((0, 1, 0)), "ModuleType": "Script", "Path": ""}),
                )
        for module in known.values():
            if any(wildcard(name).fullmatch(to_text(module["Name"])) for name in names):
                self.write(module)


class RemoveModule(Cmdlet):
    """Remove-Module."""

    def record(self) -> None:
        for name in self.get("Name") or []:
            self.rt.modules.pop(to_text(name).lower(), None)


class NewModule(Cmdlet):
    """New-Module: the block runs, its functions stay."""

    def record(self) -> None:
        block = self.get("ScriptBlock")
        run_block(self.rt, block.code, self.rt.globals, [], drop, local=False)


class ExportModuleMember(Cmdlet):
    """Export-ModuleMember."""

    def record(self) -> None:
        exports = self.rt.state.setdefault("exports", [])
        if exports:
            exports[-1] = [*(exports[-1] or []), *(self.get("Function") or [])]


class InstallModule(Cmdlet):
    """Install-Module: nothing is installed; what is ours is there."""

    def record(self) -> None:
        for name in self.get("Name") or []:
            if to_text(name).lower() not in _OURS:
                self.warn(
                    f"The module '{to_text(name)}' is not installed: modules of PowerShell do not run here."
                )


class ImportDataFile(Cmdlet):
    """Import-PowerShellDataFile."""

    def record(self) -> None:
        from .files import patterns_of, resolved

        for pattern, literal in patterns_of(self):
            for path in resolved(self, pattern, literal=literal):
                self.write(data_file(self.rt, path))


class Quiet(Cmdlet):
    """Accepted, and nothing happens."""


CMDLETS: dict[str, Any] = {
    "Import-Module": ImportModule,
    "Get-Module": GetModule,
    "Remove-Module": RemoveModule,
    "New-Module": NewModule,
    "Export-ModuleMember": ExportModuleMember,
    "Install-Module": InstallModule,
    "Install-PSResource": InstallModule,
    "Get-InstalledModule": GetModule,
    "Find-Module": Quiet,
    "Update-Module": Quiet,
    "Import-PowerShellDataFile": ImportDataFile,
    "Test-ModuleManifest": ImportDataFile,
}
