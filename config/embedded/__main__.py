"""`python -m config.embedded DATA_DIR [--not-durable]`: the keeper; started by `use()`, not by people."""

import argparse
import logging
from pathlib import Path

from config.embedded.keeper import Keeper
from config.embedded.layout import Layout


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.embedded")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument(
        "--not-durable", action="store_true", help="faster, and a power cut may lose everything: for tests"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    Keeper(Layout.of(arguments.data_dir), durable=not arguments.not_durable).run()


if __name__ == "__main__":
    main()
