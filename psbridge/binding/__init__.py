"""PowerShell's parameter binding and value conversion, for any cmdlet.

Knows nothing of HTTP or OpenAI. A `Command` has `Parameter`s; `Command.bind_call` binds a Python call,
`Command.bind` a script's tokens, `Command.pipe_call` and `Command.pipe` input objects too. What is wrong with
a call is a `ParameterBindingError` with PowerShell's id, category and message.
"""

from psbridge.binding.arguments import MISSING, Argument
from psbridge.binding.command import Binding, Command
from psbridge.binding.conversion import convert, is_true, transform
from psbridge.binding.errors import (
    InvalidCast,
    ParameterBindingError,
    ParameterBindingTransformationError,
    ParameterBindingValidationError,
    ValidationFailure,
)
from psbridge.binding.nettypes import ActionPreference, DayOfWeek, NetType, enum_type, net_type
from psbridge.binding.objects import (
    bag_of,
    is_script_block,
    register_adapter,
    register_property_bag,
    type_of,
)
from psbridge.binding.parameters import ALL_SETS, Parameter, SetOptions
from psbridge.binding.properties import property_of
from psbridge.binding.text import net_text, to_text
from psbridge.binding.validation import (
    ValidateCount,
    ValidateLength,
    ValidateNotNull,
    ValidateNotNullOrEmpty,
    ValidateNotNullOrWhiteSpace,
    ValidatePattern,
    ValidateRange,
    ValidateScript,
    ValidateSet,
    Validator,
)
from psbridge.binding.values import (
    Byte,
    Char,
    Int16,
    Int64,
    Literal,
    ObjectList,
    OrderedDictionary,
    PSCustomObject,
    SByte,
    ScriptBlock,
    SecureString,
    Single,
    Switch,
    UInt16,
    UInt32,
    UInt64,
    Uri,
    Version,
)

__all__ = [
    "ALL_SETS",
    "MISSING",
    "ActionPreference",
    "Argument",
    "Binding",
    "Byte",
    "Char",
    "Command",
    "DayOfWeek",
    "Int16",
    "Int64",
    "InvalidCast",
    "Literal",
    "NetType",
    "ObjectList",
    "OrderedDictionary",
    "PSCustomObject",
    "Parameter",
    "ParameterBindingError",
    "ParameterBindingTransformationError",
    "ParameterBindingValidationError",
    "SByte",
    "ScriptBlock",
    "SecureString",
    "SetOptions",
    "Single",
    "Switch",
    "UInt16",
    "UInt32",
    "UInt64",
    "Uri",
    "ValidateCount",
    "ValidateLength",
    "ValidateNotNull",
    "ValidateNotNullOrEmpty",
    "ValidateNotNullOrWhiteSpace",
    "ValidatePattern",
    "ValidateRange",
    "ValidateScript",
    "ValidateSet",
    "ValidationFailure",
    "Validator",
    "Version",
    "bag_of",
    "convert",
    "enum_type",
    "is_script_block",
    "is_true",
    "net_text",
    "net_type",
    "property_of",
    "register_adapter",
    "register_property_bag",
    "to_text",
    "transform",
    "type_of",
]
