"""The errors that a transform may tell the gateway."""


class TransformError(Exception):
    """The transform failed. `row` counts from 0; a row function needn't say it."""

    failure = "failed"

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.row = row
        self.column = column


class InvalidInput(TransformError):
    """A value can't be computed from."""

    failure = "invalid-input"


class InvalidParameters(TransformError):
    """The view's parameters can't be used."""

    failure = "invalid-parameters"


class UnknownTransform(TransformError):
    """The component has no transform of that name."""

    failure = "unknown-transform"
