"""`python -m cluster` is `cluster`."""

from cluster.cli.entry import main

if __name__ == "__main__":
    main()
