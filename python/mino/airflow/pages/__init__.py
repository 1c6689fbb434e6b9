"""Pages that the API server shows of runs and campaigns."""
