"""One file per step that a call passes through before its handler."""
