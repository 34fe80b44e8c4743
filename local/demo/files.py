"""Files of readings for the demo on 1 November 2025, the day of docs/journey.md, when this month is still to be read.

`python -m local.demo.files` rewrites them; a test keeps them up to date.
"""

from datetime import date
from pathlib import Path

from chalicelib.kernel.quantity import plain
from local.demo.people import Household, households

DAY = date(2025, 11, 1)
FOLDER = Path(__file__).parent
BALILIHAN_FILE = FOLDER / "readings-2025-11.csv"
AVII_FILE = FOLDER / "readings-2025-11-01.csv"
_BOM = "\ufeff"


def contents() -> dict[Path, str]:
    """Return both files' text."""
    return {BALILIHAN_FILE: _balilihan(), AVII_FILE: _avii()}


def _balilihan() -> str:
    """Return readings of 300 households in November 2025, with six typical mistakes that must not become readings.

    The lines of the last three households are wrong (below the last reading, not a number, in the future), one line is
    repeated, one meter is unknown, and one line is empty.
    """
    *good, below, no_number, in_future = households()
    lines = ["meter_number,reading,read_on", *(_line(household) for household in good)]
    lines.insert(50, f"SM-99999,77,{DAY}")
    lines.insert(100, "")
    lines.insert(150, lines[149])
    lines.append(f"{below.meter_number},{plain(below.initial_reading - 1)},{DAY}")
    lines.append(f'{no_number.meter_number},"12,5x",{DAY}')
    lines.append(f"{in_future.meter_number},{plain(in_future.reading)},2099-01-01")
    return "\n".join(lines) + "\n"


def _avii() -> str:
    """Return two units' readings as a European spreadsheet saves them: byte order mark, semicolons, CR LF."""
    return _BOM + "\r\n".join(["account_number;reading;read_on", f"101;1785;{DAY}", f"102;35;{DAY}", ""])


def _line(household: Household) -> str:
    return f"{household.meter_number},{plain(household.reading)},{DAY}"


if __name__ == "__main__":
    for path, text in contents().items():
        path.write_bytes(text.encode())
