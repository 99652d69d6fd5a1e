"""Compare designs: every task with every agent, design and overseer, over the same seeds."""
