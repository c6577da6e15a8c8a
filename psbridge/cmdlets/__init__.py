"""What users call: builders, configuration cmdlets and New-ChatCompletion.

The only place that knows binding, models and client at once.
"""
