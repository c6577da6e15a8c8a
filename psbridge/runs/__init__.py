"""Runs: many requests, nothing asked twice that need not be, nothing lost.

`ledger` remembers, `engine` asks, `reading` and `writing` are rows in and out, `recipes` what a row becomes.
Knows operations, and none of them by name. Names load on first use.
"""
