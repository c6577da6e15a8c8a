"""The .NET members that scripts use, from one table: constructors, statics, properties and methods.

A module of this package describes a group of types and is loaded when a script first names one of them. Knows
values and conversions, nothing of the interpreter; a delegate is anything that can be called.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from psbridge.binding.nettypes import NetType

from .overloads import NetClass

# Which module describes which types; names in full, without generic arguments.
_MODULES = {
    "text": "System.String System.Char System.Object",
    "enums": "System.Enum",
    "builders": "System.Text.StringBuilder",
    "culture": "System.StringComparer System.Globalization.CultureInfo System.Globalization.TextInfo "
    "System.Globalization.NumberFormatInfo System.Globalization.DateTimeFormatInfo",
    "numbers": "System.Math System.Int32 System.Int64 System.Double System.Decimal System.Single "
    "System.Byte System.SByte System.Int16 System.UInt16 System.UInt32 System.UInt64 "
    "System.Boolean System.Numerics.BigInteger",
    "conversions": "System.Convert System.BitConverter",
    "chance": "System.Random",
    "dates": "System.DateTime System.TimeSpan",
    "daytimes": "System.DateOnly System.TimeOnly",
    "moments": "System.DateTimeOffset System.TimeZoneInfo System.Diagnostics.Stopwatch",
    "lists": "System.Array System.Collections.ArrayList System.Collections.Generic.List`1 "
    "System.Collections.ObjectModel.Collection`1 "
    "System.Collections.ObjectModel.ReadOnlyCollection`1 "
    "System.Collections.Concurrent.ConcurrentBag`1 "
    "System.Collections.ArrayList+ArrayListEnumeratorSimple",
    "queues": "System.Collections.Generic.Queue`1 System.Collections.Generic.Stack`1 "
    "System.Collections.Queue System.Collections.Stack System.Collections.Concurrent.ConcurrentQueue`1 "
    "System.Collections.Generic.LinkedList`1",
    "sets": "System.Collections.Generic.HashSet`1 System.Collections.Generic.SortedSet`1",
    "psmembers": "System.Management.Automation.PSNoteProperty System.Management.Automation.PSScriptProperty "
    "System.Management.Automation.PSScriptMethod System.Management.Automation.PSAliasProperty "
    "System.Management.Automation.SwitchParameter",
    "tuples": "System.Tuple System.ValueTuple System.Linq.Enumerable",
    "tables": "System.Collections.Hashtable System.Collections.Specialized.OrderedDictionary "
    "System.Collections.Generic.Dictionary`2 System.Collections.Generic.SortedDictionary`2 "
    "System.Collections.Generic.SortedList`2 System.Collections.Concurrent.ConcurrentDictionary`2 "
    "System.Collections.Generic.KeyValuePair`2 System.Collections.DictionaryEntry "
    "System.Management.Automation.OrderedHashtable System.Collections.SortedList",
    "regex": "System.Text.RegularExpressions.Regex System.Text.RegularExpressions.Match "
    "System.Text.RegularExpressions.Group System.Text.RegularExpressions.Capture "
    "System.Text.RegularExpressions.MatchCollection System.Text.RegularExpressions.GroupCollection",
    "files": "System.IO.File System.IO.Directory System.IO.FileInfo System.IO.DirectoryInfo",
    "paths": "System.IO.Path",
    "streams": "System.IO.StreamReader System.IO.StreamWriter System.IO.StringReader System.IO.StringWriter "
    "System.IO.FileStream System.IO.MemoryStream",
    "system": "System.Environment System.Console System.GC System.Activator System.DBNull System.Type "
    "System.RuntimeType System.Threading.Thread System.Diagnostics.Process System.AppDomain "
    "System.Runtime.InteropServices.RuntimeInformation System.Net.Dns "
    "System.Management.Automation.Internal.AutomationNull "
    "System.Management.Automation.WildcardPattern "
    "System.Management.Automation.Language.NullString "
    "System.Management.Automation.Language.CodeGeneration System.IO.TextWriter+SyncTextWriter "
    "System.IO.TextReader+SyncTextReader System.Net.ServicePointManager",
    "secrets": "System.Runtime.InteropServices.Marshal System.Net.NetworkCredential "
    "System.Management.Automation.PSCredential System.Security.SecureString "
    "System.Net.Mail.MailAddress System.Net.IPAddress",
    "identity": "System.Guid System.Uri System.UriBuilder System.Version "
    "System.Management.Automation.SemanticVersion",
    "encoding": "System.Text.Encoding System.Text.UTF8Encoding System.Text.ASCIIEncoding "
    "System.Text.UnicodeEncoding System.Net.WebUtility System.Web.HttpUtility "
    "System.Security.Cryptography.SHA256 System.Security.Cryptography.SHA1 System.Security.Cryptography.MD5 "
    "System.Security.Cryptography.SHA512 System.Security.Cryptography.SHA384 "
    "System.Security.Cryptography.HMACSHA256 System.Security.Cryptography.HMACSHA1 "
    "System.Security.Cryptography.RandomNumberGenerator System.Security.Cryptography.HashAlgorithm",
    "documents": "System.Xml.XmlDocument System.Xml.XmlElement System.Text.Json.JsonSerializer "
    "System.Management.Automation.PSSerializer",
    "errors": "System.Exception System.Management.Automation.ErrorRecord "
    "System.Management.Automation.ErrorDetails",
    "script": "System.Management.Automation.ScriptBlock",
}
_HOMES = {full.lower(): (module, full) for module, names in _MODULES.items() for full in names.split()}
_CLASSES: dict[str, NetClass] = {}


_HOLDERS = "System.Collections."


def net_class(full_name: str) -> NetClass | None:
    """What is known of the type of this full name (in any case); None when nothing is."""
    key = full_name.partition("[")[0].lower()
    known = _CLASSES.get(key)
    if known is None:
        home = _HOMES.get(key)
        if home is None:
            return None
        import_module(f"{__name__}.{home[0]}")
        known = _CLASSES.get(key)
    return known


def register(net_class_: NetClass) -> NetClass:
    """Put a description into the table; the modules of this package do so as they load."""
    _CLASSES[net_class_.full_name.lower()] = net_class_
    net_class_.type.construct = partial(constructed, type_=net_class_.type)
    return net_class_


def describe(full_name: str, type_: NetType | None = None, parent: str | None = None) -> NetClass:
    """A new, empty description in the table."""
    return register(NetClass(full_name, type_, parent))


def constructed(value: Any, type_: NetType) -> Any:
    """A value given to a constructor that takes it, where PowerShell knows no other way; None without one.

    What holds elements is not made of one value so: its constructors take a capacity.
    """
    if type_.is_value or type_.is_array or type_.rule is not None or type_.full_name.startswith(_HOLDERS):
        return None
    described = net_class(type_.full_name)
    wanted = "(string" if isinstance(value, str) else "(int" if type(value) is int else ""
    if not wanted or described is None:
        return None
    for text, make in described.constructors.items():
        if text.startswith(wanted) and "," not in text:
            return make(value)
    return None


def described_type(folded: str) -> NetType | None:
    """The type of a name in lower case, with or without `System.`, when the table describes it."""
    for candidate in (folded, f"system.{folded}"):
        if candidate in _HOMES:
            known = net_class(candidate)
            if known is not None:
                return known.type
    return None


def class_of(value: Any) -> NetClass | None:
    """The description of a value's type."""
    from psbridge.script.semantics.types import type_of

    own: Any = type_of(value)
    while own is not None:
        known = net_class("System.Array" if own.is_array else own.full_name)
        if known is not None:
            return known
        own = own.parent
    return None


__all__ = ["NetClass", "class_of", "constructed", "describe", "described_type", "net_class", "register"]
