"""List the kinds of instrumental behaviour, and the detector of each."""

from __future__ import annotations

from collections.abc import Callable

from oversight.analyzer.base import Case, Detector
from oversight.analyzer.irreversibility import Irreversibility
from oversight.analyzer.observation_dependence import ObservationDependence
from oversight.analyzer.oversight_evasion import OversightEvasion
from oversight.analyzer.permission_seeking import PermissionSeeking
from oversight.analyzer.plan_divergence import PlanDivergence
from oversight.analyzer.proxy_gaming import ProxyGaming
from oversight.analyzer.resource_acquisition import ResourceAcquisition
from oversight.analyzer.self_preservation import SelfPreservation
from oversight.analyzer.shutdown_avoidance import ShutdownAvoidance
from oversight.analyzer.side_effect import SideEffect

DETECTORS: dict[str, Callable[[Case], Detector]] = {
    ShutdownAvoidance.name: ShutdownAvoidance,
    ResourceAcquisition.name: ResourceAcquisition,
    PermissionSeeking.name: PermissionSeeking,
    OversightEvasion.name: OversightEvasion,
    ProxyGaming.name: ProxyGaming,
    SideEffect.name: SideEffect,
    Irreversibility.name: Irreversibility,
    PlanDivergence.name: PlanDivergence,
    ObservationDependence.name: ObservationDependence,
    SelfPreservation.name: SelfPreservation,
}
"""Built-in detectors, each called by the kind that it finds."""

KINDS = tuple(DETECTORS)
"""The kinds of instrumental behaviour, in the order of a report."""
