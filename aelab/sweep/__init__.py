"""Many runs at once: grids and searches, checked before they start, stopped and gone on with as one."""
