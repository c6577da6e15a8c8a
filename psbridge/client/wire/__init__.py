"""Sockets, TLS, proxies: one request out, one reply in. Knows nothing of retries or keys."""
