"""Working days and public holidays of six countries, computed from the rules that their laws state."""

from collections.abc import Iterator
from datetime import date, timedelta

FIRST, LAST = 2020, 2040
SATURDAY = 5

# Days from Easter Sunday, and fixed days as (month, day). Nation-wide holidays only.
MOVING = {
    "AT": {"Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50, "Corpus Christi": 60},
    "DE": {"Good Friday": -2, "Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50},
    "FR": {"Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50},
    "NL": {"Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50},
    "NO": {"Maundy Thursday": -3, "Good Friday": -2, "Easter Monday": 1, "Ascension Day": 39, "Whit Monday": 50},
    "SE": {"Good Friday": -2, "Easter Monday": 1, "Ascension Day": 39},
}
NEW_YEAR, CHRISTMAS = {"New Year's Day": (1, 1)}, {"Christmas Day": (12, 25), "Second day of Christmas": (12, 26)}
FIXED = {
    "AT": {
        "Epiphany": (1, 6),
        "State Holiday": (5, 1),
        "Assumption": (8, 15),
        "National Day": (10, 26),
        "All Saints' Day": (11, 1),
        "Immaculate Conception": (12, 8),
        **CHRISTMAS,
    },
    "DE": {"Labour Day": (5, 1), "German Unity Day": (10, 3), **CHRISTMAS},
    "FR": {
        "Labour Day": (5, 1),
        "Victory Day": (5, 8),
        "Bastille Day": (7, 14),
        "Assumption": (8, 15),
        "All Saints' Day": (11, 1),
        "Armistice Day": (11, 11),
        "Christmas Day": (12, 25),
    },
    "NL": CHRISTMAS,
    "NO": {"Labour Day": (5, 1), "Constitution Day": (5, 17), **CHRISTMAS},
    "SE": {"Epiphany": (1, 6), "First of May": (5, 1), "National Day": (6, 6), **CHRISTMAS},
}


def easter(year: int) -> date:
    """Return Easter Sunday (Meeus, Jones and Butcher's form of the Gregorian computus)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - shift + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def holidays(country: str, year: int) -> dict[date, str]:
    """Return a country's public holidays of one year, each with its name."""
    sunday = easter(year)
    found = {sunday + timedelta(days=days): name for name, days in MOVING[country].items()}
    found |= {date(year, month, day): name for name, (month, day) in {**NEW_YEAR, **FIXED[country]}.items()}
    if country == "NL":
        birthday = date(year, 4, 27)
        # On a Sunday the king's birthday is kept the day before.
        found[birthday - timedelta(days=birthday.weekday() == SATURDAY + 1)] = "King's Day"
    if country == "SE":
        found[saturday_from(date(year, 6, 20))] = "Midsummer Day"
        found[saturday_from(date(year, 10, 31))] = "All Saints' Day"
    return found


def saturday_from(day: date) -> date:
    """Return the first Saturday on or after a day."""
    return day + timedelta(days=(SATURDAY - day.weekday()) % 7)


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield (country, date, name) of every holiday, in order."""
    for country in sorted(FIXED):
        for year in range(FIRST, LAST + 1):
            for day, name in sorted(holidays(country, year).items()):
                yield country, day.isoformat(), name


def as_csv() -> str:
    """Return every holiday as comma-separated values with a head line."""
    return "country,date,name\n" + "".join(f"{country},{day},{name}\n" for country, day, name in rows())


def as_sql() -> str:
    """Return a script that makes and fills a table, for PostgreSQL, SQLite and MariaDB alike."""
    values = ",\n".join(f"  ('{country}', '{day}', '{name.replace(chr(39), chr(39) * 2)}')" for country, day, name in rows())
    table = "CREATE TABLE public_holiday (country CHAR(2), day DATE, name VARCHAR(60), PRIMARY KEY (country, day));\n"
    return f"{table}INSERT INTO public_holiday (country, day, name) VALUES\n{values};\n"


def working_days_csv() -> str:
    """Return the number of working days (Monday to Friday, no holiday) of each country and month."""
    lines = ["country,month,working_days"]
    for country in sorted(FIXED):
        for year in range(FIRST, LAST + 1):
            free = holidays(country, year)
            days = [date(year, 1, 1) + timedelta(days=index) for index in range(366)]
            worked = [day for day in days if day.year == year and day.weekday() < SATURDAY and day not in free]
            lines += [f"{country},{year}-{month:02d},{sum(day.month == month for day in worked)}" for month in range(1, 13)]
    return "\n".join(lines) + "\n"
