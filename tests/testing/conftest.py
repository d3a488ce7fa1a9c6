from __future__ import annotations

import sys
from pathlib import Path

# The trainers tried here are imported by name, also by other processes.
sys.path.append(str(Path(__file__).parent))
