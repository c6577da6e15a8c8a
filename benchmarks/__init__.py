"""Measurements, each a program of its own; a package only so that type checkers tell their names apart."""
