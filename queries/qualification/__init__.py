"""Borrowed and false qualifications 资质造假挂靠."""
