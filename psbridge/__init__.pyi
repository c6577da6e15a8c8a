# What `import psbridge` offers, as type checkers and editors see it; at run time it loads on first use.

from .binding import ParameterBindingError as ParameterBindingError
from .binding import PSCustomObject as PSCustomObject
from .binding import SecureString as SecureString
from .chat.errors import AnswerCutOffError as AnswerCutOffError
from .chat.errors import AnswerError as AnswerError
from .chat.errors import AnswerFilteredError as AnswerFilteredError
from .chat.errors import AnswerInvalidError as AnswerInvalidError
from .chat.errors import AnswerRefusedError as AnswerRefusedError
from .chat.session import ChatSession as ChatSession
from .chat.tools import Tool as Tool
from .chat.tools import tool as tool
from .chatapi import ApiException as ApiException
from .chatapi import ApiResponse as ApiResponse
from .chatapi import BearerToken as BearerToken
from .chatapi import CircuitOpenError as CircuitOpenError
from .chatapi import RateLimitProvider as RateLimitProvider
from .chatapi import TokenContainer as TokenContainer
from .chatapi import TokenProvider as TokenProvider
from .client.errors import ClientError as ClientError
from .client.settings.configuration import Configuration as Configuration
from .client.settings.configuration import use_configuration as use_configuration
from .cmdlets.chatapi import ApiFactory as ApiFactory
from .cmdlets.chatapi import ChatApi as ChatApi
from .cmdlets.chatapi import ClientUtils as ClientUtils
from .cmdlets.chatapi import ConfigureApi as ConfigureApi
from .cmdlets.chatapi import Option as Option
from .cmdlets.chatapi import configure_api as configure_api
from .cmdlets.connections import ChatConnection as ChatConnection
from .cmdlets.functions import *  # noqa: F403 - every cmdlet, by design
from .cmdlets.table import CommandNotFoundError as CommandNotFoundError
from .cmdlets.unset import UNSET as UNSET
from .cmdlets.warning import PSBridgeWarning as PSBridgeWarning
from .errors import PSBridgeError as PSBridgeError
from .models.problems import InvalidValueError as InvalidValueError
from .offline import OfflineServer as OfflineServer
from .runs.run import AsyncRun as AsyncRun
from .runs.run import Run as Run

__version__: str
