"""Server-sent events, and the completion they are pieces of."""
