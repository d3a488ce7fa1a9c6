"""One tab of a browser: look at a page, type, click, take its picture."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from browser.pipe import Pipe

_KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Space": (" ", 32, " "),
}


class Tab:
    """A tab with what has gone wrong in it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        # A context of its own: what one test has stored is not there in the next.
        context = pipe.call("Target.createBrowserContext")["browserContextId"]
        made = pipe.call("Target.createTarget", url="about:blank", browserContextId=context)
        target = made["targetId"]
        attached = pipe.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str = attached["sessionId"]
        self._context = context
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._pipe.call(method, self._session, **parameters)

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._pipe.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        while not self._events("Page.loadEventFired"):
            self._pipe.next()

    def troubles(self) -> list[str]:
        """Return what the console has shown, and errors of scripts and of loading."""
        self.value("0")
        found = [e["params"]["exceptionDetails"] for e in self._events("Runtime.exceptionThrown")]
        logs = [e["params"]["entry"] for e in self._events("Log.entryAdded")]
        says = [e["params"] for e in self._events("Runtime.consoleAPICalled")]
        return [str(one) for one in (*found, *logs, *says)]

    def requests(self) -> list[str]:
        """Return the addresses of all that was asked for, data in the page apart."""
        urls = [e["params"]["request"]["url"] for e in self._events("Network.requestWillBeSent")]
        return [url for url in urls if not url.startswith("data:")]

    def _events(self, method: str) -> list[dict[str, Any]]:
        own = (e for e in self._pipe.events if e.get("sessionId") == self._session)
        return [event for event in own if event["method"] == method]

    def value(self, expression: str) -> Any:
        """Return what JavaScript makes of an expression, as plain data."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def resize(self, width: int, height: int, *, mobile: bool = False) -> None:
        """Give the window another size, CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.ask("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, scheme: str, medium: str = "") -> None:
        """Let the system prefer ``dark`` or ``light``; or show it for ``print``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", media=medium, features=features)

    def press(self, key: str, modifiers: int = 0) -> None:
        """Press a key and let it go; modifier 8 is Shift."""
        name, code, text = _KEYS[key]
        facts = {"key": name, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **facts)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **facts)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        for sign in text:
            self.ask("Input.dispatchKeyEvent", type="keyDown", text=sign, key=sign)
            self.ask("Input.dispatchKeyEvent", type="keyUp", key=sign)

    def click(self, selector: str) -> None:
        """Click on the middle of an element with the mouse."""
        place = self.value(
            f"(() => {{ const one = document.querySelector({selector!r});"
            " one.scrollIntoView({block: 'center', behavior: 'instant'});"
            " const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        at = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **at)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def picture(self, path: Path, *, whole: bool = True) -> bytes:
        """Take a picture of the window, or of the whole page; return it as PNG."""
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        data = base64.b64decode(shot["data"])
        path.write_bytes(data)
        return data

    def printed(self) -> bytes:
        """Return the page as it is printed on paper, PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])

    def close(self) -> None:
        """Close the tab."""
        self._pipe.call("Target.disposeBrowserContext", browserContextId=self._context)
