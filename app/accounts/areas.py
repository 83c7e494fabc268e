"""Areas: the grids to which accounts are limited, and which of them lie in which."""

from __future__ import annotations

from app.errors import BadInputError, NotFoundError
from app.grids import City


class Areas:
    """What the grids of a city say about areas.

    Parameters
    ----------
    city
        The city that is served.
    """

    def __init__(self, city: City) -> None:
        self._city = city

    def within(self, code: str | None, area: str | None) -> bool:
        """Tell whether a grid is an area or lies in it.

        Parameters
        ----------
        code
            Code of a grid; None for the whole city.
        area
            Code of the area; None for the whole city, in which everything lies.
        """
        if area is None:
            return True
        if code is None:
            return False
        if code == area:
            return True
        try:
            chain = self._city.chain(self._city.find(code))
        except NotFoundError:  # a code of an earlier generation
            return False
        return any(grid.code == area for grid in chain)

    def check(self, code: str) -> None:
        """Refuse what is no grid of the city.

        Raises
        ------
        BadInputError
            If no grid has this code.
        """
        try:
            self._city.find(code)
        except NotFoundError as error:
            raise BadInputError(
                f"the area is {code!r}; {error.message}",
                error.hint,
                message_zh=f"管辖范围为 {code!r}；{error.message_zh}",
                hint_zh=error.hint_zh,
            ) from None
