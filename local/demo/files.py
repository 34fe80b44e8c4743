"""The demo files of readings. `python -m local.demo.files` writes them anew; a test keeps them up to date."""

from pathlib import Path

from chalicelib.kernel.quantity import plain
from local.demo.people import Household, households

FOLDER = Path(__file__).parent
BALILIHAN_FILE = FOLDER / "readings-2025-11.csv"
AVII_FILE = FOLDER / "readings-2025-08-01.csv"
_BOM = "\ufeff"


def contents() -> dict[Path, str]:
    """Give both files' text."""
    return {BALILIHAN_FILE: _balilihan(), AVII_FILE: _avii()}


def _balilihan() -> str:
    """300 households of November 2025, with what goes wrong on a clipboard: six lines that must not become readings.

    The last three households' lines are bad (below the meter's last reading, no number, in the future), one line comes
    twice, one meter is nobody's, and one line is empty.
    """
    *good, below, no_number, in_future = households()
    lines = ["meter_number,reading,read_on", *(_line(household) for household in good)]
    lines.insert(50, "SM-99999,77,2025-11-04")
    lines.insert(100, "")
    lines.insert(150, lines[149])
    lines.append(f"{below.meter_number},{plain(below.initial_reading - 1)},{below.read_on}")
    lines.append(f'{no_number.meter_number},"12,5x",{no_number.read_on}')
    lines.append(f"{in_future.meter_number},{plain(in_future.reading)},2099-01-01")
    return "\n".join(lines) + "\n"


def _avii() -> str:
    """Two units' readings as a spreadsheet with a European locale saves them: byte order mark, semicolons, CR LF."""
    return _BOM + "\r\n".join(["account_number;reading;read_on", "101;1785;2025-08-01", "102;35;2025-08-01", ""])


def _line(household: Household) -> str:
    return f"{household.meter_number},{plain(household.reading)},{household.read_on}"


if __name__ == "__main__":
    for path, text in contents().items():
        path.write_bytes(text.encode())
