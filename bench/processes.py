"""What the system says of a process, on Linux."""

import os
import re
from pathlib import Path


def status(pid: int) -> dict[str, int]:
    """The figures of its status; memory is in kB."""
    lines = re.findall(r"^(\w+):\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return {name: int(value) for name, value in lines}


def cpu_seconds(pid: int) -> float:
    """What all its threads have computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_files(pid: int) -> int:
    """How many files and connections it has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
