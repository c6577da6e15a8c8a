"""The texts of PowerShell 7.6's binding, conversion and validation errors, as format strings.

One home for them all; `str.format` fills them in. They are data: what a script matches on, or a person
searches for.
"""

from typing import Final

# Names, positions and sets
NAMED_NOT_FOUND: Final = "A parameter cannot be found that matches parameter name '{}'."
POSITIONAL_NOT_FOUND: Final = "A positional parameter cannot be found that accepts argument '{}'."
MISSING_ARGUMENT: Final = (
    "Missing an argument for parameter '{}'. Specify a parameter of type '{}' and try again."
)
AMBIGUOUS_NAME: Final = (
    "Parameter cannot be processed because the parameter name '{}' is ambiguous. Possible matches include:{}."
)
AMBIGUOUS_POSITION: Final = "Cannot bind positional parameters because no names were given."
AMBIGUOUS_SET: Final = (
    "Parameter set cannot be resolved using the specified named parameters. One or more parameters "
    "issued cannot be used together or an insufficient number of parameters were provided."
)
ALREADY_BOUND: Final = (
    "Cannot bind parameter because parameter '{}' is specified more than once. To provide multiple "
    "values to parameters that can accept multiple values, use the array syntax. For example, "
    '"-parameter value1,value2,value3".'
)
MISSING_MANDATORY: Final = "Cannot process command because of one or more missing mandatory parameters:{}."

# Script blocks and input objects
SCRIPT_NO_INPUT: Final = (
    "Cannot evaluate parameter '{}' because its argument is specified as a script block and there is "
    "no input. A script block cannot be evaluated without input."
)
SCRIPT_FAILED: Final = "The input to the script block for parameter '{}' failed. {}"
SCRIPT_NO_OUTPUT: Final = (
    "Cannot evaluate parameter '{}' because its argument input did not produce any output."
)
INPUT_NOT_BOUND: Final = (
    "The input object cannot be bound to any parameters for the command either because the command "
    "does not take pipeline input or the input and its properties do not match any of the parameters "
    "that take pipeline input."
)
INPUT_MISSING_MANDATORY: Final = (
    "The input object cannot be bound because it did not contain the information required to bind all "
    "mandatory parameters: {}"
)

# One value to one parameter
TRANSFORMATION: Final = "Cannot process argument transformation on parameter '{}'. {}"
VALIDATION: Final = "Cannot validate argument on parameter '{}'. {}"
NOT_ALLOWED: Final = "Cannot bind argument to parameter '{}' because it is {}."
CANNOT_BIND: Final = "Cannot bind parameter '{}'. {}"
CANNOT_CONVERT_ARGUMENT: Final = "Cannot convert '{}' to the type '{}' required by parameter '{}'. {}"
NOT_SUPPORTED: Final = "Specified method is not supported."
BINDING_FAILED: Final = "Cannot bind parameter '{}' to the target. {}"
SETTING: Final = 'Exception setting "{}": "{}"'

# Conversion
INVALID_CAST: Final = 'Cannot convert the "{}" value of type "{}" to type "{}".'
INVALID_CAST_HIDDEN: Final = 'Cannot convert the value of type "{}" to type "{}".'
INVALID_CAST_INNER: Final = 'Cannot convert value "{}" to type "{}". Error: "{}"'
NULL_REFUSED: Final = 'Cannot convert null to type "{}".'
NULL_TO_ENUM: Final = (
    'Cannot convert null to type "{}" due to enumeration values that are not valid. Specify one of the '
    'following enumeration values and try again. The possible enumeration values are "{}".'
)
NOT_A_STRING: Final = "Cannot convert value to type System.String."
NOT_A_BOOLEAN: Final = (
    'Cannot convert value "{}" to type "{}". Boolean parameters accept only Boolean values and '
    "numbers, such as $True, $False, 1 or 0."
)
NO_SUCH_MEMBER: Final = (
    'Cannot convert value "{}" to type "{}" due to enumeration values that are not valid. Specify one '
    'of the following enumeration values and try again. The possible enumeration values are "{}".'
)
MEMBER_AMBIGUOUS: Final = (
    "The identifier name {} cannot be processed because it is either too similar or identical to the "
    "following enumerator names: {}. Use a more specific identifier name."
)
MEMBER_UNKNOWN: Final = (
    "Unable to match the identifier name {} to a valid enumerator name. Specify one of the following "
    "enumerator names and try again:\n{}"
)

