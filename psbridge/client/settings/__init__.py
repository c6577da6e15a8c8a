"""Where and how to call: settings, keys, secrets, signatures. Knows nothing of the wire."""
