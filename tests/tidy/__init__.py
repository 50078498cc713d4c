"""What tests/test_tidy.py judges the sources with.

source     the files of the project, parsed, and what a rule looks for in one
order      the rule that a core walks no set
"""