# .NET's own
BAD_NUMBER: Final = "The input string '{}' was not in a correct format."
OUT_OF_RANGE: Final = "Value was either too large or too small for {}."
ARITHMETIC: Final = "Arithmetic operation resulted in an overflow."
NO_DIGITS: Final = "Could not find any recognizable digits."
MORE_THAN_DIGITS: Final = "Additional non-parsable characters are at the end of the string."
INDEX: Final = (
    "Specified argument was out of the range of valid values. (Parameter 'Index was out of range. "
    "Must be non-negative and less than the size of the collection.')"
)
NOT_ONE_CHARACTER: Final = "String must be exactly one character long."
NET_INVALID_CAST: Final = "Invalid cast from '{}' to '{}'."
TICKS: Final = (
    "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks. (Parameter 'ticks')"
)

BAD_DATE: Final = "String '{}' was not recognized as a valid DateTime."
UNKNOWN_WORD: Final = (
    "The string '{}' was not recognized as a valid DateTime. There is an unknown word starting at index '{}'."
)
NO_SUCH_TIME: Final = (
    "The DateTime represented by the string '{}' is not supported in calendar "
    "'System.Globalization.GregorianCalendar'."
)
BAD_SPAN: Final = "String '{}' was not recognized as a valid TimeSpan."
SPAN_OUT_OF_RANGE: Final = (
    "The TimeSpan string '{}' could not be parsed because at least one of the numeric components is out "
    "of range or contains too many digits."
)
CANNOT_CREATE: Final = (
    "Cannot create object of type \"{0}\". The property '{1}' was not found for the '{0}' object. {2}"
)
NOTHING_SETTABLE: Final = "There is no settable property available."
ENUM_SETTABLE: Final = "The settable properties are: [value__ <System.Int32>]."
NULL_OBJ: Final = (
    'Cannot process argument because the value of argument "obj" is null. Change the value of argument '
    '"obj" to a non-null value.'
)
VERSION_LENGTH: Final = "Version string portion was too short or too long. (Parameter 'input')"
BAD_GUID: Final = "Unrecognized Guid format."
GUID_LENGTH: Final = "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
GUID_HYPHENS: Final = "Dashes are in the wrong position for GUID parsing."
GUID_DIGITS: Final = "Guid string should only contain hexadecimal characters."
BAD_PATTERN: Final = "Invalid pattern '{}' at offset {}. {}"
DOS_PATH: Final = "Invalid URI: A Dos path must be rooted, for example, 'c:\\\\'."
URI_EMPTY_HOST: Final = "Invalid URI: The hostname could not be parsed."
URI_PORT: Final = "Invalid URI: Invalid port specified."
SUSPEND: Final = (
    "The Suspend ActionPreference value is reserved for future use and is not supported at this time. For "
    'more information about preference variables, see the Help topic, "about_Preference_Variables."'
)

