"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, not whether the code is right.
# The same examples in every run, so that a change is judged by what it changes; others with
# --hypothesis-profile=explore.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dynode", settings.get_profile("explore"), derandomize=True)
settings.load_profile("dynode")
