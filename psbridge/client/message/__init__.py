"""Requests and replies as values: URL, headers, body, JSON. Sends nothing."""
