"""What a browser test keeps an eye on: nothing breaks the page's own policy or its script."""

from typing import Any


class Watched:
    """A browser's window and what went wrong in it."""

    def __init__(self, chromium: Any, **context: Any) -> None:
        self.context = chromium.new_context(**context)
        self.told: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.told.append(str(error)))

    def _said(self, message: Any) -> None:
        # a form that is refused, or a session that is over, is answered with its own status: that is no fault
        known = (*(f"status of {code}" for code in (401, 422)), "Permissions-Policy")
        if message.type in ("error", "warning") and not any(words in message.text for words in known):
            self.told.append(message.text)

    def done(self) -> None:
        """Close it; fail where the policy was broken or a script failed. The browser watches where requests go."""
        self.context.close()
        assert not self.told, self.told
