"""How much one request in columns may carry."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import TooLargeError

# A row has three numbers at most. Each of them may stand in a page of eight-byte values, and in a
# dictionary with a four-byte index.
_BYTES_PER_ROW = 3 * (8 + 8 + 4)
_SLACK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request in columns may carry.

    Attributes
    ----------
    rows : int
        Points.
    """

    rows: int

    @property
    def expanded_bytes(self) -> int:
        """What a body of that many points can need once it is expanded."""
        return self.rows * _BYTES_PER_ROW + _SLACK_BYTES

    def check_rows(self, rows: int) -> None:
        """Refuse more points than may be sent.

        Raises
        ------
        TooLargeError
            If there are more.
        """
        if rows > self.rows:
            raise TooLargeError(
                f"the body has {rows} points or more, allowed are {self.rows}",
                "Send several calls, or use scripts.locate_points.",
                message_zh=f"请求至少包含 {rows} 个点，最多允许 {self.rows} 个",
                hint_zh="请分批发送，或使用 scripts.locate_points。",
            )

    def check_bytes(self, size: int) -> None:
        """Refuse a body that says that it expands to more than its points can need.

        Raises
        ------
        TooLargeError
            If it does.
        """
        if size > self.expanded_bytes:
            raise TooLargeError(
                f"the body expands to {size} bytes, allowed are {self.expanded_bytes}",
                "Send lon and lat as float64, or several calls.",
                message_zh=f"请求体解压后为 {size} 字节，最多允许 {self.expanded_bytes}",
                hint_zh="请以 float64 发送 lon、lat，或分批发送。",
            )
