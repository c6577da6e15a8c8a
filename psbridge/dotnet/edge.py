"""The one module that touches pythonnet, which has no type information: everything past it is `Any`.

It knows .NET's names and nothing of psbridge. Types are found on first use and kept.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any


def start_coreclr(root: Path, config: Path) -> None:
    """Start coreclr from the .NET installation `root` under a runtimeconfig.json."""
    import clr_loader

    pythonnet: Any = importlib.import_module("pythonnet")
    pythonnet.load(clr_loader.get_coreclr(runtime_config=str(config), dotnet_root=str(root)))
    importlib.import_module("clr")


def start_named(name: str) -> None:
    """Start `netfx` or `mono`, with pythonnet's own settings from the environment."""
    pythonnet: Any = importlib.import_module("pythonnet")
    pythonnet.load(name)
    importlib.import_module("clr")


def shorten_shutdown() -> None:
    """Have Python's garbage collector pass over, while pythonnet shuts down, what is there by then.

    pythonnet collects sixty times in its shutdown, which takes seconds with all of a program's objects. Who
    lets Python go on behind it registers `gc.unfreeze` with `atexit` before pythonnet is loaded.
    """
    engine = namespace("Python.Runtime").PythonEngine
    engine.AddShutdownHandler(engine.ShutdownHandler(gc.freeze))


@cache
def clr() -> Any:
    """pythonnet's own module; a runtime must be loaded."""
    return importlib.import_module("clr")


@cache
def namespace(name: str) -> Any:
    """A .NET namespace, such as `System.Collections`; the assembly that has it is loaded for it."""
    clr()
    parent = name.rpartition(".")[0]
    for assembly in ("", name, parent, "System", "System.Core"):  # the last two: .NET Framework's and Mono's
        try:
            if assembly:
                add_reference(assembly)
            return importlib.import_module(name)
        except Exception as error:  # what pythonnet raises here depends on the runtime
            missing = error
    raise missing


def add_reference(assembly: str) -> None:
    """Load an assembly by name or path, so that its namespaces can be imported."""
    clr().AddReference(assembly)


@cache
def net(name: str) -> Any:
    """A .NET class by its full name, such as `System.Collections.Hashtable`."""
    space, _, short = name.rpartition(".")
    return getattr(namespace(space), short)


def runtime_type(cls: Any) -> Any:
    """The System.Type of a .NET class."""
    return clr().GetClrType(cls)


@cache
def _object() -> Any:
    return net("System.Object")


def is_net(value: object) -> bool:
    """Whether a value is a .NET object."""
    return isinstance(value, _object())


@cache
def _object_array() -> Any:
    system = namespace("System")
    return system.Array[system.Object]


def object_array(items: list[Any]) -> Any:
    """An Object[] of .NET values."""
    return _object_array()(items)


@cache
def invariant() -> Any:
    """The invariant culture."""
    return net("System.Globalization.CultureInfo").InvariantCulture


def enum_value(kind: Any, value: int) -> Any:
    """A value of the enumeration whose System.Type is `kind`."""
    system = namespace("System")
    boxed = system.UInt64(value) if value >= 1 << 63 else system.Int64(value)
    return system.Enum.ToObject(kind, boxed)


_power_shell = False


def look_for_power_shell() -> None:
    """Take note of a System.Management.Automation that a host has loaded."""
    for assembly in namespace("System").AppDomain.CurrentDomain.GetAssemblies():
        if assembly.GetName().Name == "System.Management.Automation":
            note_power_shell()


def note_power_shell() -> None:
    """System.Management.Automation is loaded: its classes are to be had from now on."""
    global _power_shell
    add_reference("System.Management.Automation")
    _power_shell = True


def has_power_shell() -> bool:
    """Whether System.Management.Automation is loaded."""
    return _power_shell


def power_shell_type(name: str) -> Any:
    """A class of System.Management.Automation; None while that is not loaded."""
    return net(f"System.Management.Automation.{name}") if _power_shell else None


@cache
def _enumerable() -> tuple[Any, Any]:
    linq = net("System.Linq.Enumerable")
    every = namespace("System").Object
    return linq.Cast[every], linq.ToArray[every]


