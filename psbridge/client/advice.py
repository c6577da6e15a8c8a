"""What a user can do about a failed call: the one table that every interface's hint comes from.

PowerShell shows it as a record's recommendation, Python as a note of the exception, the command line behind
the sentence. Knows the names of the errors' classes and codes, and nothing of how a call is made.
"""

from __future__ import annotations

from collections.abc import Mapping

_MODEL = (
    "Check the model's name, and that the key may use it: Invoke-ListModels lists those that it may. "
    "On Azure the model is the deployment's name."
)

# By class, and by class and the service's code, which goes first.
_ADVICE: Mapping[str | tuple[str, str], str] = {
    "AuthenticationError": (
        "Check the key: AccessToken of Set-Configuration, else the variable OPENAI_API_KEY; "
        "a key of Azure's goes into ApiKey. It must be one of the server that BaseUrl names, and not revoked."
    ),
    "PermissionDeniedError": (
        "Check what the key may do: its project, its permissions, the models it may use, "
        "and whether the service is offered from where the call comes."
    ),
    "NotFoundError": (
        "Check the id or the model that was asked for, and BaseUrl of Set-Configuration, "
        "which for most servers ends in /v1."
    ),
    ("NotFoundError", "model_not_found"): _MODEL,
    ("BadRequestError", "model_not_found"): _MODEL,
    ("PermissionDeniedError", "model_not_found"): _MODEL,
    ("NotFoundError", "DeploymentNotFound"): (
        "Check AzureDeployment and AzureEndpoint of Set-Configuration; "
        "a new deployment takes some minutes until it answers."
    ),
    ("BadRequestError", "context_length_exceeded"): (
        "Shorten the messages, ask for fewer tokens, or take a model with a longer context."
    ),
    "ContentFilterError": "Word the request differently: the service's filter refused it.",
    "RateLimitError": (
        "Wait as long as the service says and call again; of many calls send fewer at once, "
        "by ThrottleLimit, RequestsPerMinute or TokensPerMinute. "
        "MaxRetryCount waits by itself, within TimeoutSec."
    ),
    "QuotaError": "Add credit or raise the limit in the account's billing settings; waiting does not help.",
    "ServerError": (
        "Call again later, and look whether the service reports a disturbance; "
        "MaxRetryCount tries more often by itself. Its support wants the request id."
    ),
    "ConnectionFailedError": (
        "Check that the server runs and that BaseUrl of Set-Configuration names its host and port; "
        "`psbridge doctor` tries it."
    ),
    "TlsError": (
        "Name the authority that the server's certificate comes from with CaBundle, or use SystemTrustStore; "
        "check this machine's clock, and that BaseUrl is the address that the certificate is for."
    ),
    "ProxyFailedError": (
        "Check Proxy of Set-Configuration with its user and password, else HTTPS_PROXY and HTTP_PROXY; "
        "NO_PROXY names hosts that are called without it."
    ),
    "ConnectTimeoutError": (
        "Check that BaseUrl of Set-Configuration can be reached from here, by a proxy where one is needed; "
        "ConnectTimeoutSec allows more time."
    ),
    "IdleTimeoutError": (
        "Allow a longer silence by IdleTimeoutSec, or use a stream, which answers bit by bit."
    ),
    "DeadlineError": "Allow more time by TimeoutSec, or ask for less at once.",
    "TruncatedStreamError": (
        "Call again; what had arrived is in the error. A proxy that cuts long replies can be why."
    ),
    "RedirectError": "Set BaseUrl of Set-Configuration to the address that the server names.",
}


def advice(kind: type, code: str | None) -> str | None:
    """What to do about an error of this class whose code the service gave; None where nothing is known."""
    for ancestor in kind.__mro__:
        told = _ADVICE.get((ancestor.__name__, code or "")) or _ADVICE.get(ancestor.__name__)
        if told is not None:
            return told
    return None
