"""What a run has seen of how the collection moves while it is read.

What that means for a suspicion is decided by `second_look` and `counting`.
"""

from __future__ import annotations

from attrs import define, field


@define
class Motion:
    """How a collection moves.

    Attributes:
        moves: How often it was seen to.
        watched: Whether it was watched for exports that vanish and come back.
        flickering: The ids of those that were seen to.
        guests: The ids of exports that came after one walk and went before the next, which agrees with it.
        shifted: Whether a page was seen once to be another for a moment, as where one comes and goes in front of it.
        restless: How many second looks in a row have not seen it stand still.
    """

    moves: int = 0
    watched: bool = False
    flickering: set[str] = field(factory=set)
    guests: set[str] = field(factory=set)
    shifted: bool = False
    restless: int = 0
