"""What was measured, as lines to read; a line may have a bound that is promised."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """Lines in the order they were measured."""

    lines: list[str] = field(default_factory=list)
    misses: int = 0

    def section(self, title: str) -> None:
        """Begin a new group of lines."""
        self.lines += ["", title]

    def figure(self, name: str, value: float, unit: str, note: str = "") -> None:
        """A figure of this machine."""
        self.lines.append(f"  {name:<58} {value:>9.2f} {unit:<10} {note}".rstrip())

    def at_least(self, name: str, value: float, bound: float) -> None:
        """A ratio that must not be lower."""
        self._judge(name, value, f"x  (promised: {bound:g} or more)", value >= bound)

    def at_most(self, name: str, value: float, bound: float, unit: str) -> None:
        """A figure that must not be higher."""
        self._judge(name, value, f"{unit}  (promised: {bound:g} or less)", value <= bound)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def _judge(self, name: str, value: float, rest: str, kept: bool) -> None:
        self.misses += not kept
        verdict = "" if kept else "  MISSED"
        self.lines.append(f"  {name:<58} {value:>9.2f} {rest}{verdict}")
