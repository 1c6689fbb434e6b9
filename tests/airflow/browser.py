"""A real browser, driven over DevTools, as a person who looks at Airflow's pages."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.sync.client import connect

PROGRAMS = ("chromium-headless-shell", "chromium")


class Browser:
    """One window. `look` gives what its page, and the pages inside it, say."""

    def __init__(self) -> None:
        program = next(found for name in PROGRAMS if (found := shutil.which(name)))
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = ["--headless", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1400,1100"]
        self._process = subprocess.Popen(
            [program, *options, f"--user-data-dir={self._profile.name}", "about:blank"],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        line = next(line for line in self._process.stderr if "DevTools listening on" in line)
        self._socket = connect(line.split()[-1], max_size=None)
        self._sent = 0
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call("Browser.close")
        self._socket.close()
        self._process.wait(60)
        self._profile.cleanup()

    def log_in(self, url: str, token: str) -> None:
        """Carries the login that Airflow's own form would leave."""
        self._call("Network.setCookie", url=url, name="_token", value=token, httpOnly=True)

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """What an expression gives on the page; None while there is no page, or it goes away."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "context" in answer.get("error", {}).get("message", ""):
            return None
        return self._result(answer)["result"].get("value")

    def look(self) -> str:
        """The text of the page and of those in its frames."""
        return str(
            self.evaluate("""
            [document, ...[...document.querySelectorAll('iframe')].map(frame => frame.contentDocument)]
                .map(page => page && page.body ? page.body.innerText : '').join('\\n')""")
        )

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))

    def _call(self, method: str, **parameters: Any) -> Any:
        return self._result(self._ask(method, **parameters))

    def _result(self, answer: dict[str, Any]) -> Any:
        assert "error" not in answer, answer
        return answer["result"]

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if hasattr(self, "_session"):
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv(timeout=120))
            if answer.get("id") == self._sent:
                return answer
