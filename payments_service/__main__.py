"""The command `payments`, also as `python -m payments_service`."""

from payments_service.cli.app import main

if __name__ == "__main__":
    main()
