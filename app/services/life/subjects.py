import hmac
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Subjects:
    """What attempts on unknown codes are remembered by: never the text, which may be a real one."""

    secret: bytes

    def of_unknown(self, text: str) -> str:
        return hmac.new(self.secret, f"attempt:{text}".encode(), sha256).hexdigest()
