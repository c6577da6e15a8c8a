"""psbridge: the generated OpenAI clients' PowerShell and C# interfaces, made to work."""

__version__ = "0.1.0"
