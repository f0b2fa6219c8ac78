"""The on-demand feature view of Feast's documentation: a driver's conversion rate, and two numbers of the request added to it."""

from typing import Annotated, TypedDict

from salver_transform import transform


class Rates(TypedDict):
    conv_rate_plus_val1: float | None
    conv_rate_plus_val2: float | None


@transform
def driver_conv_rate(
    conv_rate: Annotated[float | None, "The driver's conversion rate, which may be unknown."],
    val_to_add: Annotated[int, "From the request."],
    val_to_add_2: Annotated[int, "From the request."],
) -> Rates:
    """Adds each of two numbers of the request to a driver's conversion rate."""
    if conv_rate is None:
        return {"conv_rate_plus_val1": None, "conv_rate_plus_val2": None}
    return {
        "conv_rate_plus_val1": conv_rate + val_to_add,
        "conv_rate_plus_val2": conv_rate + val_to_add_2,
    }
