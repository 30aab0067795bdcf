"""What a filter's setting may be. Type and range are checked where a config is read."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, MinLen

Count = Annotated[int, Ge(0)]
Positive = Annotated[int, Ge(1)]
Share = Annotated[float, Ge(0), Le(1)]
PositiveShare = Annotated[float, Gt(0), Le(1)]
Text = Annotated[str, MinLen(1)]
