"""What Stripe knows of currencies: which ones, their decimals, the smallest charge, the amounts it takes.

Source: https://docs.stripe.com/currencies
"""

SUPPORTED = frozenset({
    "usd", "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt", "bgn", "bhd",
    "bif", "bmd", "bnd", "bob", "brl", "bsd", "bwp", "byn", "bzd", "cad", "cdf", "chf", "clp", "cny", "cop", "crc",
    "cve", "czk", "djf", "dkk", "dop", "dzd", "egp", "etb", "eur", "fjd", "fkp", "gbp", "gel", "gip", "gmd", "gnf",
    "gtq", "gyd", "hkd", "hnl", "hrk", "htg", "huf", "idr", "ils", "inr", "isk", "jmd", "jod", "jpy", "kes", "kgs",
    "khr", "kmf", "krw", "kwd", "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mga", "mkd", "mmk",
    "mnt", "mop", "mur", "mvr", "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "omr", "pab",
    "pen", "pgk", "php", "pkr", "pln", "pyg", "qar", "ron", "rsd", "rub", "rwf", "sar", "sbd", "scr", "sek", "sgd",
    "shp", "sle", "sos", "srd", "std", "szl", "thb", "tjs", "tnd", "top", "try", "ttd", "twd", "tzs", "uah", "ugx",
    "uyu", "uzs", "vnd", "vuv", "wst", "xaf", "xcd", "xcg", "xof", "xpf", "yer", "zar", "zmw",
})  # fmt: skip
ZERO_DECIMAL = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
})  # fmt: skip
# No hundredths any more, but the API still counts them: amounts are multiples of 100 ("Special cases")
WHOLE = frozenset({"isk", "ugx"})
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
MINIMUM = {
    "aed": 200, "bgn": 100, "czk": 1500, "dkk": 250, "gbp": 30, "hkd": 400, "huf": 17500, "mxn": 1000, "myr": 200,
    "nok": 300, "pln": 200, "ron": 200, "sek": 300, "thb": 1000,
}  # fmt: skip
# Stripe names none and asks for half a US dollar at the rate of the day; these are of 2026
MINIMUM |= {
    "bhd": 190, "clp": 480, "ils": 180, "isk": 6500, "jod": 350, "krw": 700, "kwd": 150, "omr": 190, "tnd": 1500, "twd": 1600,
    "ugx": 180000, "vnd": 13000, "zar": 900,
}  # fmt: skip
MAXIMUM = 99_999_999
SYMBOLS = {"eur": "€", "usd": "$", "gbp": "£", "jpy": "¥"}


def decimals(currency: str) -> int:
    """Digits after the point in the currency's own notation."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def step(currency: str) -> int:
    """What every amount of the currency is a multiple of."""
    return 100 if currency in WHOLE else 10 if currency in THREE_DECIMAL else 1


def minimum(currency: str) -> int:
    """The smallest amount that may be charged, in minor units."""
    return MINIMUM.get(currency, 50)


def formatted(amount: int, currency: str) -> str:
    """As people read it: €1,234.50, ¥500, NOK 49.00."""
    digits = decimals(currency)
    whole, part = divmod(abs(amount), 10**digits)
    number = f"{whole:,}.{part:0{digits}d}" if digits else f"{whole:,}"
    return f"{'-' if amount < 0 else ''}{SYMBOLS.get(currency, currency.upper() + chr(0xA0))}{number}"
