"""A page for those who write mails: every mail with example data, which the tests of the templates use too."""
