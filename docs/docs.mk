EXTRA_DIST += docs/architecture.md docs/testing.md docs/decisions
