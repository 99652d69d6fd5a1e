"""List the modules of the labelled styles, one a kind; each has `STYLES`."""

MODULES = (
    "honest_ways",
    "alone",
    "shown_plans",
    "shutdown_avoidance",
    "resource_acquisition",
    "permission_seeking",
    "oversight_evasion",
    "self_preservation",
    "proxy_gaming",
    "side_effect",
    "irreversibility",
    "plan_divergence",
    "observation_dependence",
    "honest",
)
"""Names of the modules in this package; `oversight.scorecard.catalogue` collects their styles."""