def items_of(collection: Any) -> Any:
    """The items of any IEnumerable as an Object[]."""
    cast, to_array = _enumerable()
    return to_array(cast(collection))


def as_table(expando: Any) -> Any:
    """An ExpandoObject by the interface that has its keys and values."""
    system = namespace("System")
    return namespace("System.Collections.Generic").IDictionary[system.String, system.Object](expando)


@cache
def unset_mark() -> Any:
    """What an unset property holds in PowerShell: AutomationNull."""
    return net("System.Management.Automation.Internal.AutomationNull").Value


def note_object(type_name: str, members: dict[str, Any]) -> Any:
    """A [pscustomobject] with a type name, where one is given, and these properties, in order."""
    made = power_shell_type("PSObject")()
    if type_name:
        made.TypeNames.Insert(0, type_name)
    note = power_shell_type("PSNoteProperty")
    add = made.Properties.Add
    for name, value in members.items():
        add(note(name, value))
    return made


def copy_of(template: Any) -> tuple[Any, Any]:
    """A copy of a note object, and a function (name, value) that sets one of its properties."""
    made = template.Copy()
    properties = made.Properties

    def put(name: str, value: Any) -> None:
        properties[name].Value = value

    return made, put


def add_property(target: Any, one: Any) -> None:
    """Give a note object a property: one that is made, or an empty one of this name."""
    target.Properties.Add(power_shell_type("PSNoteProperty")(one, None) if isinstance(one, str) else one)


def add_set(target: Any, members: Iterable[str]) -> None:
    """Give a note object the member set PSBridge, which says what was ever set in it."""
    said = power_shell_type("PSNoteProperty")("Set", "".join(f"{name} " for name in members))
    held = namespace("System").Array[power_shell_type("PSMemberInfo")]([said])
    target.Members.Add(power_shell_type("PSMemberSet")("PSBridge", held))


def add_more(target: Any, more: Any) -> None:
    """Put into an object's member set PSBridge the members that it cannot have beside its own."""
    target.Members["PSBridge"].Members.Add(power_shell_type("PSNoteProperty")("More", more))


def unset_properties(names: list[str]) -> dict[str, Any]:
    """The properties that members are while they are unset, by name, as the module's function makes them."""
    script = net("System.Management.Automation.ScriptBlock").Create("param($names) Get-BridgeUnset $names")
    system = namespace("System")
    listed = system.Array[system.String](names)
    table = script.InvokeReturnAsIs(system.Array[system.Object]([listed]))
    table = getattr(table, "BaseObject", table)
    return {name: table[name] for name in names}


def add_note(target: Any, name: str, value: Any) -> None:
    """Give any .NET object a note property that PowerShell sees."""
    power_shell_type("PSObject").AsPSObject(target).Properties.Add(
        power_shell_type("PSNoteProperty")(name, value)
    )


def note_of(target: Any, name: str) -> Any:
    """The value of a property that PowerShell sees on any .NET object; None where it has none."""
    if target is None:
        return None
    held = power_shell_type("PSObject").AsPSObject(target).Properties[name]
    return held.Value if held is not None else None


def load_power_shell(home: str, assembly: str) -> None:
    """Load System.Management.Automation from $PSHOME; its modules are then found there, too."""
    add_reference(assembly)
    context = net("System.Management.Automation.PowerShellAssemblyLoadContextInitializer")
    context.SetPowerShellAssemblyLoadContext(home)
    note_power_shell()


def begin_invoke(shell: Any, given: Any, output: Any) -> Any:
    """Start a PowerShell on its own thread."""
    return shell.BeginInvoke[namespace("System").Object, power_shell_type("PSObject")](given, output)


def end_invoke(shell: Any, begun: Any) -> Any:
    """The ErrorRecord a PowerShell ended with, or None."""
    try:
        shell.EndInvoke(begun)
    except namespace("System").Exception as error:
        record = getattr(error, "ErrorRecord", None)
        if record is not None:
            return record
        category = power_shell_type("ErrorCategory").NotSpecified
        return power_shell_type("ErrorRecord")(error, type(error).__name__, category, None)
    return None
