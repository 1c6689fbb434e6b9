"""How sure a run was of its values, and how right that was: a picture small enough for metadata."""

from __future__ import annotations

import base64
from typing import Any

from mino import Client

__all__ = ["confidence_plot"]

_WIDTH, _HEIGHT, _BARS = 300, 100, 10


def confidence_plot(client: Client, run_id: str) -> str | None:
    """A `data:` address of an SVG: bars count values by tenths of confidence, dots are the share that was right.

    Some 800 bytes, whatever the size of the run; None for a run that found nothing. A dot on the diagonal means that
    the confidence was right.
    """
    tenths: list[dict[str, Any]] = client.sql(
        f"select least(floor(confidence * {_BARS}), {_BARS - 1}) as tenth, count(*) as found, accuracy(match) as right "
        f"from fields where run_id = '{run_id}' and value is not null and confidence is not null group by 1 order by 1"
    ).to_pylist()
    if not tenths:
        return None
    most = max(each["found"] for each in tenths)
    step = _WIDTH // _BARS
    bars = "".join(
        f"M{int(each['tenth']) * step + 2} {_HEIGHT}v-{max(each['found'] * _HEIGHT // most, 1)}h{step - 4}V{_HEIGHT}"
        for each in tenths
    )
    dots = "".join(
        f"M{int(each['tenth']) * step + step // 2} {round((1 - each['right']) * _HEIGHT)}h0"
        for each in tenths
        if each["right"] is not None
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{_WIDTH}' height='{_HEIGHT + 24}' "
        f"viewBox='-8 -8 {_WIDTH + 16} {_HEIGHT + 24}' font-size='10' fill='#888'>"
        f"<path d='{bars}' fill='#9db8e8'/><path d='M0 {_HEIGHT}L{_WIDTH} 0' stroke='#bbb'/>"
        f"<path d='{dots}' stroke='#c33' stroke-width='7' stroke-linecap='round'/>"
        f"<text y='{_HEIGHT + 12}'>0</text><text x='{_WIDTH - 6}' y='{_HEIGHT + 12}'>1</text></svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
