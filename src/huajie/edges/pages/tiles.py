"""The pictures below a map, where the operator set some: from a tile server, or from a file that we hand out."""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Tiles:
    """Where pictures of 256 units come from."""

    #: address with {z}, {x} and {y} in it
    template: str
    #: who must be named beside the map
    attribution: str
    #: the nearest and the farthest that there are
    least: int = 0
    most: int = 19

    def url(self, zoom: int, x: int, y: int) -> str:
        """Return the address of one picture."""
        return self.template.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
