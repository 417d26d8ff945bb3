"""Who reads a page: the language, the moment, and the names of units, seats, topics and regions in that language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huajie.apps.jurisdiction import queries as jurisdiction_queries
from huajie.core.jurisdiction import Jurisdiction
from huajie.edges.pages import dates
from huajie.edges.pages.dates import zone_of

#: Where no region says another.
DEFAULT_ZONE = "Asia/Shanghai"
#: Seconds for which a public page uses the names that it has; a write asks again.
NAMES_AGE = 2.0


def current_language() -> str:
    """Return `zh` or `en`, as the middleware chose."""
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


@dataclass(slots=True)
class Reader:
    """One request's words."""

    language: str
    #: aware, UTC
    now: datetime
    jurisdiction: Jurisdiction

    @classmethod
    def of(cls, request: HttpRequest, jurisdiction: Jurisdiction | None = None) -> "Reader":
        """Return the reader of a request; the moment is the same all through it."""
        now: datetime | None = getattr(request, "now", None)
        return cls(
            language=current_language(),
            now=now or datetime.now(UTC),
            jurisdiction=jurisdiction or jurisdiction_queries.snapshot(max_age=NAMES_AGE),
        )

    def text(self, both: Mapping[str, str] | None) -> str:
        """Return a pack's text in the reader's language."""
        return both[self.language] if both else ""

    def unit(self, code: str | None) -> str:
        """Return the name of a unit; its code where the snapshot does not know it."""
        row = self.jurisdiction.units.get(code)
        return row.name.to(self.language) if row is not None else code or ""

    def seat(self, code: str | None) -> str:
        """Return the title of a seat."""
        row = self.jurisdiction.seats.get(code)
        return row.title.to(self.language) if row is not None else code or ""

    def topic(self, code: str | None) -> str:
        """Return the name of a topic."""
        row = self.jurisdiction.topics.get(code)
        return row.name.to(self.language) if row is not None else code or _("Not sorted yet")

    def region(self, code: str | None) -> str:
        """Return the name of a region."""
        row = self.jurisdiction.regions.get(code)
        return row.name.to(self.language) if row is not None else code or _("Place not known")

    def zone(self, region: str | None = None) -> ZoneInfo:
        """Return the zone in which a region's days begin."""
        row = self.jurisdiction.regions.get(region)
        return zone_of(row.zone if row is not None else DEFAULT_ZONE)

    def today(self, zone: ZoneInfo | None = None) -> date:
        """Return the local day."""
        return self.now.astimezone(zone or self.home_zone).date()

    @property
    def home(self) -> str | None:
        """Return the code of the region that this instance serves: that of its backstop unit."""
        row = self.jurisdiction.units.get(self.jurisdiction.settings.backstop_unit)
        return row.region if row is not None else None

    @property
    def home_zone(self) -> ZoneInfo:
        """Return the zone of that region."""
        return self.zone(self.home)

    def day(self, on: date, *, weekday: bool = True) -> str:
        """Return a date; another year than the page's is written out."""
        return dates.day(on, self.language, self.now.year, weekday=weekday)

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """Return date and time of a moment."""
        return dates.day_and_time(at, zone, self.language, self.now.year)

    def joined(self, words: "list[str] | tuple[str, ...]") -> str:
        """Return words one after another: 、 or a comma between them."""
        return ("、" if self.language == "zh" else ", ").join(words)
