"""The supervised model: from tenders that are known to be collusive or honest to a calibrated probability."""
