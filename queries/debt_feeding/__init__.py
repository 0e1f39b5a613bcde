"""靠债吃债: money paid because a public debt was repaid."""
