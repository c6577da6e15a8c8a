# What `import psbridge` offers, as type checkers and editors see it; at run time it loads on first use.

from .binding import ParameterBindingError as ParameterBindingError
from .binding import PSCustomObject as PSCustomObject
from .binding import SecureString as SecureString
from .client.configuration import Configuration as Configuration
from .client.configuration import use_configuration as use_configuration
from .client.errors import ClientError as ClientError
from .cmdlets.functions import *  # noqa: F403 - every cmdlet, by design
from .cmdlets.table import CommandNotFoundError as CommandNotFoundError
from .cmdlets.unset import UNSET as UNSET
from .cmdlets.warning import PSBridgeWarning as PSBridgeWarning
from .errors import PSBridgeError as PSBridgeError
from .models.problems import InvalidValueError as InvalidValueError
from .offline import OfflineServer as OfflineServer

__version__: str
