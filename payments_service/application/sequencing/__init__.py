"""Numbering what was committed, so that it can be read in one order without ever skipping a late commit."""
