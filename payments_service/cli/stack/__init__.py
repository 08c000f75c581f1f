"""The development stack of `payments up`: its plan, its processes, its database, and where it says that it is."""
