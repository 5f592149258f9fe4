"""By Django's own formats for English, 12:00 is "noon" and 15:05 is "3:05 p.m.": columns of them cannot be compared at a glance."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
