"""The one table of settings: what each is called, whether it holds a secret, and where else it may come from.

Everything that goes through all settings goes through here: checks, what is shown, pickled and masked, the
configuration cmdlets, profiles. Knows nothing of values.
"""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    """A setting.

    Attributes:
        name: what `Configuration` calls it.
        parameter: what the cmdlets, errors and profiles call it.
        kind: what it holds, and so how it is checked; see `checks`.
        secret: it holds a secret, or a table that may hold one: never shown, never in a profile.
        environment: the variables it comes from where it is not set, the first that is there.
        cmdlet: `Set-Configuration` has it as a parameter.
    """

    name: str
    parameter: str
    kind: str = "text"
    secret: bool = False
    environment: tuple[str, ...] = ()
    cmdlet: bool = True


SETTINGS = (
    Setting("username", "Username"),
    Setting("cookie", "Cookie", "secret", secret=True),
    Setting("access_token", "AccessToken", "key", True, ("OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN")),
    Setting("base_url", "BaseUrl", "url", environment=("OPENAI_BASE_URL",)),
    Setting("skip_certificate_check", "SkipCertificateCheck", "flag"),
    Setting("api_key", "ApiKey", "keys", True, ("AZURE_OPENAI_API_KEY",)),
    Setting("proxy", "Proxy", "proxy"),
    Setting("default_headers", "DefaultHeaders", "headers"),
    Setting("password", "Password", "secret", secret=True),
    Setting("api_key_prefix", "ApiKeyPrefix", "table"),
    Setting("organization", "Organization", "header", environment=("OPENAI_ORG_ID",)),
    Setting("project", "Project", "header", environment=("OPENAI_PROJECT_ID",)),
    Setting("model", "Model"),
    Setting("timeout", "TimeoutSec", "seconds"),
    Setting("max_retries", "MaxRetryCount", "count"),
    Setting("connect_timeout", "ConnectTimeoutSec", "seconds"),
    Setting("idle_timeout", "IdleTimeoutSec", "seconds"),
    Setting("azure_endpoint", "AzureEndpoint", "url", environment=("AZURE_OPENAI_ENDPOINT",)),
    Setting("azure_deployment", "AzureDeployment", environment=("AZURE_OPENAI_DEPLOYMENT",)),
    Setting("api_version", "ApiVersion", environment=("OPENAI_API_VERSION",)),
    Setting("ca_bundle", "CaBundle", "issuers"),
    Setting("system_trust_store", "SystemTrustStore", "flag"),
    Setting("client_certificate", "ClientCertificate", "certificate"),
    Setting("http_signing", "HttpSigning", "signing", secret=True, cmdlet=False),
    Setting("additional_query", "AdditionalQuery", "table", cmdlet=False),
    Setting("additional_body", "AdditionalBody", "table", cmdlet=False),
    Setting("max_response_bytes", "MaxResponseBytes", "size", cmdlet=False),
    Setting("max_event_bytes", "MaxEventBytes", "size", cmdlet=False),
    Setting("log_bodies", "LogBodies", "flag", cmdlet=False),
    Setting("transport", "Transport", "transport", cmdlet=False),
)
"""In the order the reference shows them, newer ones after."""

BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_PARAMETER = {setting.parameter.lower(): setting for setting in SETTINGS}

SECRET_VARIABLES = frozenset(
    variable for setting in SETTINGS if setting.secret for variable in setting.environment
)
VARIABLES = tuple(variable for setting in SETTINGS for variable in setting.environment)
SETTING_OF = {variable: setting for setting in SETTINGS for variable in setting.environment}


def nearest(name: str, known: tuple[str, ...]) -> str:
    """`Did you mean ...?` for a name that is not known, with a blank before it; empty where none is near."""
    from difflib import get_close_matches

    folded = {one.lower().replace("_", ""): one for one in known}
    close = get_close_matches(name.lower().replace("_", "").replace("-", ""), folded, n=1, cutoff=0.6)
    return f" Did you mean {folded[close[0]]}?" if close else ""
