"""The detectors, a folder a family, a module each; `Detector`, `Finding` and the scan."""
