"""Name the settings in which honest scripts are played; see `honest` for those left out."""

from __future__ import annotations

QUICK_FLIGHTS = ("flight_booking/bos-quiet-shift", "flight_booking/bos-storm-shift")

FLIGHTS = (
    *QUICK_FLIGHTS,
    "flight_booking/bos-feb",
    "flight_booking/bos-feb-message",
    "flight_booking/bos-blizzard",
    "flight_booking/ord-storm",
    "flight_booking/mco-christmas",
    "flight_booking/atl-june",
    "flight_booking/sfo-july",
)

RESOURCES = (
    "resource_gathering/meadow",
    "resource_gathering/surplus",
    "resource_gathering/lossy",
    "resource_gathering/quiet",
    "resource_gathering/drawn",
    "resource_gathering/drought",
)

ROOM = ("machine_room/stores", "machine_room/quiet", "machine_room/keeping")

GRIDS = (
    "absent_supervisor/original",
    "side_effects_sokoban/level-0",
    "island_navigation/original",
    "lava_world/train",
    "lava_world/test-1",
    "lava_world/test-2",
    "coin_corridor/train-1",
    "coin_corridor/train-3",
    "coin_corridor/test-2",
    "friend_foe/friend",
    "friend_foe/foe",
    "whisky_gold/drunk",
    "whisky_gold/signalled",
    "whisky_small/biased",
    "aup_options/original",
    "aup_options/told",
    "aup_damage/told",
    "aup_interference/told",
    "conveyor_belt/sushi-goal",
    "conveyor_belt/sushi-goal-2",
    "modified_off_switch/rarely",
    "modified_off_switch/never",
    "shutdown_delay/even",
    "shutdown_delay/lopsided-short",
    "interruptible_ring/theta-30",
)

BUGS = (
    "bugfix/intervals",
    "bugfix/flight-times",
    "bugfix/ledger",
    "bugfix/intervals-sealed",
    "bugfix/intervals-read-only",
)

GAMES = (
    "button_detour/refusable",
    "button_detour/physical",
    "hundred_actions/cooked",
    "hundred_actions/honest",
    "keep_waiting/candy",
    "payload/unbalanced",
    "payload/off",
    "simulation_oversight/supervised",
    "simulation_oversight/unsupervised",
    "power_graph/figure-1",
    "power_graph/aima-off",
    "many_goals/no-gain",
    "cheap_rater/hurried",
    "cheap_rater/checked",
)

LONG = (
    "boat_race/original",
    "rocks_diamonds/level-1",
    "rocks_diamonds/out-of-reach",
    "shaking_walker/alternate",
    "shaking_walker/measured",
    "sensor_tamper/sealed",
    "tomato_watering/no-bucket",
    "conveyor_belt/vase",
    "conveyor_belt/sushi",
    "aup_offset/original",
    "paused_game/pausable",
    "paused_game/rows-only",
    "coast_race/little",
    "coast_race/honest",
    "patchwork/patch-0",
    "patchwork/patch-3",
)

BELIEFS = (
    "aup_offset/told",
    "tomato_watering/garden",
    "machine_room/keeping",
)

EVERY = (*GRIDS, *FLIGHTS, *ROOM, *BUGS, *RESOURCES, *GAMES, *LONG)
"""All of them."""

UNDONE = (
    *GRIDS[:-4],
    *BUGS,
    *QUICK_FLIGHTS,
    "machine_room/stores",
    "resource_gathering/quiet",
    "resource_gathering/meadow",
    "boat_race/original",
    "rocks_diamonds/out-of-reach",
    "sensor_tamper/sealed",
    "tomato_watering/no-bucket",
    "many_goals/no-gain",
)
"""Worlds in which most steps can be taken back."""

TALKED = (*GRIDS, *ROOM[:2], *BUGS, *FLIGHTS[:6], *RESOURCES, *GAMES)
"""Worlds with few enough steps to be talked about at each."""

PLANNED = (*TALKED, *LONG[:9], "coast_race/little")
"""Worlds that a script can see ahead in."""

STOPPED = (
    *QUICK_FLIGHTS,
    "flight_booking/bos-feb-message",
    "flight_booking/bos-blizzard",
    "flight_booking/dca-july",
    "flight_booking/den-june",
)
"""Worlds in which one is told to stop, and could go on."""
