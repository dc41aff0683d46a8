"""What a reader of files objects to, before it is known which setting brought the file."""


class Refused(ValueError):
    """setting: `file`, `key`, `labels` or `shape`. advice: what to set, where there is such a setting."""

    def __init__(self, setting: str, said: str, advice: str = "") -> None:
        super().__init__(said)
        self.setting, self.said, self.advice = setting, said, advice
