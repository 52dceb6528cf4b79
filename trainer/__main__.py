"""``python -m trainer``: the command line ``trainer``, as torchrun starts it."""

from trainer.cli import main

if __name__ == "__main__":
    main()
