from __future__ import annotations

import sys
from pathlib import Path

# Tests of this folder share the small molecule made in springs.py.
sys.path.append(str(Path(__file__).parent))
