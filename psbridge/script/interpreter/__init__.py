"""The interpreter: a script's syntax tree becomes Python code, which runs over `psbridge.script.semantics`.

`engine` is where to start reading: a `Runtime` holds a session, `run_script` runs a text in it.
"""
