"""Draws a run of `mino demo` as a person sees it: `MINO=…/mino picture.py docs/demo.svg`."""

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

shown = subprocess.run([os.environ["MINO"], "demo"], capture_output=True, text=True, check=True).stdout
console = Console(record=True, width=118, file=open(os.devnull, "w"))
console.print(Text("$ mino demo", style="bold"))
for line in shown.splitlines():
    console.print(Text(line), no_wrap=True, overflow="ellipsis", crop=True)
svg = console.export_svg(title="mino demo")
# The page that shows the picture has fonts; a picture has no business fetching any.
Path(sys.argv[1]).write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S))
