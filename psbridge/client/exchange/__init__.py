"""One call from request to answer: the retry loop, limits, redirects, many at once."""