# The Validate attributes
NULL: Final = (
    "The argument is null. Provide a valid value for the argument, and then try running the command again."
)
NULL_ELEMENT: Final = (
    "The argument has a null value, or an element of the argument collection contains a null value. "
    "Provide a collection that does not contain any null values, and then try the command again."
)
NULL_OR_EMPTY: Final = (
    "The argument is null or empty. Provide an argument that is not null or empty, and then try the "
    "command again."
)
EMPTY_COLLECTION: Final = (
    "The argument is null, empty, or an element of the argument collection contains a null value. "
    "Supply a collection that does not contain any null values and then try the command again."
)
WHITE_SPACE: Final = (
    "The argument is null, empty, or consists of only white-space characters. Provide an argument that "
    "contains non white-space characters, and then try the command again."
)
WHITE_SPACE_ELEMENT: Final = (
    "An element of the argument collection is null, empty, or consists of only white-space characters. "
    "Supply a collection that does not contain any those values and then try the command again."
)
NOT_IN_SET: Final = (
    'The argument "{}" does not belong to the set "{}" specified by the ValidateSet attribute. Supply '
    "an argument that is in the set and then try the command again."
)
NOT_TEXT: Final = (
    "The ValidateLength attribute cannot be applied to a parameter that is not a string or string[] "
    "parameter. Make the parameter a string or string[] parameter."
)
TOO_SHORT: Final = (
    "The character length ({}) of the argument is too short. Specify an argument with a length that is "
    'greater than or equal to "{}", and then try the command again.'
)
TOO_LONG: Final = (
    "The character length of the {} argument is too long. Shorten the character length of the argument "
    'so it is fewer than or equal to "{}" characters, and then try the command again.'
)
NOT_A_LIST: Final = (
    "The ValidateCount attribute cannot be applied to a non-array parameter. Either remove the "
    "attribute from the parameter or make the parameter an array parameter."
)
NOT_EXACTLY: Final = "The parameter requires exactly {} value(s) - {} value(s) were provided."
NOT_BETWEEN: Final = (
    "The parameter requires at least {} value(s) and no more than {} value(s) - {} value(s) were provided."
)
NO_MATCH: Final = (
    'The argument "{0}" does not match the "{1}" pattern. Supply an argument that matches "{1}" and try '
    "the command again."
)
SCRIPT_REFUSED: Final = (
    'The "{1}" validation script for the argument with value "{0}" did not return a result of True. '
    "Determine why the validation script failed, and then try the command again."
)
TOO_SMALL: Final = (
    "The {0} argument is less than the minimum allowed range of {1}. Supply an argument that is greater "
    "than or equal to {1} and then try the command again."
)
TOO_LARGE: Final = (
    "The {0} argument is greater than the maximum allowed range of {1}. Supply an argument that is less "
    "than or equal to {1} and then try the command again."
)
WRONG_KIND: Final = 'The argument "{}" cannot be validated because its value is not {}.'
WRONG_TYPE: Final = (
    'The argument cannot be validated because its type "{0}" is not the same type ({1}) as the maximum '
    "and minimum limits of the parameter. Make sure the argument is of type {1} and then try the "
    "command again."
)
EMPTY_VARIABLE: Final = (
    'Cannot process argument because the value of argument "path" is not valid. Change the value of the '
    '"path" argument and run the operation again.'
)
NOT_A_VARIABLE: Final = "Cannot validate argument '{}' because it is not a valid variable name."

# Types and attributes that few parameters have
READ_ONLY: Final = 'Cannot create object of type "{}". "{}" is a ReadOnly property.'
EMPTY_ARGUMENT: Final = "The value cannot be an empty string. (Parameter '{}')"
BAD_OFFSET: Final = "The time zone offset of string '{}' must be within plus or minus 14 hours."
ATTRIBUTE_FAILED: Final = 'The following exception occurred while constructing the attribute "{}": "{}"'
ARGUMENT_RANGE: Final = (
    'Cannot process argument because the value of argument "{0}" is out of range. Change argument "{0}" to a '
    "value that is within range. (Parameter '{0}')\nActual value was {1}."
)
NO_CULTURE: Final = "Culture is not supported. (Parameter '{}')\n{} is an invalid culture identifier."
AT_MOST: Final = "{0} ('{1}') must be less than or equal to '{2}'. (Parameter '{0}')\nActual value was {1}."
NOT_NEGATIVE: Final = "{0} ('{1}') must be a non-negative value. (Parameter '{0}')\nActual value was {1}."
INVALID_ARGUMENT: Final = (
    'Cannot process argument because the value of argument "{0}" is not valid. Change the value of the "{0}" '
    "argument and run the operation again."
)
XML_TOKEN: Final = "'{}' is an unexpected token. The expected token is '\"' or '''. Line {}, position {}."
