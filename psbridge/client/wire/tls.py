"""TLS settings: one context per set of settings, shared by every connection, since building one costs
milliseconds.

Knows nothing of HTTP. Host names and issuers are checked unless a configuration says otherwise, which
warns.
"""

from __future__ import annotations

import logging
import os
import ssl
import warnings
from pathlib import Path
from typing import Any

from ...forks import new_lock
from ..errors import ConfigurationError
from ..settings.configuration import Configuration
from ..settings.secret import Secret

_lock = new_lock()
_contexts: dict[tuple[Any, ...], ssl.SSLContext] = {}


class CertificateCheckSkippedWarning(UserWarning):
    """Certificates are not checked, so anyone on the way can read the key and change the answers."""


def tls_key(configuration: Configuration) -> tuple[Any, ...]:
    """What tells one TLS context from another."""
    return (
        configuration.skip_certificate_check,
        configuration.system_trust_store,
        configuration.ca_bundle,
        configuration.client_certificate,
        os.environ.get("SSL_CERT_FILE") or None,
        os.environ.get("SSL_CERT_DIR") or None,
    )


def tls_context(configuration: Configuration) -> ssl.SSLContext:
    """The shared context for these settings.

    Raises:
        ConfigurationError: a certificate file cannot be read, or the trust store's package is missing.
    """
    key = tls_key(configuration)
    with _lock:
        context = _contexts.get(key)
        if context is None:
            context = _contexts[key] = _build(configuration)
    return context


def warn_when_unchecked(configuration: Configuration) -> None:
    """Warn, and log, that certificates are not checked, if they are not."""
    if configuration.skip_certificate_check:
        message = "Certificates are not checked (SkipCertificateCheck): anyone on the way can read the key."
        logging.getLogger("psbridge.client").warning(message)
        warnings.warn(message, CertificateCheckSkippedWarning, stacklevel=2)


def _build(configuration: Configuration) -> ssl.SSLContext:
    context = _trusting(configuration)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if configuration.skip_certificate_check:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.client_certificate is not None:
        _load_client_certificate(context, configuration.client_certificate)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trusting(configuration: Configuration) -> ssl.SSLContext:
    if configuration.system_trust_store:
        try:
            import truststore
        except ImportError:
            raise ConfigurationError(
                "SystemTrustStore needs the package truststore: pip install psbridge[truststore].",
                parameter="SystemTrustStore",
            ) from None
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if configuration.skip_certificate_check:
        return context
    bundle = configuration.ca_bundle or os.environ.get("SSL_CERT_FILE") or None  # empty is unset
    folder = None if configuration.ca_bundle is not None else os.environ.get("SSL_CERT_DIR") or None
    if bundle is None and folder is None:
        import certifi

        bundle = certifi.where()
    try:
        if bundle is not None and Path(bundle).is_dir():
            bundle, folder = None, bundle
        context.load_verify_locations(cafile=bundle, capath=folder)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"CaBundle '{bundle or folder}' cannot be read as PEM certificates: {error.strerror or error}.",
            parameter="CaBundle",
        ) from None
    return context


def _load_client_certificate(context: ssl.SSLContext, value: Any) -> None:
    files = (value,) if isinstance(value, str) else tuple(value)
    certificate = str(files[0])
    key = str(files[1]) if len(files) > 1 else None
    passphrase = files[2].reveal() if len(files) > 2 and isinstance(files[2], Secret) else None
    try:
        # An empty passphrase rather than none keeps OpenSSL from asking on the terminal.
        context.load_cert_chain(certificate, key, passphrase or "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"ClientCertificate '{certificate}' cannot be loaded: {error.strerror or error}.",
            parameter="ClientCertificate",
        ) from None
