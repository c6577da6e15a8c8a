"""PowerShell's cmdlets in Python. `table` says which there are; each module does a group of them."""
