"""Arithmetic on arrays: scores, rules, risk, replay, comparison. It opens no file, no database and no clock."""
