"""Settings of all tests."""

from hypothesis import settings

# A machine may be busy: what is slow is not wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
