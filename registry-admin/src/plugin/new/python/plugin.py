"""A plugin: functions of feature values."""

from salver_transform import transform


@transform(output="conv_rate_plus_val")
def PLUGIN_NAME(conv_rate: float | None, val_to_add: int) -> float | None:
    """Adds a number of the request to a driver's conversion rate."""
    return None if conv_rate is None else conv_rate + val_to_add
