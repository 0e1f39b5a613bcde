"""Open Contracting red flags: straight from OCDS files at native speed, and as family `ocp` of a scan."""
